import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSourceTable, type SourceTableOptions } from './source-table.ts'
import { keyOfTarget } from './target.ts'
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
  const expired: SourceDecision[] = []
  const mirror = new Map<string, SourceDecision>()
  const table = createSourceTable({
    spared: {
      isRegisteredSource: address => registered.has(address),
      isRegisteredSourceOf: (username, address) => accounts.has(`${username} ${address}`),
      isTrunkAddress: address => trunks.has(address),
    },
    onChanged: decision => void changed.push(decision),
    onEvicted: decision => void evicted.push(decision),
    onExpired: decision => void expired.push(decision),
    mirror: {
      placed: decision => void mirror.set(keyOfTarget(decision.target, decision.action), decision),
      removed: decision => void mirror.delete(keyOfTarget(decision.target, decision.action)),
    },
    ...options,
  })
  return { table, registered, accounts, trunks, changed, evicted, expired, mirror }
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

test('a rule that is tried is told and kept, and stops nobody; nor does it hide a wider ban, or weaken one that is in force', () => {
  const { table, changed } = setUp()
  const tried = table.decide(finding('address', ATTACKER), NOW, 'dry-run')
  assert.equal(tried?.mode, 'dry-run')
  assert.equal(table.anyBan, false)
  assert.equal(table.banOf(over(ATTACKER), NOW), undefined)
  assert.equal(table.explain(ATTACKER, NOW).verdict, 'open')
  assert.match(table.explain(ATTACKER, NOW).because[0]!, /would be a ban/)
  const network = { kind: 'network', value: '198.51.100.0/24' } as const
  const ordered = table.put({ target: network, action: 'ban', reason: 'x', by: 'ann' }, NOW)
  assert.equal(table.banOf(over(ATTACKER), NOW)?.id, ordered.id)
  const real = table.decide(finding('address', ATTACKER), NOW + 1)
  assert.equal(real?.mode, 'on')
  assert.equal(real.repeat, 0, 'what was only tried is no repeat')
  assert.equal(table.decide(finding('address', ATTACKER), NOW + HOUR / 2, 'dry-run'), undefined)
  assert.equal(table.banOf(over(ATTACKER), NOW + HOUR / 2)?.id, real.id)
  assert.equal(changed.length, 3)
})

test('rules ban networks, systems and countries only where the policy says so, and then no registered phone in them', () => {
  const wide = [finding('network', '198.51.100.0/24'), finding('as', 'AS64500'), finding('country', 'XX')]
  const where = { as: 64500, country: 'XX' }
  const cautious = setUp({ whereIs: () => where })
  const bold = setUp({ whereIs: () => where, policy: { wideByRules: 'on' } })
  for (const each of wide) {
    assert.equal(cautious.table.decide(each, NOW)?.mode, 'dry-run')
    assert.equal(cautious.table.banOf(over(ATTACKER), NOW), undefined)
    assert.equal(bold.table.decide(each, NOW)?.mode, 'on')
  }
  assert.ok(bold.table.banOf(over(ATTACKER), NOW))
  bold.registered.add(ATTACKER)
  assert.equal(bold.table.banOf(over(ATTACKER), NOW), undefined)
  const by = { reason: 'x', by: 'ann', action: 'ban' } as const
  const ordered = bold.table.put({ ...by, target: { kind: 'country', value: 'XX' } }, NOW)
  assert.equal(bold.table.banOf(over(ATTACKER), NOW)?.id, ordered.id, 'a person meant it')
})

