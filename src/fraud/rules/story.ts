/** Streams of observations for the fixtures of rules: calls as they would be seen, in order of time. */
import type { CallId, OrganisationId } from '../../base/ids.ts'
import type { Response } from '../../guard/types.ts'
import type { History, RunningHistory } from '../history/types.ts'
import { costOf } from '../rating/price.ts'
import { microsOf, ZERO } from '../rating/money.ts'
import type { FraudObservation, FraudRule, OutsideAttempt, Source } from '../types.ts'

export const ORGANISATION = 'o1' as OrganisationId
/** A Monday, 09:00 UTC. */
export const MONDAY = Date.UTC(2026, 0, 5, 9)
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** At its desk in the office. */
export const DESK: Source = {
  address: '192.0.2.7',
  network: '192.0.2.0/24',
  country: 'DE',
  userAgent: 'Desk phone',
  device: 'd1',
}
export const STRANGER: Source = {
  address: '203.0.113.9',
  network: '203.0.113.0/24',
  country: 'RU',
  userAgent: 'pplsip',
  device: 'd1',
}

export interface CallStory extends Partial<Omit<OutsideAttempt, 'kind' | 'at' | 'perMinute'>> {
  readonly at: number
  /** Talked so long; 0: nobody answered. Default: a minute. */
  readonly seconds?: number
  readonly ringSeconds?: number
  /** Millionths a minute. */
  readonly perMinute?: number
  readonly packetsFromUs?: number
}

let calls = 0

/** One call outside, from the question to its end, as if it was let through. */
export function call(story: CallStory): FraudObservation[] {
  const { at, seconds = 60, ringSeconds = 8, perMinute = 20_000, packetsFromUs, ...more } = story
  const attempt: OutsideAttempt = {
    kind: 'attempt',
    organisationId: ORGANISATION,
    callId: `story-${++calls}` as CallId,
    payer: 'p1',
    cause: 'dialled',
    e164: '+4930901820',
    country: 'DE',
    class: 'ordinary',
    international: false,
    callerId: '+493055501',
    source: DESK,
    officeOpen: true,
    ...more,
    at,
    perMinute: microsOf(perMinute),
  }
  const { callId, payer, organisationId } = attempt
  const of = { callId, payer, organisationId }
  const answeredAt = at + ringSeconds * 1_000
  const price = { perMinute: attempt.perMinute, connectionFee: ZERO, minimumSeconds: 0, incrementSeconds: 1 }
  const end: FraudObservation = {
    kind: 'ended',
    ...of,
    at: answeredAt + seconds * 1_000,
    answered: seconds > 0,
    durationMs: seconds * 1_000,
    cost: seconds > 0 ? costOf(price, seconds) : ZERO,
    packetsFromUs: packetsFromUs ?? seconds * 50,
  }
  const begun: FraudObservation[] = [attempt, { kind: 'allowed', ...of, at }]
  if (seconds > 0) begun.push({ kind: 'answered', ...of, at: answeredAt })
  return [...begun, end]
}

/** To another country. */
export function abroad(country: string, e164: string, story: CallStory): FraudObservation[] {
  return call({ country, e164, international: true, perMinute: 500_000, ...story })
}

export interface Fixture {
  readonly name: string
  /** In any order. */
  readonly observations: readonly FraudObservation[]
  /** For an attack: the rule speaks up before so many attempts were let through. */
  readonly foundWithin?: number
  /** The strictest thing that it says. */
  readonly response?: Response
}

export interface Told {
  /** Attempts that were let through before the first finding. */
  readonly after: number
  readonly findings: readonly NonNullable<ReturnType<FraudRule['judge']>>[]
}

/** What one rule says to a story. What it stops is not let through. */
export function tell(rule: FraudRule, fixture: Fixture, history: RunningHistory & History): Told {
  const findings: NonNullable<ReturnType<FraudRule['judge']>>[] = []
  const stopped = new Set<CallId>()
  let after = 0
  const inOrder = fixture.observations.map((each, index) => ({ each, index }))
  inOrder.sort((a, b) => a.each.at - b.each.at || a.index - b.index)
  for (const { each } of inOrder) {
    if (each.kind !== 'attempt' && 'callId' in each && stopped.has(each.callId)) continue
    const finding = rule.sees.includes(each.kind) ? rule.judge(each, history, rule.thresholds) : undefined
    history.take(each)
    if (finding !== undefined) findings.push(finding)
    if (finding !== undefined && finding.response !== 'alert' && each.kind === 'attempt') stopped.add(each.callId)
    else if (each.kind === 'allowed' && findings.length === 0) after++
  }
  return { after, findings }
}
