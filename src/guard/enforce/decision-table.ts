/** Decisions in force: bounded, on the time that the caller gives, each with an end and an undo. Knows nothing of calls. */
import type { OrganisationId } from '../../base/ids.ts'
import type { Decision, Response } from '../types.ts'

export interface DecisionTableOptions {
  /** Default 100,000. */
  readonly limit?: number
  /** An old decision made room for a new one. */
  onEvicted?(decision: Decision): void
}

export interface KeptDecision extends Decision {
  /** How often the same was found while it was in force. */
  readonly count: number
  readonly state: 'in-force' | 'undone' | 'approved' | 'denied'
}

export interface DecisionTable {
  /** The same finding about the same subject within a minute (or while a question waits) is one decision with a count. */
  add(decision: Decision, at: number): { readonly decision: KeptDecision; readonly fresh: boolean }
  /** A suspension of it, if one is in force. */
  heldPayer(organisationId: OrganisationId, subject: string, at: number): KeptDecision | undefined
  /** `number`: digits, with or without `+`. The longest prefix that is closed. */
  blockedDestination(organisationId: OrganisationId, number: string, at: number): KeptDecision | undefined
  get(id: string): KeptDecision | undefined
  /** Newest first. `live`: those in force alone. */
  list(organisationId: OrganisationId, at: number, live?: boolean): readonly KeptDecision[]
  /** Questions that wait for an answer. */
  waiting(organisationId: OrganisationId, at: number): readonly KeptDecision[]
  /** Undefined: there is none, or it is over. */
  settle(id: string, state: Exclude<KeptDecision['state'], 'in-force'>): KeptDecision | undefined
  /** All that is held against a subject is over: somebody restored it. */
  release(organisationId: OrganisationId, subject: string, at: number): readonly KeptDecision[]
  /** What was kept before this process began. */
  restoreFrom(decisions: readonly KeptDecision[]): void
  readonly size: number
}

const DEFAULT_LIMIT = 100_000
const SAME_MS = 60_000
const HOLDING: ReadonlySet<Response> = new Set(['suspend'])

export function createDecisionTable(options: DecisionTableOptions = {}): DecisionTable {
  return new Table(options)
}

class Table implements DecisionTable {
  readonly #limit: number
  readonly #onEvicted: ((decision: Decision) => void) | undefined
  /** In order of time. */
  readonly #all = new Map<string, KeptDecision>()
  /** The last of the same kind. */
  readonly #latest = new Map<string, string>()
  readonly #held = new Map<string, string>()
  readonly #prefixes = new Map<string, string>()

  constructor({ limit = DEFAULT_LIMIT, onEvicted }: DecisionTableOptions) {
    this.#limit = limit
    this.#onEvicted = onEvicted
  }

  get size(): number {
    return this.#all.size
  }

  add(decision: Decision, at: number): { readonly decision: KeptDecision; readonly fresh: boolean } {
    const key = sameKey(decision)
    const before = this.#all.get(this.#latest.get(key) ?? '')
    if (before !== undefined && isSame(before, at)) {
      const counted = { ...before, count: before.count + 1 }
      this.#all.set(before.id, counted)
      return { decision: counted, fresh: false }
    }
    const kept: KeptDecision = { ...decision, count: 1, state: 'in-force' }
    this.#keep(kept)
    this.#makeRoom(at)
    return { decision: kept, fresh: true }
  }

  heldPayer(organisationId: OrganisationId, subject: string, at: number): KeptDecision | undefined {
    return this.#inForce(this.#held.get(`${organisationId} ${subject}`), at)
  }

