/** What toll-fraud control knows when it starts: approvals, and the calls of the last weeks, told once more. */
import type { CallRecord } from '../call/call-record.ts'
import { neighbourhoodOf } from '../base/network.ts'
import type { FraudControl } from '../fraud/control/types.ts'
import type { RunningHistory } from '../fraud/history/types.ts'
import { microsOf, ZERO } from '../fraud/rating/money.ts'
import { costOf } from '../fraud/rating/price.ts'
import type { FraudRepository } from '../fraud/repository.ts'
import type { FraudObservation, OutsideAttempt } from '../fraud/types.ts'
import { classOf } from '../routing/destination-class.ts'
import { assignedNumber } from '../routing/e164.ts'
import type { Core } from './core.ts'
import type { FraudParts } from './fraud-parts.ts'

/** The store gives so many at once. */
const MAXIMUM_CALLS = 10_000

export interface MemoryOptions {
  readonly core: Core
  readonly history: RunningHistory
  readonly control: Pick<FraudControl, 'sourceOf'>
  readonly parts: Pick<FraudParts, 'tariffOf'>
  readonly repository: Pick<FraudRepository, 'loadApprovals'>
}

/** Nothing is judged: it was, when it happened. */
export async function rememberCalls(options: MemoryOptions): Promise<void> {
  const { core, history, repository } = options
  for (const { organisationId, payer, approval, at, until } of await repository.loadApprovals(core.clock.now())) {
    history.take({ kind: 'approved', at, organisationId, payer, approval, until })
  }
  for (const organisation of core.directory.organisations()) {
    const records = await core.store.calls.list({ organisationId: organisation.id, limit: MAXIMUM_CALLS })
    const told = records.flatMap(record => observationsOf(record, options))
    for (const observation of told.toSorted((a, b) => a.at - b.at)) history.take(observation)
  }
}

function observationsOf(record: CallRecord, options: MemoryOptions): readonly FraudObservation[] {
  const caller = record.legs.find(each => each.direction === 'in')
  const outside = record.legs.find(each => each.direction === 'out' && each.trunk !== undefined)
  if (caller === undefined || outside === undefined || record.endedAt === undefined) return []
  const attempt = attemptOf(record, caller, outside, options)
  if (attempt === undefined) return []
  const { organisationId, callId, payer } = attempt
  const of = { organisationId, callId, payer }
  const durationMs = record.answeredAt === undefined ? 0 : Math.max(0, record.endedAt - record.answeredAt)
  const price = { perMinute: attempt.perMinute, connectionFee: ZERO, minimumSeconds: 0, incrementSeconds: 60 }
  const answered = record.answeredAt !== undefined
  const begun: FraudObservation[] = [attempt, { kind: 'allowed', at: attempt.at, ...of }]
  if (record.answeredAt !== undefined) begun.push({ kind: 'answered', at: record.answeredAt, ...of })
  const cost = answered ? costOf(price, durationMs / 1_000) : microsOf(0)
  const packetsFromUs = caller.media?.packetsReceived
  return [...begun, { kind: 'ended', at: record.endedAt, ...of, answered, durationMs, cost, packetsFromUs }]
}

type Leg = CallRecord['legs'][number]

function attemptOf(
  record: CallRecord,
  caller: Leg,
  outside: Leg,
  { core, control, parts }: MemoryOptions,
): OutsideAttempt | undefined {
  const { organisationId, startedAt: at, id: callId } = record
  const number = assignedNumber(outside.number.replace(/^\+/, ''))
  if (number === undefined || caller.extensionId === undefined) return undefined
  const home = core.directory.callingOf(organisationId).country
  const { e164, plan } = number
  const { country } = plan
  const external = { e164, country, class: classOf(number, home) }
  const price = parts.tariffOf(organisationId).price(external, at)
  const raw = { address: caller.sourceAddress, userAgent: caller.userAgent, device: '' }
  return {
    kind: 'attempt',
    at,
    organisationId,
    callId,
    payer: caller.extensionId,
    cause: 'dialled',
    ...external,
    international: country !== home,
    perMinute: price.ok ? price.value.rate.perMinute : ZERO,
    callerId: undefined,
    source: neighbourhoodOf(raw.address) === '' ? undefined : control.sourceOf(raw),
    officeOpen: true,
  }
}
