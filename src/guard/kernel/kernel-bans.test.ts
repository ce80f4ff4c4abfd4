/** The mirror of decisions in the kernel's table, on a strict model of nft. With the real one: test/attack/kernel-bans.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { createNftModel } from '../../../test/support/nft-model.ts'
import { generator } from '../../../test/support/phone-numbers.ts'
import type { SourceDecision, Target } from '../sources/types.ts'
import { createKernelBans } from './kernel-bans.ts'
import type { KernelBansOptions, KernelStatus } from './types.ts'

const HOUR = 3_600_000
const PORTS = { udp: [5060], tcp: [5060, 5061] }
const FAILED = { ok: false, unavailable: false, detail: 'Device or resource busy' }

function setUp(options: Partial<KernelBansOptions> = {}) {
  const clock = new ManualClock()
  const model = createNftModel()
  const spared = new Set<string>()
  const statuses: KernelStatus[] = []
  const inForce: SourceDecision[] = []
  const kernel = createKernelBans(
    {
      clock,
      now: () => clock.now(),
      ports: PORTS,
      isSpared: address => spared.has(address),
      decisions: () => inForce,
      onStatus: status => void statuses.push(status),
      ...options,
    },
    model.run,
  )
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      clock.advance(Math.min(250, ms - passed))
      for (let i = 0; i < 5; i++) await Promise.resolve()
    }
  }
  const held = (set: string): Readonly<Record<string, number | undefined>> =>
    Object.fromEntries(model.tables.get('ringfence')?.get(set) ?? [])
  return { clock, model, spared, statuses, inForce, kernel, pass, held }
}

let ids = 0
function decision(kind: Target['kind'], value: string, change: Partial<SourceDecision> = {}): SourceDecision {
  return {
    id: `id-${++ids}`,
    target: { kind, value },
    action: 'ban',
    rule: 'GUARD_TEST',
    reason: 'it was seen',
    evidence: {},
    origin: 'rule',
    mode: 'on',
    at: 0,
    expiresAt: new ManualClock().now() + HOUR,
    repeat: 0,
    state: 'in-force',
    ...change,
  }
}

const BY_PERSON = { origin: 'operator', expiresAt: undefined } as const

test('what is in force is there after the start; what can be forged, tried, wide or spared is not', async () => {
  const { kernel, inForce, held, spared, model } = setUp()
  spared.add('192.0.2.50')
  inForce.push(
    decision('address', '198.51.100.7'),
    decision('address', '2001:db8:1:2::/64'),
    decision('address', '::ffff:198.51.100.8'),
    decision('network', '203.0.113.77/24', BY_PERSON),
    decision('network', '2001:db8:ffff::/48', BY_PERSON),
    decision('address', '203.0.113.5', { ...BY_PERSON, action: 'allow' }),
    // Not these.
    decision('socket', '198.51.100.9 5060'),
    decision('flow', 'f1'),
    decision('account', 'ann', { action: 'back-off' }),
    decision('as', 'AS64500', BY_PERSON),
    decision('country', 'XX', BY_PERSON),
    decision('network', '198.18.0.0/15', { origin: 'list' }),
    decision('address', '198.51.100.10', { mode: 'dry-run' }),
    decision('address', '198.51.100.11', { state: 'undone' }),
    decision('address', '192.0.2.50'),
  )
  await kernel.start()
  assert.deepEqual(held('ban4'), { '198.51.100.7': 3_600, '198.51.100.8': 3_600 })
  assert.deepEqual(held('ban6'), { '2001:db8:1:2::': 3_600 })
  assert.deepEqual(held('net4'), { '203.0.113.0/24': undefined })
  assert.deepEqual(held('net6'), { '2001:db8:ffff::/48': undefined })
  assert.deepEqual(held('allow4'), { '203.0.113.5/32': undefined })
  assert.equal(model.scripts.length, 1)
  const script = model.scripts[0]!
  assert.ok(script.indexOf('@allow4 return') < script.indexOf('@ban4'))
  assert.match(script, /udp dport \{ 5060 \} goto sources\n.*tcp dport \{ 5060, 5061 \} goto sources/)
  assert.deepEqual(kernel.status, { state: 'on', detail: 'table inet ringfence', banned: 5, allowed: 1 })
})

test('what a stranger or a list writes gets nowhere near the script', async () => {
  const { kernel, inForce, held, model, pass } = setUp()
  const hostile = [
    '198.51.100.7; flush ruleset',
    '198.51.100.7 }\nadd table inet x',
    '198.51.100.0/24 }',
    '198.51.100.0/-1',
    '198.51.100.0/33',
    '198.51.100.0/024x',
    '198.51.100.0/0x8',
    'fe80::1%eth0; }',
    '$(reboot)',
    '@allow4',
    '',
    '/8',
    '010.1.1.1',
    '1.2.3',
  ]
  for (const value of hostile)
    for (const kind of ['address', 'network'] as const) {
      inForce.push(decision(kind, value, BY_PERSON), decision(kind, value, { ...BY_PERSON, action: 'allow' }))
    }
  await kernel.start()
  for (const each of inForce) kernel.placed(each)
  await pass(1_000)
  assert.equal(kernel.status.state, 'on')
  for (const set of ['ban4', 'ban6', 'net4', 'net6', 'allow4', 'allow6']) assert.deepEqual(held(set), {}, set)
  assert.ok(model.scripts.every(script => !/flush ruleset|reboot|\$|inet x/.test(script)))
  for (const table of ['x; flush ruleset', 'X', '', 'a'.repeat(33), 'a b']) {
    assert.throws(() => setUp({ table }), RangeError, table)
  }
  for (const port of [0, 65_536, 1.5, Number.NaN]) assert.throws(() => setUp({ ports: { udp: [port], tcp: [] } }))
})

test('changes go together, a quarter of a second after the first; longer is longer, and undone is gone', async () => {
  const { kernel, model, pass, held, clock } = setUp()
  await kernel.start()
  const first = decision('address', '198.51.100.1')
  kernel.placed(first)
  for (let i = 2; i < 100; i++) kernel.placed(decision('address', `198.51.100.${i}`))
  assert.equal(model.scripts.length, 1)
  await pass(250)
  assert.equal(model.scripts.length, 2)
  assert.equal(Object.keys(held('ban4')).length, 99)
  kernel.placed({ ...first, expiresAt: clock.now() + 4 * HOUR })
  await pass(250)
  assert.equal(held('ban4')['198.51.100.1'], 4 * 3_600)
  kernel.removed({ ...first, id: 'another', state: 'undone' })
  await pass(250)
  assert.ok('198.51.100.1' in held('ban4'), 'another one')
  kernel.removed({ ...first, state: 'undone' })
  await pass(250)
  assert.ok(!('198.51.100.1' in held('ban4')))
  const tried = decision('address', '198.51.100.2', { mode: 'dry-run' })
  kernel.placed(tried)
  await pass(250)
  assert.ok(!('198.51.100.2' in held('ban4')), 'only tried from now on')
})

test('a phone that registers is free at once, and one that becomes known otherwise soon; it is banned again when it is gone', async () => {
  const { kernel, pass, held, spared } = setUp()
  await kernel.start()
  kernel.placed(decision('address', '198.51.100.1'))
  kernel.placed(decision('address', '2001:db8:1:2::/64'))
  kernel.placed(decision('address', '198.51.100.3', BY_PERSON))
  await pass(250)
  for (const address of ['198.51.100.1', '2001:db8:1:2::']) spared.add(address)
  kernel.spare('198.51.100.1')
  kernel.spare('2001:db8:1:2:3::4')
  kernel.spare('198.51.100.3')
  await pass(250)
  assert.deepEqual(Object.keys(held('ban4')), ['198.51.100.3'], 'a person meant it')
  assert.deepEqual(held('ban6'), {})
  assert.equal(kernel.status.banned, 1)
  spared.clear()
  await pass(1_500)
  assert.equal(Object.keys(held('ban4')).length, 2)
  spared.add('198.51.100.1')
  await pass(1_500)
  assert.deepEqual(Object.keys(held('ban4')), ['198.51.100.3'])
})

test('networks inside networks: the widest is there, and when it is over the others are', async () => {
  const { kernel, pass, held, clock } = setUp()
  await kernel.start()
  kernel.placed(decision('network', '10.1.0.0/16', BY_PERSON))
  kernel.placed(decision('network', '10.0.0.0/8', { origin: 'operator', expiresAt: clock.now() + 60_000 }))
  kernel.placed(decision('network', '10.1.2.0/24', BY_PERSON))
  kernel.placed(decision('network', '11.0.0.0/8', BY_PERSON))
  await pass(250)
  assert.deepEqual(Object.keys(held('net4')).toSorted(), ['10.0.0.0/8', '11.0.0.0/8'])
  await pass(62_000)
  assert.deepEqual(Object.keys(held('net4')).toSorted(), ['10.1.0.0/16', '11.0.0.0/8'])
})

test('without nft or the right: said once, and nothing is kept or tried any more', async () => {
  const { kernel, model, statuses, inForce, pass } = setUp()
  inForce.push(decision('address', '198.51.100.7'))
  model.failures.push({ ok: false, unavailable: true, detail: 'nft is not installed' })
  await kernel.start()
  kernel.placed(decision('address', '198.51.100.8'))
  await pass(60_000)
  assert.deepEqual(statuses, [{ state: 'unavailable', detail: 'nft is not installed', banned: 0, allowed: 0 }])
  await kernel.stop()
  assert.equal(model.scripts.length, 0)
})

test('fails later: told once, tried again after longer and longer pauses, and all of it is there again', async () => {
  const { kernel, model, statuses, held, pass } = setUp()
  await kernel.start()
  const tries: number[] = []
  for (let i = 0; i < 4; i++) model.failures.push(FAILED)
  kernel.placed(decision('address', '198.51.100.1'))
  await pass(250)
  kernel.placed(decision('address', '198.51.100.2'))
  for (let second = 1; second <= 16; second++) {
    const before = model.failures.length
    await pass(1_000)
    if (model.failures.length < before) tries.push(second)
  }
  assert.deepEqual(tries, [1, 3, 7])
  assert.deepEqual(
    statuses.map(({ state }) => state),
    ['on', 'failing', 'on'],
  )
  assert.deepEqual(Object.keys(held('ban4')), ['198.51.100.1', '198.51.100.2'])
})

test('somebody takes the table away: it comes back by itself', async () => {
  const { kernel, model, held, pass } = setUp()
  await kernel.start()
  kernel.placed(decision('address', '198.51.100.1'))
  await pass(250)
  model.takeAway()
  await pass(20_000)
  assert.deepEqual(Object.keys(held('ban4')), ['198.51.100.1'])
})

test('stopped: the table is gone, and nothing comes after; started again, it is there', async () => {
  const { kernel, model, inForce, held, pass } = setUp()
  await kernel.start()
  kernel.placed(decision('address', '198.51.100.1'))
  await Promise.all([kernel.stop(), kernel.stop()])
  const { length } = model.scripts
  kernel.placed(decision('address', '198.51.100.2'))
  await pass(60_000)
  assert.equal(model.tables.size, 0)
  assert.equal(model.scripts.length, length)
  inForce.push(decision('address', '198.51.100.3'))
  await kernel.start()
  assert.deepEqual(Object.keys(held('ban4')), ['198.51.100.3'])
})

test('more than it may hold: the oldest make room; more than can be told one by one: the whole is told', async () => {
  const { kernel, held, pass } = setUp({ limit: 50 })
  await kernel.start()
  for (let i = 0; i < 200; i++) kernel.placed(decision('address', `198.51.100.${i}`))
  await pass(500)
  assert.deepEqual(
    Object.keys(held('ban4')).toSorted(),
    Array.from({ length: 50 }, (_, i) => `198.51.100.${150 + i}`).toSorted(),
  )
})

test('whatever happens in whichever order, the kernel has what is in force and not spared', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const pick = generator(seed)
    const { kernel, model, spared, held, pass, clock } = setUp()
    await kernel.start()
    const inForce = new Map<string, SourceDecision>()
    for (let step = 0; step < 200; step++) {
      const value = `10.0.0.${pick(12)}`
      const before = inForce.get(value)
      const chance = pick(10)
      if (chance < 5) {
        const placed = decision('address', value, { expiresAt: clock.now() + (1 + pick(40)) * 1_000 })
        if (before !== undefined && pick(2) === 0) kernel.removed(before)
        inForce.set(value, placed)
        kernel.placed(placed)
      } else if (chance === 5 && before !== undefined) {
        inForce.delete(value)
        kernel.removed(before)
      } else if (chance === 6) {
        spared.add(value)
        kernel.spare(value)
      } else if (chance === 7) spared.delete(value)
      else if (chance === 8) await pass(pick(3_000))
      else if (pick(4) === 0) model.failures.push(FAILED)
    }
    model.failures.length = 0
    // The longest pause that can have been reached by then.
    await pass(600_000)
    for (const value of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
      const placed = decision('address', value, { expiresAt: clock.now() + HOUR })
      inForce.set(value, placed)
      kernel.placed(placed)
    }
    await pass(3_000)
    const expected = [...inForce].filter(([value, { expiresAt }]) => expiresAt! > clock.now() && !spared.has(value))
    // The model lets nothing expire.
    for (const [value] of expected) assert.ok(value in held('ban4'), `${seed}: ${value}`)
    for (const value of spared) assert.ok(!(value in held('ban4')), `${seed}: ${value} is spared`)
    assert.equal(kernel.status.state, 'on')
    assert.equal(kernel.status.banned, expected.length, `${seed}`)
  }
})
