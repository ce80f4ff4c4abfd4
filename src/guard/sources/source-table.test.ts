import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSourceTable, type SourceTableOptions } from './source-table.ts'
import type { SourceDecision, SourceFinding, Target } from './types.ts'

const NOW = 1_700_000_000_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ATTACKER = '198.51.100.7'

function setUp(options: Partial<SourceTableOptions> = {}) {
  const registered = new Set<string>()
  const accounts = new Set<string>()
  const trunks = new Set<string>()
  const changed: SourceDecision[] = []
  const evicted: SourceDecision[] = []
  const table = createSourceTable({
    spared: {
      isRegisteredSource: address => registered.has(address),
      isRegisteredSourceOf: (username, address) => accounts.has(`${username} ${address}`),
      isTrunkAddress: address => trunks.has(address),
    },
    onChanged: decision => void changed.push(decision),
    onEvicted: decision => void evicted.push(decision),
    ...options,
  })
  return { table, registered, accounts, trunks, changed, evicted }
}

function finding(kind: Target['kind'], value: string, action: SourceFinding['action'] = 'ban'): SourceFinding {
  return { target: { kind, value }, action, rule: 'GUARD_TEST', reason: 'it was seen', evidence: {} }
}

const over = (address: string, port = 5060) => ({ address, port, proven: true })
const datagram = (address: string, port = 5060) => ({ address, port, proven: false })

test('a ban of an address holds for an hour, then longer with each repeat, and ends by itself', () => {
  const { table } = setUp()
  let now = NOW
  for (const hours of [1, 4, 24, 168, 168]) {
    const decision = table.decide(finding('address', ATTACKER), now)
    assert.equal(decision?.expiresAt, now + hours * HOUR)
    assert.equal(table.banOf(over(ATTACKER), now + hours * HOUR - 1)?.id, decision.id)
    now += hours * HOUR
    assert.equal(table.banOf(over(ATTACKER), now), undefined)
    assert.equal(table.anyBan, false)
  }
})

test('a datagram can be forged: one socket, one minute, however often', () => {
  const { table } = setUp()
  for (let i = 0; i < 5; i++) {
    const now = NOW + i * 2 * MINUTE
    assert.equal(table.decide(finding('socket', `${ATTACKER} 5060`), now)?.expiresAt, now + MINUTE)
    assert.ok(table.banOf(datagram(ATTACKER), now + 1))
    assert.equal(table.banOf(datagram(ATTACKER, 5061), now + 1), undefined)
    assert.equal(table.banOf(over(ATTACKER), now + 1), undefined)
  }
})

test('an address is banned for both transports, IPv6 by its /64', () => {
  const { table } = setUp()
  table.decide(finding('address', '2001:db8:1:2:3::4'), NOW)
  assert.ok(table.banOf(over('2001:db8:1:2::9'), NOW))
  assert.ok(table.banOf(datagram('2001:db8:1:2:ffff::1'), NOW))
  assert.equal(table.banOf(over('2001:db8:1:3::9'), NOW), undefined)
})

test('a registered phone and a trunk are spared at once, also when the ban is older', () => {
  const { table, registered, trunks } = setUp()
  table.decide(finding('address', ATTACKER), NOW)
  registered.add(ATTACKER)
  assert.equal(table.banOf(over(ATTACKER), NOW), undefined)
  registered.delete(ATTACKER)
  assert.ok(table.banOf(over(ATTACKER), NOW))
  trunks.add('192.0.2.9')
  assert.equal(table.decide(finding('address', '192.0.2.9'), NOW), undefined)
  assert.equal(table.decide(finding('socket', '192.0.2.9 5060'), NOW), undefined)
})

test('an account backs off for strangers, and for nobody who proved it or is registered from there', () => {
  const { table, accounts } = setUp()
  table.noteProven('ann', '192.0.2.5', NOW - HOUR)
  const decision = table.decide(finding('account', 'ann', 'back-off'), NOW)
  assert.equal(decision?.expiresAt, NOW + 10 * MINUTE)
  assert.ok(table.backOffOf('ann', ATTACKER, NOW))
  assert.equal(table.backOffOf('ann', '192.0.2.5', NOW), undefined)
  assert.ok(table.backOffOf('ann', '192.0.2.5', NOW + 24 * HOUR) === undefined, 'over by then')
  accounts.add('ann 203.0.113.1')
  assert.equal(table.backOffOf('ann', '203.0.113.1', NOW), undefined)
  assert.equal(table.backOffOf('bob', ATTACKER, NOW), undefined)
})

