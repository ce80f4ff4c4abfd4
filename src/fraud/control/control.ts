/** May this leg begin, may it go on, and what did it cost. */
import type { CallId, OrganisationId } from '../../base/ids.ts'
import type { Decision } from '../../guard/types.ts'
import type { BudgetRefusal, Budgets } from '../budget/types.ts'
import { ZERO } from '../rating/money.ts'
import type { Rate } from '../rating/deck.ts'
import type { Tariff } from '../rating/tariff.ts'
import type { OutsideAttempt } from '../types.ts'
import { type CountryOfAddress, createSourceReader, rateAttempt } from './attempt.ts'
import { createJudge, type JudgeOptions } from './judge.ts'
import type { ControlDirectory, FraudControl, LegAllowed, LegEnd, LegRefusal, LegRequest } from './types.ts'

export interface ControlOptions extends JudgeOptions {
  readonly directory: ControlDirectory
  readonly budgets: Budgets
  tariffOf(organisationId: OrganisationId): Tariff
  readonly countryOfAddress: CountryOfAddress
}

interface OpenLeg {
  readonly leg: LegRequest
  /** Of this leg alone: a call may have several outside. */
  readonly callId: CallId
  readonly rate: Rate
  answeredAt: number | undefined
}

export function createFraudControl(options: ControlOptions): FraudControl {
  const { directory, budgets, history, decisions, effects, policyOf, tariffOf } = options
  const judge = createJudge(options)
  const sourceOf = createSourceReader(options.countryOfAddress)
  const open = new Map<string, OpenLeg>()
  const callIds = new Set<CallId>()

  function refused(leg: LegRequest, rule: string, reason: string, decision?: Decision): LegRefusal {
    const { at, organisationId, callId, payer, e164 } = leg
    judge.see({ kind: 'refused', at, organisationId, callId, payer, rule, dialled: e164 })
    const verdict = decision?.response === 'confirm' ? 'confirm' : 'block'
    return { verdict, sipCode: rule === 'FRAUD_STORE_GONE' ? 503 : 403, rule, reason, decision }
  }

  /** What is in force already. */
  function standing({ organisationId, payer, e164, at }: LegRequest): Decision | undefined {
    return decisions.heldPayer(organisationId, payer, at) ?? decisions.blockedDestination(organisationId, e164, at)
  }

  function noRoom(leg: LegRequest, refusal: BudgetRefusal, isRefused: boolean): LegRefusal {
    effects.capReached({ leg, rule: refusal.rule, reason: refusal.reason, refused: isRefused })
    return refused(leg, refusal.rule, refusal.reason)
  }

  async function reserve(leg: LegRequest, attempt: OutsideAttempt, rate: Rate): Promise<LegAllowed | LegRefusal> {
    const { organisationId, payer, extension, at } = leg
    const { callId } = attempt
    const timeZone = directory.callingOf(organisationId).schedule.timeZone
    const policy = policyOf(organisationId)
    const request = { organisationId, payer, extension, class: attempt.class, price: rate, policy, timeZone, at }
    const reserved = await budgets.open(request)
    const gone = { kind: 'ended', at, organisationId, callId, payer, answered: false, durationMs: 0 } as const
    const held = standing(leg)
    if (!reserved.ok || held !== undefined) {
      callIds.delete(callId)
      if (reserved.ok) budgets.close(reserved.value.reservation, at)
      judge.see({ ...gone, cost: ZERO, packetsFromUs: undefined })
      if (!reserved.ok) return noRoom(leg, reserved.error, true)
      return refused(leg, held!.rule, held!.reason, held)
    }
    const { reservation, paidMs } = reserved.value
    open.set(reservation, { leg, callId, rate, answeredAt: undefined })
    return { verdict: 'allow', reservation, paidMs }
  }

  /** A call may have several legs outside, and each is told apart. */
  function legId(callId: CallId): CallId {
    let id = callId
    for (let count = 2; callIds.has(id); count++) id = `${callId}#${count}` as CallId
    callIds.add(id)
    return id
  }

  return {
    sourceOf,
    get open() {
      return open.size
    },
    attempt(leg) {
      const { organisationId, payer, at } = leg
      const held = standing(leg)
      if (held !== undefined) return Promise.resolve(refused(leg, held.rule, held.reason, held))
      const rated = rateAttempt(leg, directory.callingOf(organisationId), tariffOf(organisationId), sourceOf)
      if (!rated.ok) return Promise.resolve(refused(leg, rated.error.rule, rated.error.reason))
      const callId = legId(leg.callId)
      const attempt = { ...rated.value.attempt, callId }
      const decision = judge.see(attempt)
      if (decision !== undefined) {
        callIds.delete(callId)
        return Promise.resolve(refused({ ...leg, callId }, decision.rule, decision.reason, decision))
      }
      judge.see({ kind: 'allowed', at, organisationId, callId, payer })
      return reserve(leg, attempt, rated.value.rate)
    },
    answered(reservation, at) {
      const known = open.get(reservation)
      if (known === undefined || known.answeredAt !== undefined) return
      known.answeredAt = at
      budgets.answered(reservation, at)
      const { organisationId, payer } = known.leg
      judge.see({ kind: 'answered', at, organisationId, callId: known.callId, payer })
    },
    async extend(reservation, at) {
      const known = open.get(reservation)
      if (known === undefined) {
        const reason = 'nothing is reserved for it'
        return { verdict: 'block', sipCode: 403, rule: 'FRAUD_NOT_RESERVED', reason, decision: undefined }
      }
      const leg = { ...known.leg, at }
      const held = standing(leg)
      if (held !== undefined) return refused(leg, held.rule, held.reason, held)
      const more = await budgets.extend(reservation, at)
      return more.ok ? { verdict: 'allow', ...more.value } : noRoom(leg, more.error, false)
    },
    released(reservation, at, packetsFromUs) {
      const known = open.get(reservation)
      if (known === undefined) return undefined
      open.delete(reservation)
      callIds.delete(known.callId)
      const { leg, callId, rate, answeredAt } = known
      const { organisationId, payer } = leg
      const end: LegEnd = {
        cost: budgets.close(reservation, at),
        durationMs: answeredAt === undefined ? 0 : Math.max(0, at - answeredAt),
      }
      const answered = answeredAt !== undefined
      const ended = { kind: 'ended', at, organisationId, callId, payer, answered, ...end } as const
      if (packetsFromUs instanceof Promise)
        void packetsFromUs.then(packets => judge.see({ ...ended, packetsFromUs: packets }))
      else judge.see({ ...ended, packetsFromUs })
      effects.charged(leg, rate, end)
      return end
    },
    observe(observation) {
      if (observation.kind === 'restored')
        decisions.release(observation.organisationId, observation.payer, observation.at)
      judge.see(observation)
    },
    approve(organisationId, payer, approval, at, until) {
      history.take({ kind: 'approved', at, organisationId, payer, approval, until })
    },
  }
}
