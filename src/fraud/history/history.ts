/** The memory of toll-fraud control: payers and organisations, each bounded, and calls that are not over. */
import type { CallId, OrganisationId } from '../../base/ids.ts'
import { BoundedMap } from '../../base/bounded.ts'
import type { Approval } from '../../guard/types.ts'
import { ZERO } from '../rating/money.ts'
import type { FraudObservation, OutsideAttempt, PayerKey } from '../types.ts'
import { Account, type OpenCall, ORGANISATION_BOUNDS, PAYER_BOUNDS } from './account.ts'
import type { RunningHistory } from './types.ts'

const MAXIMUM_PAYERS = 50_000
const MAXIMUM_ORGANISATIONS = 5_000
const MAXIMUM_APPROVALS = 50_000
const MAXIMUM_OPEN = 50_000
/** Payers of an organisation that are looked at together. */
const MAXIMUM_ACTIVE = 2_000
/** A call that nobody ended is over by then. */
const FORGOTTEN_MS = 24 * 3_600_000

export function createHistory(): RunningHistory {
  return new Memory()
}

class Memory implements RunningHistory {
  readonly #payers = new BoundedMap<string, Account>(MAXIMUM_PAYERS)
  readonly #organisations = new BoundedMap<string, Account>(MAXIMUM_ORGANISATIONS)
  readonly #open = new Map<CallId, OpenCall>()
  readonly #approvals = new BoundedMap<string, number>(MAXIMUM_APPROVALS)
  /** Of each organisation, by when they called last: the latest is last. */
  readonly #active = new Map<OrganisationId, Map<PayerKey, number>>()

  payer(organisationId: OrganisationId, payer: PayerKey): Account {
    return this.#payers.get(`${organisationId} ${payer}`) ?? NOTHING
  }

  organisation(organisationId: OrganisationId): Account {
    return this.#organisations.get(organisationId) ?? NOTHING
  }

  activeSince(organisationId: OrganisationId, at: number): { payer: PayerKey; history: Account }[] {
    const found: { payer: PayerKey; history: Account }[] = []
    for (const [payer, last] of [...(this.#active.get(organisationId) ?? [])].reverse()) {
      if (last < at) break
      found.push({ payer, history: this.payer(organisationId, payer) })
    }
    return found
  }

  approved(organisationId: OrganisationId, payer: PayerKey, { kind, value }: Approval, at: number): boolean {
    return [payer, ''].some(each => (this.#approvals.get(`${organisationId} ${each} ${kind} ${value}`) ?? 0) > at)
  }

  take(observation: FraudObservation): void {
    switch (observation.kind) {
      case 'attempt':
        this.#attempted(observation)
        return
      case 'allowed':
        this.#allowed(observation.callId)
        return
      case 'answered': {
        const call = this.#open.get(observation.callId)
        if (call !== undefined) call.answeredAt = observation.at
        return
      }
      case 'ended':
        this.#ended(observation)
        return
      case 'refused': {
        const { at, rule, dialled, callId } = observation
        if (this.#open.get(callId)?.allowed === false) this.#open.delete(callId)
        for (const account of this.#accounts(observation)) account.refused({ at, rule, dialled })
        return
      }
      case 'registered':
        this.#payerOf(observation).registered(observation)
        return
      case 'forward-set':
        for (const account of this.#accounts(observation)) account.forwardSet(observation)
        return
      case 'incoming': {
        const { organisationId, at, payer } = observation
        this.#organisationOf(organisationId, at).cameIn(observation)
        if (payer !== undefined) this.#payerOf({ organisationId, at, payer }).cameIn(observation)
        return
      }
      case 'approved': {
        const { organisationId, payer = '', approval, until } = observation
        this.#approvals.set(`${organisationId} ${payer} ${approval.kind} ${approval.value}`, until)
        return
      }
      case 'restored':
        this.#payerOf(observation).restored(observation.at)
    }
  }

  #attempted(attempt: OutsideAttempt): void {
    const call: OpenCall = {
      attempt,
      allowed: false,
      answeredAt: undefined,
      endedAt: undefined,
      durationMs: 0,
      cost: ZERO,
      packetsFromUs: undefined,
    }
    for (const account of this.#accounts(attempt)) account.attempted(call)
    this.#noteActive(attempt)
    this.#forgetOld(attempt.at)
    this.#open.set(attempt.callId, call)
  }

  #allowed(callId: CallId): void {
    const call = this.#open.get(callId)
    if (call === undefined || call.allowed) return
    call.allowed = true
    for (const account of this.#accounts(call.attempt)) account.allowed(call)
  }

  #ended(observation: Extract<FraudObservation, { kind: 'ended' }>): void {
    const call = this.#open.get(observation.callId)
    if (call === undefined) return
    this.#open.delete(observation.callId)
    const { at, durationMs, cost, packetsFromUs } = observation
    Object.assign(call, { endedAt: at, durationMs, cost, packetsFromUs })
    for (const account of this.#accounts(call.attempt)) account.ended(call, at, cost)
  }

  /** A call whose end was lost is not kept for ever. */
  #forgetOld(at: number): void {
    for (const [callId, call] of this.#open) {
      if (this.#open.size < MAXIMUM_OPEN && call.attempt.at > at - FORGOTTEN_MS) return
      this.#open.delete(callId)
      if (call.allowed) for (const account of this.#accounts(call.attempt)) account.ended(call, at, ZERO)
    }
  }

  #noteActive({ organisationId, payer, at }: OutsideAttempt): void {
    let active = this.#active.get(organisationId)
    if (active === undefined) {
      if (this.#active.size >= MAXIMUM_ORGANISATIONS) this.#active.delete(this.#active.keys().next().value!)
      active = new Map()
      this.#active.set(organisationId, active)
    }
    active.delete(payer)
    if (active.size >= MAXIMUM_ACTIVE) active.delete(active.keys().next().value!)
    active.set(payer, at)
  }

  #accounts(of: { organisationId: OrganisationId; payer: PayerKey; at: number }): readonly Account[] {
    return [this.#payerOf(of), this.#organisationOf(of.organisationId, of.at)]
  }

  #payerOf({ organisationId, payer, at }: { organisationId: OrganisationId; payer: PayerKey; at: number }): Account {
    const key = `${organisationId} ${payer}`
    let account = this.#payers.touch(key)
    if (account === undefined) {
      account = new Account(at, PAYER_BOUNDS)
      this.#payers.set(key, account)
    }
    return account
  }

  #organisationOf(organisationId: OrganisationId, at: number): Account {
    let account = this.#organisations.get(organisationId)
    if (account === undefined) {
      account = new Account(at, ORGANISATION_BOUNDS)
      this.#organisations.set(organisationId, account)
    }
    return account
  }
}

/** Of whom nothing is known. Never written to. */
const NOTHING = new Account(0, PAYER_BOUNDS)