test('an account has an owner: it backs off, and never is closed; a person may let it be', () => {
  const { table } = setUp()
  assert.equal(table.decide(finding('account', 'ann', 'ban'), NOW)?.action, 'back-off')
  assert.equal(table.anyBan, false)
  assert.ok(table.backOffOf('ann', ATTACKER, NOW))
  const target = { kind: 'account', value: 'ann' } as const
  table.put({ target, action: 'allow', reason: 'moves house', by: 'bob' }, NOW)
  assert.equal(table.backOffOf('ann', ATTACKER, NOW), undefined)
  assert.equal(table.explain('ann', NOW).verdict, 'allowed')
  assert.equal(table.undo(target, 'bob', NOW).length, 2)
  const long = 'x'.repeat(10_000)
  table.decide(finding('account', long, 'back-off'), NOW)
  assert.ok(table.backOffOf(long, ATTACKER, NOW))
})

test('hits are counted, and who was hit stays longer than who never was', () => {
  const { table, evicted } = setUp({ limit: 4 })
  for (let i = 1; i <= 4; i++) table.decide(finding('address', `10.0.0.${i}`), NOW)
  for (let i = 0; i < 3; i++) table.banOf(over('10.0.0.1'), NOW)
  assert.equal(table.hitsOf(table.list(NOW).find(({ target }) => target.value === '10.0.0.1')!), 3)
  assert.match(table.explain('10.0.0.1', NOW).because[0]!, /stopped something 3 times/)
  for (let i = 5; i <= 7; i++) table.decide(finding('address', `10.0.0.${i}`), NOW)
  assert.deepEqual(
    evicted.map(({ target }) => target.value),
    ['10.0.0.2', '10.0.0.3', '10.0.0.4'],
  )
  table.decide(finding('address', '10.0.0.8'), NOW, 'dry-run')
  table.decide(finding('socket', '10.0.0.9 5060'), NOW)
  table.decide(finding('address', '10.0.0.10'), NOW)
  const order = evicted.slice(3).map(({ target }) => target.value)
  assert.deepEqual(order, ['10.0.0.5', '10.0.0.8', '10.0.0.9 5060'])
})

test('what is over is told, makes room first, and is in no count', () => {
  const { table, expired, evicted } = setUp({ limit: 3 })
  table.decide(finding('address', '10.0.0.1'), NOW)
  table.decide(finding('address', '10.0.0.2'), NOW)
  table.put({ target: { kind: 'address', value: '10.0.0.3' }, action: 'ban', reason: 'x', by: 'a', minutes: 1 }, NOW)
  table.decide(finding('address', '10.0.0.4'), NOW + 2 * MINUTE)
  assert.deepEqual(
    expired.map(({ target }) => target.value),
    ['10.0.0.3'],
  )
  assert.equal(evicted.length, 0)
  assert.deepEqual(table.count(NOW + HOUR), { ban: 1, 'back-off': 0, allow: 0 })
  assert.equal(expired.length, 3)
})

test('another node: its word is taken over, a person before a rule, and a door that was opened there opens here', () => {
  const here = setUp()
  const there = setUp()
  const ours = here.table.decide(finding('address', ATTACKER), NOW)!
  there.table.decide(finding('address', ATTACKER), NOW + 1)
  here.table.adopt(there.changed, NOW + 1)
  assert.equal(here.table.list(NOW + 1).length, 1)
  const target = ours.target
  there.table.put({ target, action: 'ban', reason: 'x', by: 'ann', minutes: 5 }, NOW + 2)
  here.table.adopt(there.changed.slice(-1), NOW + 2)
  assert.equal(
    here.table.banOf(over(ATTACKER), NOW + 2)?.expiresAt,
    NOW + 2 + 5 * MINUTE,
    'shorter, but a person said so',
  )
  here.table.adopt([ours], NOW + 3)
  assert.equal(here.table.banOf(over(ATTACKER), NOW + 3)?.origin, 'operator', 'read again')
  const changes = here.changed.length
  there.table.undo(target, 'ann', NOW + 4)
  const [undone] = there.changed.slice(-1)
  here.table.adopt([undone!], NOW + 4)
  assert.equal(here.table.banOf(over(ATTACKER), NOW + 4), undefined)
  assert.equal(here.changed.length, changes, 'not told again')
  const again = here.table.decide(finding('address', ATTACKER), NOW + 5)
  assert.equal(again?.repeat, 0, 'taken back: it counts as never')
  here.table.adopt([undone!], NOW + 6)
  assert.ok(here.table.banOf(over(ATTACKER), NOW + 6), 'decided after that')
})