test('networks, systems and countries: by a person, the narrowest first', () => {
  const { table } = setUp({ whereIs: address => ({ as: address.startsWith('203.') ? 64500 : 1, country: 'XX' }) })
  const by = { reason: 'not ours', by: 'ann', action: 'ban' } as const
  const network = table.put({ ...by, target: { kind: 'network', value: '198.51.100.0/24' } }, NOW)
  const system = table.put({ ...by, target: { kind: 'as', value: 'as64500' } }, NOW)
  assert.equal(table.banOf(over('198.51.100.200'), NOW)?.id, network.id)
  assert.equal(table.banOf(over('203.0.113.7'), NOW)?.id, system.id)
  assert.equal(table.banOf(over('192.0.2.7'), NOW), undefined)
  table.put({ ...by, target: { kind: 'country', value: 'xx' }, minutes: 5 }, NOW)
  assert.ok(table.banOf(over('192.0.2.7'), NOW))
  assert.equal(table.banOf(over('192.0.2.7'), NOW + 5 * MINUTE), undefined)
  table.undo(network.id, 'bob', NOW)
  assert.equal(table.banOf(over('198.51.100.200'), NOW + 5 * MINUTE), undefined)
})

test('what a person allowed is not banned, whatever rules find, and what they banned is', () => {
  const { table, registered, changed } = setUp()
  const target = { kind: 'network', value: '198.51.100.0/24' } as const
  table.put({ target, action: 'allow', reason: 'our second office', by: 'ann' }, NOW)
  assert.equal(table.decide(finding('address', ATTACKER), NOW), undefined)
  assert.ok(table.isAllowed(ATTACKER))
  const [undone] = table.undo(target, 'bob', NOW)
  assert.equal(undone?.undoneBy, 'bob')
  assert.equal(changed.at(-1)?.state, 'undone')
  assert.equal(table.isAllowed(ATTACKER), false)
  assert.ok(table.decide(finding('address', ATTACKER), NOW))
  registered.add('203.0.113.4')
  table.put({ target: { kind: 'address', value: '203.0.113.4' }, action: 'ban', reason: 'stolen', by: 'ann' }, NOW)
  assert.ok(table.banOf(over('203.0.113.4'), NOW))
  assert.equal(table.decide(finding('address', '203.0.113.4'), NOW), undefined)
})

test('bounded: what is missed least goes first, and it is told', () => {
  const { table, evicted } = setUp({ limit: 100 })
  table.put({ target: { kind: 'address', value: '203.0.113.4' }, action: 'ban', reason: 'x', by: 'ann' }, NOW)
  table.decide(finding('socket', '198.51.100.1 5060'), NOW)
  for (let i = 0; i < 300; i++) table.decide(finding('address', `10.0.${i >> 8}.${i & 255}`), NOW + i)
  assert.equal(table.list(NOW + 300).length, 100)
  assert.equal(evicted.length, 202)
  assert.equal(evicted[0]?.target.kind, 'socket')
  assert.ok(table.banOf(over('203.0.113.4'), NOW + 300))
  assert.ok(table.banOf(over('10.0.1.43'), NOW + 300), 'the newest')
  assert.equal(table.banOf(over('10.0.0.0'), NOW + 300), undefined, 'the oldest')
})

test('the same finding again is one decision, and is told only when it is prolonged by much', () => {
  const { table, changed } = setUp()
  const first = table.decide(finding('address', ATTACKER), NOW)
  for (let i = 1; i < 100; i++) assert.equal(table.decide(finding('address', ATTACKER), NOW + i), undefined)
  const later = table.decide(finding('address', ATTACKER), NOW + 30 * MINUTE)
  assert.equal(later?.id, first?.id)
  assert.equal(later?.expiresAt, NOW + 30 * MINUTE + HOUR)
  assert.equal(changed.length, 2)
})

test('survives a restart: what is in force is again, and a repeat is a repeat', () => {
  const before = setUp()
  before.table.decide(finding('address', ATTACKER), NOW)
  before.table.put({ target: { kind: 'network', value: '203.0.113.0/24' }, action: 'allow', reason: 'x', by: 'a' }, NOW)
  const { table } = setUp()
  table.restoreFrom(before.table.list(NOW), NOW + MINUTE)
  assert.ok(table.banOf(over(ATTACKER), NOW + MINUTE))
  assert.ok(table.isAllowed('203.0.113.9'))
  assert.equal(table.decide(finding('address', ATTACKER), NOW + 2 * HOUR)?.repeat, 1)
})

test('explains an address and an account in sentences', () => {
  const { table, registered } = setUp()
  assert.equal(table.explain(ATTACKER, NOW).verdict, 'open')
  table.decide(finding('address', ATTACKER), NOW)
  const banned = table.explain(ATTACKER, NOW)
  assert.equal(banned.verdict, 'banned')
  assert.match(
    banned.because[0]!,
    /address 198\.51\.100\.7 is banned for 60 minutes more, by GUARD_TEST: it was seen\./,
  )
  registered.add(ATTACKER)
  const spared = table.explain(ATTACKER, NOW)
  assert.equal(spared.verdict, 'spared')
  assert.match(spared.because[0]!, /A phone is registered/)
  table.decide(finding('account', 'ann', 'back-off'), NOW)
  assert.equal(table.explain('ann', NOW).verdict, 'backing-off')
})
