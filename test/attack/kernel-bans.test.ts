/** Bans in the kernel, with real packets between two network namespaces and the real nft. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { createKernelBans } from '../../src/guard/kernel/kernel-bans.ts'
import type { KernelBansOptions } from '../../src/guard/kernel/types.ts'
import type { SourceDecision, Target } from '../../src/guard/sources/types.ts'
import { requirePeers } from '../support/peers.ts'
import { eventually } from '../support/places.ts'
import { openTwoNetworks, type TwoNetworks } from '../support/two-networks.ts'

const ATTACKER = '198.51.100.7'
const ANOTHER = '198.51.100.8'
const IN_NETWORK = '203.0.113.7'
const ALLOWED = '203.0.113.9'
const ATTACKER6 = '2001:db8:7:7::7'
const NEIGHBOUR6 = '2001:db8:7:8::7'
const ALL = [ATTACKER, ANOTHER, IN_NETWORK, ALLOWED, ATTACKER6, NEIGHBOUR6]
const PORTS = { udp: [5060], tcp: [5061] }

function nftIn(world: TwoNetworks, script: string): string {
  const [program, ...words] = [...world.prefix, 'nft', '-f', '-']
  const { status, stdout, stderr } = spawnSync(program!, words, {
    input: script,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  assert.equal(status, 0, stderr)
  return stdout
}

const tablesIn = (world: TwoNetworks): string => nftIn(world, 'list tables\n')

let ids = 0
function ban(kind: Target['kind'], value: string, change: Partial<SourceDecision> = {}): SourceDecision {
  return {
    id: `id-${++ids}`,
    target: { kind, value },
    action: 'ban',
    rule: 'GUARD_TEST',
    reason: 'it was seen',
    evidence: {},
    origin: kind === 'network' ? 'operator' : 'rule',
    mode: 'on',
    at: systemClock.now(),
    expiresAt: systemClock.now() + 3_600_000,
    repeat: 0,
    state: 'in-force',
    ...change,
  }
}

async function setUp(context: TestContext, options: Partial<KernelBansOptions> = {}) {
  if (!requirePeers(context, 'nft')) return undefined
  const world = await openTwoNetworks(context, ALL)
  if (world === undefined) return undefined
  const registered = new Set<string>()
  const inForce: SourceDecision[] = []
  const kernel = createKernelBans({
    clock: systemClock,
    now: () => systemClock.now(),
    ports: PORTS,
    command: [...world.prefix, 'nft'],
    table: 'ringfence_test',
    isSpared: address => registered.has(address),
    decisions: () => inForce,
    ...options,
  })
  context.after(async () => {
    await kernel.stop()
    await world.close()
  })
  return { world, kernel, registered, inForce }
}

/** Who gets through, of all that send one datagram to SIP's port now. */
async function heard(world: TwoNetworks): Promise<readonly string[]> {
  const before = world.arrived.length
  for (const from of ALL) await world.send(from, 'udp 5060')
  await world.settle()
  const heardNow = world.arrived.slice(before).filter(line => line.startsWith('udp 5060'))
  return ALL.filter(from => heardNow.includes(`udp 5060 from ${from}`))
}

const without = (...banned: readonly string[]): readonly string[] => ALL.filter(each => !banned.includes(each))

test('packets of the banned are dropped by the kernel at the ports of SIP and nowhere else; the allowed come through', async context => {
  const set = await setUp(context)
  if (set === undefined) return
  const { world, kernel, inForce } = set
  assert.deepEqual(await heard(world), ALL)
  inForce.push(
    ban('address', ATTACKER),
    ban('address', '2001:db8:7:7::/64'),
    ban('network', '203.0.113.0/24'),
    ban('address', ALLOWED, { action: 'allow', origin: 'operator', expiresAt: undefined }),
  )
  await kernel.start()
  assert.equal(kernel.status.state, 'on', kernel.status.detail)
  assert.deepEqual(await heard(world), without(ATTACKER, IN_NETWORK, ATTACKER6))
  for (const from of [ATTACKER, ATTACKER6, ANOTHER]) await world.send(from, 'tcp 5061')
  for (const from of [ATTACKER, ATTACKER6]) await world.send(from, 'tcp 9998')
  const open = ['tcp 9998', 'tcp 9998', 'tcp 5061']
  const connected = (): readonly string[] => world.arrived.filter(line => line.startsWith('tcp'))
  await eventually(() => connected().length === open.length, 10_000, 'connections')
  await eventually(() => /counter packets [1-9]/.test(listTable(world)), 10_000, 'drops counted')
  assert.deepEqual(connected().toSorted(), [
    `tcp 5061 from ${ANOTHER}`,
    `tcp 9998 from ${ATTACKER}`,
    `tcp 9998 from ${ATTACKER6}`,
  ])
})

