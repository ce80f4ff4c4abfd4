/** Rules over calls of one's own past: what was, what would have been, and that nothing is changed by looking. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '../base/ids.ts'
import type { CallRecord } from '../call/call-record.ts'
import { got, MIDDAY, refusal, system } from '../../test/support/fraud-system.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

function record(at: number, to: string, more: { readonly trunk?: string; readonly number?: string } = {}): CallRecord {
  const { trunk, number = '101' } = more
  const leg = {
    id: newId<'LegId'>(at),
    direction: 'in',
    extensionId: undefined,
    deviceId: undefined,
    number,
    userAgent: 'Phone 1.0',
    signalling: { protocol: 'TLS', tls: 'TLSv1.3', cipher: undefined },
    sourceAddress: '192.0.2.7',
    authentication: 'SHA-256',
    media: undefined,
    ...(trunk === undefined ? {} : { trunk }),
  } as const
  return {
    id: newId<'CallId'>(at),
    organisationId: newId<'OrganisationId'>(1),
    from: number,
    to,
    startedAt: at,
    answeredAt: at + 5_000,
    endedAt: at + 65_000,
    end: undefined,
    legs: [leg],
    transferredFrom: undefined,
  }
}

/** Two weeks of an office that calls home, then sixty calls to Cuba in an hour of one night. */
function theft(): CallRecord[] {
  const days = Array.from({ length: 14 }, (_, day) => MIDDAY - (15 - day) * DAY)
  const honest = days.flatMap(day => [0, 1, 2].map(hour => record(day + hour * 60 * MINUTE, '+493012345678')))
  const night = MIDDAY - 10 * 60 * MINUTE
  const stolen = Array.from({ length: 60 }, (_, index) => record(night + index * MINUTE, '+5352123456'))
  return [...stolen, ...honest]
}

test('a night of theft would have been stopped, and nothing of the honest days', async () => {
  const { operations, records, events, fraud } = await system()
  records.push(...theft())
  const found = got(await operations.fraudBacktest({ days: 30 }))
  assert.deepEqual([found.calls, found.partial], [102, false])
  assert.ok(found.stopped >= 50, String(found.stopped))
  assert.ok(Number(found.spent) < Number(found.spentWithout))
  assert.ok(found.rules.length > 0 && found.examples.length > 0)
  assert.ok(found.examples.every(each => each.to === '+5352123456'))
  assert.deepEqual([events, fraud.decisions.list(events[0]?.organisationId as never, MIDDAY)], [[], []])
})

test('only so many days are looked at, and what came in is not what went out', async () => {
  const { operations, records } = await system()
  records.push(...theft())
  assert.equal(got(await operations.fraudBacktest({ days: 1 })).calls, 60)
  records.splice(0)
  for (let index = 0; index < 60; index++) {
    records.push(record(MIDDAY - (60 - index) * MINUTE, '101', { trunk: 'provider', number: '+5352123456' }))
  }
  const incoming = got(await operations.fraudBacktest({ days: 1 }))
  assert.deepEqual([incoming.calls, incoming.stopped], [60, 0])
})

test('a rule is tried as somebody thinks of having it, and stays as it is', async () => {
  const { operations, records } = await system()
  records.push(...theft())
  const before = got(await operations.fraudRules())
  const [rule] = before.filter(each => each.thresholds.length > 0)
  const [threshold] = rule!.thresholds
  const tried = {
    days: 30,
    rule: rule!.id,
    mode: 'dry-run',
    thresholds: { [threshold!.name]: threshold!.value },
  } as const
  const found = got(await operations.fraudBacktest(tried))
  assert.ok(found.rules.every(each => each.rule !== rule!.id))
  assert.deepEqual(got(await operations.fraudRules()), before)
  assert.match(await refusal(operations.fraudBacktest({ days: 1, rule: 'FRAUD_NOTHING' })), /^FRAUD_UNKNOWN/)
  const wrong = { days: 1, rule: rule!.id, thresholds: { nothing: 1 } }
  assert.match(await refusal(operations.fraudBacktest(wrong)), /^FRAUD_REFUSED/)
})

test('one look at a time', async () => {
  const { operations, records } = await system()
  records.push(...theft())
  const [one, other] = await Promise.all([
    operations.fraudBacktest({ days: 30 }),
    operations.fraudBacktest({ days: 30 }),
  ])
  assert.ok(one.ok && !other.ok)
  assert.ok((await operations.fraudBacktest({ days: 30 })).ok)
})
