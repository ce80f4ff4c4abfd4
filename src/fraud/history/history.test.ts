import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallId, OrganisationId } from '../../base/ids.ts'
import { microsOf } from '../rating/money.ts'
import type { OutsideAttempt, Source } from '../types.ts'
import { placeOf } from './account.ts'
import { driftNow } from './drift.ts'
import { createHistory } from './history.ts'

const ORGANISATION = 'o1' as OrganisationId
const HOUR = 3_600_000
const START = Date.UTC(2026, 0, 5, 9)

function attempt(count: number, more: Partial<OutsideAttempt> = {}): OutsideAttempt {
  return {
    kind: 'attempt',
    at: START + count * 1_000,
    organisationId: ORGANISATION,
    callId: `c${count}` as CallId,
    payer: 'p1',
    cause: 'dialled',
    e164: `+4930${100_000 + count}`,
    country: 'DE',
    class: 'ordinary',
    international: false,
    perMinute: microsOf(20_000),
    callerId: '+493055501',
    source: { address: '192.0.2.7', network: '192.0.2.0/24', country: undefined, userAgent: 'phone', device: 'd1' },
    officeOpen: true,
    ...more,
  }
}

const of = ({ at, callId, payer }: OutsideAttempt) => ({ at, callId, payer, organisationId: ORGANISATION })

test('a call from attempt to end, at the payer and at its organisation', () => {
  const history = createHistory()
  const asked = attempt(1)
  history.take(asked)
  assert.equal(history.payer(ORGANISATION, 'p1').calls.at(-1)?.allowed, false)
  history.take({ kind: 'allowed', ...of(asked) })
  history.take({ kind: 'answered', ...of(asked), at: asked.at + 5_000 })
  for (const account of [history.payer(ORGANISATION, 'p1'), history.organisation(ORGANISATION)]) {
    assert.equal(account.live.length, 1)
    assert.deepEqual([...account.countries.keys(), ...account.networks.keys()], ['DE', '192.0.2.0/24'])
  }
  const end = { answered: true, durationMs: 60_000, cost: microsOf(20_000), packetsFromUs: 3_000 }
  history.take({ kind: 'ended', ...of(asked), at: asked.at + 65_000, ...end })
  const call = history.payer(ORGANISATION, 'p1').calls.at(-1)
  assert.deepEqual([call?.durationMs, call?.cost, call?.packetsFromUs], [60_000, 20_000, 3_000])
  assert.equal(history.organisation(ORGANISATION).live.length, 0)
})

test('what was refused is no country, network or number that is known', () => {
  const history = createHistory()
  const asked = attempt(1, { country: 'CU' })
  history.take(asked)
  history.take({ kind: 'refused', ...of(asked), rule: 'FRAUD_X', dialled: asked.e164 })
  const account = history.payer(ORGANISATION, 'p1')
  assert.deepEqual(
    [account.countries.size, account.networks.size, account.numbers.size, account.live.length],
    [0, 0, 0, 0],
  )
  assert.equal(account.refusals[0]?.rule, 'FRAUD_X')
})

test('bounded, whoever calls whatever how often', () => {
  const history = createHistory()
  for (let count = 0; count < 5_000; count++) {
    const asked = attempt(count, {
      payer: `p${count % 3}`,
      source: undefined,
      callerId: `+${count}`,
      country: `${count}`,
    })
    history.take(asked)
    history.take({ kind: 'allowed', ...of(asked) })
  }
  const account = history.payer(ORGANISATION, 'p1')
  assert.ok(account.calls.length >= 256 && account.calls.length <= 512)
  assert.ok(history.organisation(ORGANISATION).calls.length <= 4_096)
  assert.ok(account.countries.size <= 128 && account.numbers.size <= 512 && account.callerIds.size <= 128)
  assert.equal(account.calls.at(-1)?.attempt.callId, 'c4999'.replace('4999', String(4_999 - ((4_999 - 1) % 3))))
  // Calls that nobody ended are over a day later.
  const later = attempt(100_000)
  history.take(later)
  assert.equal(history.organisation(ORGANISATION).live.length, 0)
})