function listTable(world: TwoNetworks): string {
  return nftIn(world, 'list table inet ringfence_test\n')
}

test('bans come, are prolonged, end and are taken back while packets come in; a phone that registers is free', async context => {
  const set = await setUp(context)
  if (set === undefined) return
  const { world, kernel, registered } = set
  await kernel.start()
  const until = (expected: readonly string[], what: string): Promise<true> =>
    eventually(async () => String(await heard(world)) === String(expected), 20_000, what)
  const first = ban('address', ATTACKER)
  const short = ban('address', ANOTHER, { expiresAt: systemClock.now() + 3_000 })
  kernel.placed(first)
  kernel.placed(short)
  await until(without(ATTACKER, ANOTHER), 'two are banned')
  kernel.placed({ ...first, expiresAt: systemClock.now() + 7_200_000 })
  await eventually(() => /198\.51\.100\.7 timeout (2h|1h59m)/.test(listTable(world)), 10_000, 'prolonged')
  await until(without(ATTACKER), 'one is over')
  registered.add(ATTACKER)
  kernel.spare(ATTACKER)
  await until(ALL, 'the phone is free')
  registered.delete(ATTACKER)
  await until(without(ATTACKER), 'it is gone')
  kernel.removed({ ...first, state: 'undone' })
  await until(ALL, 'taken back')
})

test('own table only: a left-over one is replaced, others stay as they were, and at the end ours is gone', async context => {
  const set = await setUp(context)
  if (set === undefined) return
  const { world, kernel, inForce } = set
  const theirs = `table inet filter { set ban4 { type ipv4_addr; elements = { 192.0.2.200 } }
    chain input { type filter hook input priority filter; policy accept; udp dport 5060 accept; }
    }
    table inet ringfence_test_2 { chain x { counter; }\n }\n`
  nftIn(world, theirs)
  nftIn(
    world,
    `table inet ringfence_test { chain old { udp dport 5060 drop; }
    chain input { type filter hook input priority -20; udp dport 5060 drop; }\n }\n`,
  )
  const others = (): string =>
    ['filter', 'ringfence_test_2'].map(name => nftIn(world, `list table inet ${name}\n`)).join()
  const before = others()
  assert.deepEqual(await heard(world), [], 'the left-over table drops everything')
  inForce.push(ban('address', ATTACKER))
  await kernel.start()
  assert.deepEqual(await heard(world), without(ATTACKER), 'also where another table accepts')
  await kernel.stop()
  assert.equal(others(), before)
  assert.ok(!/ringfence_test\n/.test(tablesIn(world)))
  assert.deepEqual(await heard(world), ALL)
})

test('the machine reads its own firewall anew, and everything of ours is gone: it comes back', async context => {
  const set = await setUp(context)
  if (set === undefined) return
  const { world, kernel, inForce } = set
  inForce.push(ban('address', ATTACKER))
  await kernel.start()
  nftIn(world, 'flush ruleset\n')
  assert.deepEqual(await heard(world), ALL)
  kernel.placed(ban('address', ANOTHER))
  await eventually(async () => String(await heard(world)) === String(without(ATTACKER, ANOTHER)), 20_000, 'both banned')
})

test('without nft, and without the right: one sentence, and no table', async context => {
  const set = await setUp(context)
  if (set === undefined) return
  const { world } = set
  const nobody = [
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
  ]
  const commands = [
    [['nft-that-nobody-installed'], /not installed/],
    [[...world.prefix, ...nobody, 'nft'], /not permitted/],
  ] as const
  for (const [command, expected] of commands) {
    const said: string[] = []
    const kernel = createKernelBans({
      clock: systemClock,
      now: () => systemClock.now(),
      ports: PORTS,
      command,
      table: 'ringfence_test',
      isSpared: () => false,
      decisions: () => [ban('address', ATTACKER)],
      onStatus: ({ state, detail }) => void said.push(`${state}: ${detail}`),
    })
    await kernel.start()
    kernel.placed(ban('address', ANOTHER))
    assert.equal(kernel.status.state, 'unavailable')
    assert.match(kernel.status.detail, expected)
    assert.equal(said.length, 1)
    await kernel.stop()
  }
  assert.equal(tablesIn(world), '')
})

test('a hundred thousand bans in one transaction', async context => {
  const set = await setUp(context)
  if (set === undefined) return
  const { world, kernel, inForce } = set
  for (let i = 0; i < 100_000; i++) inForce.push(ban('address', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`))
  inForce.push(ban('address', ATTACKER6))
  await kernel.start()
  assert.equal(kernel.status.state, 'on', kernel.status.detail)
  assert.deepEqual(await heard(world), without(ATTACKER6))
  assert.equal(listTable(world).match(/\b10\.\d+\.\d+\.\d+ timeout/g)?.length, kernel.status.banned - 1)
})