test('two nodes saw the same on their own: who opens one door opens both', () => {
  const here = setUp()
  const there = setUp()
  here.table.decide(finding('address', ATTACKER), NOW)
  const { target } = there.table.decide(finding('address', ATTACKER), NOW)!
  const [undone] = there.table.undo(target, 'ann', NOW + 1)
  here.table.adopt([undone!], NOW + 2)
  assert.equal(here.table.banOf(over(ATTACKER), NOW + 2), undefined)
})

test('what a list bans stands, is the last to make room, and spares the registered phone', () => {
  const { table, registered } = setUp({ limit: 2 })
  const target = { kind: 'network', value: '198.51.100.0/24' } as const
  const said = { rule: 'configuration', reason: 'x', evidence: {}, mode: 'on', repeat: 0, state: 'in-force' } as const
  const id = '01890a5d-ac96-774b-bcce-b302099a8057'
  table.restoreFrom([{ id, target, action: 'ban', origin: 'list', at: NOW, expiresAt: undefined, ...said }], NOW)
  for (let i = 0; i < 5; i++) table.decide(finding('address', `10.0.0.${i}`), NOW)
  assert.equal(table.banOf(over(ATTACKER), NOW)?.id, id)
  assert.equal(table.decide(finding('network', target.value), NOW), undefined)
  registered.add(ATTACKER)
  assert.equal(table.banOf(over(ATTACKER), NOW), undefined)
})

test('explains a network: what is around it and in it, and a socket with its address', () => {
  const { table } = setUp()
  table.decide(finding('address', '198.51.100.7'), NOW)
  table.decide(finding('socket', '198.51.100.8 5070'), NOW)
  table.decide(finding('address', '2001:db8:1:2::/64'), NOW)
  for (const one of ['198.51.100.7/32', '2001:db8:1:2::/64', '2001:db8:1:2:3::/80']) {
    assert.equal(table.explain(one, NOW).verdict, 'banned', one)
  }
  const inside = table.explain('198.51.100.0/24', NOW)
  assert.equal(inside.verdict, 'open')
  assert.equal(inside.decisions.length, 2)
  const by = { reason: 'x', by: 'ann', action: 'ban' } as const
  table.put({ ...by, target: { kind: 'network', value: '198.51.0.0/16' } }, NOW)
  assert.equal(table.explain('198.51.100.0/24', NOW).verdict, 'banned')
  assert.match(table.explain('198.51.100.0/24', NOW).because[0]!, /^network 198\.51\.0\.0\/16 is banned until/)
  assert.equal(table.explain('198.51.100.8', NOW).decisions.length, 2)
  const free = table.undo({ kind: 'address', value: '198.51.100.8' }, 'ann', NOW)
  assert.deepEqual(
    free.map(({ target }) => target.kind),
    ['socket'],
  )
  for (const odd of ['', ' ', '/', '1.2.3.4/99', 'ann@example.com', '::1/129', '\u0000']) {
    assert.equal(table.explain(odd, NOW).verdict, 'open', odd)
  }
})

test('what was taken back here is not taken over again from what was written before', () => {
  const { table } = setUp()
  const ban = table.put({ target: { kind: 'address', value: ATTACKER }, action: 'ban', reason: 'x', by: 'ann' }, NOW)
  table.undo({ kind: 'address', value: ATTACKER }, 'ann', NOW + 1)
  // Read on before the end of it was written.
  table.adopt([ban], NOW + 2)
  assert.equal(table.banOf(over(ATTACKER), NOW + 3), undefined)
  assert.equal(table.list(NOW + 3).length, 0)
})