test('an approval counts for the payer, or for all, until it is over', () => {
  const history = createHistory()
  const country = { kind: 'country', value: 'MX' } as const
  const yes = { kind: 'approved', at: START, organisationId: ORGANISATION, approval: country } as const
  history.take({ ...yes, payer: 'p1', until: START + HOUR })
  assert.equal(history.approved(ORGANISATION, 'p1', country, START), true)
  assert.equal(history.approved(ORGANISATION, 'p2', country, START), false)
  assert.equal(history.approved(ORGANISATION, 'p1', country, START + HOUR), false)
  history.take({ ...yes, payer: undefined, until: START + 2 * HOUR })
  assert.equal(history.approved(ORGANISATION, 'p2', country, START + HOUR), true)
})

test('drift: money that goes out slowly adds up; a habit does not', () => {
  const spend = (perHour: number, hours: number) => {
    const history = createHistory()
    for (let hour = 0; hour < hours; hour++) {
      const asked = attempt(hour, { at: START + hour * HOUR })
      history.take(asked)
      history.take({ kind: 'allowed', ...of(asked) })
      const end = { answered: true, durationMs: 1, cost: microsOf(perHour), packetsFromUs: undefined }
      history.take({ kind: 'ended', ...of(asked), at: asked.at + 1_000, ...end })
    }
    return driftNow(history.payer(ORGANISATION, 'p1').drift, START + hours * HOUR)
  }
  assert.equal(spend(150_000, 48), 0)
  assert.ok(spend(1_000_000, 12) > 8_000_000)
})

test('who called lately, the latest first', () => {
  const history = createHistory()
  for (const [count, payer] of ['p1', 'p2', 'p3', 'p1'].entries()) history.take(attempt(count, { payer }))
  assert.deepEqual(
    history.activeSince(ORGANISATION, START + 2_000).map(({ payer }) => payer),
    ['p1', 'p3'],
  )
})

test('where somebody belongs is not forgotten, however many other phones register', () => {
  const history = createHistory()
  const source: Source = {
    address: '192.0.2.7',
    network: '192.0.2.0/24',
    country: 'DE',
    userAgent: 'Desk 1.2.3',
    device: 'd1',
  }
  const register = (count: number, more: Partial<Source>): void =>
    history.take({
      kind: 'registered',
      at: START + count,
      organisationId: ORGANISATION,
      payer: 'p1',
      source: { ...source, ...more },
    })
  register(0, {})
  for (let count = 1; count < 1_000; count++) register(count, { country: undefined, userAgent: `Phone ${count}x` })
  const { firstPlace, places, registrations } = history.payer(ORGANISATION, 'p1')
  assert.equal(firstPlace, 'DE Desk')
  assert.ok(places.size <= 128 && !places.has('DE Desk'))
  assert.deepEqual(
    registrations.map(each => each.source.country),
    [undefined, 'DE'],
  )
})

test('a number that called us is known, and one that we called is known better', () => {
  const history = createHistory()
  const asked = attempt(1)
  history.take(asked)
  history.take({ kind: 'allowed', ...of(asked) })
  const from = '+442079461000'
  history.take({ kind: 'incoming', ...of(attempt(2)), from, answered: true, ringMs: 5_000 })
  const { numbers } = history.organisation(ORGANISATION)
  assert.deepEqual([numbers.get(asked.e164)?.dialled, numbers.get(from)?.dialled], [asked.at, undefined])
})

test('a phone is the same with new software', () => {
  for (const [before, after, kind] of [
    ['Yealink SIP-T54W 96.86.0.70', 'Yealink SIP-T54W 96.87.0.15', 'Yealink SIP-T54W'],
    ['Linphone-Desktop/5.2.1 (host) linphone/5.2.98', 'Linphone-Desktop/5.3.0', 'Linphone-Desktop'],
    ['snomD785/10.1.175.15', 'snomD785/10.1.184.0 0004', 'snomD785'],
    ['Grandstream GXP2170 1.0.11.48', 'Grandstream GXP2170 1.0.11.79', 'Grandstream GXP2170'],
    ['Z 5.6.4 v2.10.19.9', 'Z 5.6.5', 'Z'],
    ['Zoiper rv2.10.19.4', 'Zoiper rv2.10.20.4-mod', 'Zoiper'],
    ['pplsip', 'pplsip', 'pplsip'],
    ['', '', ''],
  ] as const) {
    assert.equal(placeOf({ country: 'DE', userAgent: before }), `DE ${kind}`)
    assert.equal(placeOf({ country: 'DE', userAgent: after }), `DE ${kind}`)
  }
})