  blockedDestination(organisationId: OrganisationId, number: string, at: number): KeptDecision | undefined {
    if (this.#prefixes.size === 0) return undefined
    const digits = number.startsWith('+') ? number.slice(1) : number
    for (let length = digits.length; length > 0; length--) {
      const found = this.#inForce(this.#prefixes.get(`${organisationId} ${digits.slice(0, length)}`), at)
      if (found !== undefined) return found
    }
    return undefined
  }

  get(id: string): KeptDecision | undefined {
    return this.#all.get(id)
  }

  list(organisationId: OrganisationId, at: number, live = false): readonly KeptDecision[] {
    const own = [...this.#all.values()].filter(each => each.organisationId === organisationId)
    return own.filter(each => !live || isInForce(each, at)).reverse()
  }

  waiting(organisationId: OrganisationId, at: number): readonly KeptDecision[] {
    return this.list(organisationId, at, true).filter(each => each.response === 'confirm' && each.mode === 'on')
  }

  settle(id: string, state: Exclude<KeptDecision['state'], 'in-force'>): KeptDecision | undefined {
    const found = this.#all.get(id)
    if (found === undefined || found.state !== 'in-force') return undefined
    const settled = { ...found, state }
    this.#all.set(id, settled)
    this.#forget(found)
    return settled
  }

  release(organisationId: OrganisationId, subject: string, at: number): readonly KeptDecision[] {
    return this.list(organisationId, at, true)
      .filter(each => HOLDING.has(each.response) && subjectsOf(each).includes(subject))
      .flatMap(each => {
        this.#held.delete(`${organisationId} ${subject}`)
        const others = subjectsOf(each).some(other => this.#held.get(`${organisationId} ${other}`) === each.id)
        const settled = others ? undefined : this.settle(each.id, 'undone')
        return settled === undefined ? [] : [settled]
      })
  }

  restoreFrom(decisions: readonly KeptDecision[]): void {
    for (const decision of decisions.toSorted((a, b) => a.at - b.at).slice(-this.#limit)) this.#keep(decision)
  }

  #keep(decision: KeptDecision): void {
    this.#all.set(decision.id, decision)
    this.#latest.set(sameKey(decision), decision.id)
    if (decision.state !== 'in-force' || decision.mode !== 'on') return
    const { organisationId, prefix, response, id } = decision
    if (HOLDING.has(response)) {
      for (const subject of subjectsOf(decision)) this.#held.set(`${organisationId} ${subject}`, id)
    }
    if (response === 'block-destination' && prefix !== undefined) this.#prefixes.set(`${organisationId} ${prefix}`, id)
  }

  #forget(decision: KeptDecision): void {
    const { organisationId, prefix, id } = decision
    const drop = (map: Map<string, string>, key: string): void => {
      if (map.get(key) === id) map.delete(key)
    }
    for (const subject of subjectsOf(decision)) drop(this.#held, `${organisationId} ${subject}`)
    if (prefix !== undefined) drop(this.#prefixes, `${organisationId} ${prefix}`)
    drop(this.#latest, sameKey(decision))
  }

  #inForce(id: string | undefined, at: number): KeptDecision | undefined {
    const found = id === undefined ? undefined : this.#all.get(id)
    return found !== undefined && isInForce(found, at) ? found : undefined
  }

  /** What is over goes first, then the oldest that holds nothing, then the oldest. */
  #makeRoom(at: number): void {
    if (this.#all.size <= this.#limit) return
    let victim: KeptDecision | undefined
    for (const each of this.#all.values()) {
      victim ??= each
      if (!isInForce(each, at)) {
        victim = each
        break
      }
      if (HOLDING.has(victim.response) && !HOLDING.has(each.response)) victim = each
    }
    this.#all.delete(victim!.id)
    this.#forget(victim!)
    if (isInForce(victim!, at)) this.#onEvicted?.(victim!)
  }
}

function subjectsOf({ subject, also }: Decision): readonly string[] {
  return also === undefined ? [subject] : [subject, ...also]
}

function isInForce({ state, expiresAt }: KeptDecision, at: number): boolean {
  return state === 'in-force' && (expiresAt === undefined || at < expiresAt)
}

function isSame(before: KeptDecision, at: number): boolean {
  if (!isInForce(before, at)) return false
  return before.response === 'confirm' || HOLDING.has(before.response) || at - before.at < SAME_MS
}

function sameKey({ organisationId, rule, subject, response, mode, prefix, approval }: Decision): string {
  const about = approval === undefined ? '' : `${approval.kind}:${approval.value}`
  return `${organisationId} ${rule} ${subject} ${response} ${mode} ${prefix ?? ''} ${about}`
}
