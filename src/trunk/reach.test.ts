import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FakeFlow } from '../sip/transport/fake-transport.ts'
import { OURS, THEIRS, trunkNamed, TrunkWorld } from '../../test/support/trunk-world.ts'

async function started(world: TrunkWorld): Promise<TrunkWorld> {
  world.service.start()
  await world.pass(2500)
  return world
}

test('OPTIONS: any answer but those that say that nobody is there', async () => {
  for (const [status, health] of [
    [200, 'up'],
    [401, 'up'],
    [403, 'up'],
    [404, 'up'],
    [405, 'up'],
    [501, 'up'],
    [408, 'down'],
    [500, 'down'],
    [503, 'down'],
    [504, 'down'],
  ] as const) {
    const world = new TrunkWorld()
    const trunk = world.trunk('main')
    world.provider = () => ({ status })
    await started(world)
    assert.equal(world.health(trunk), health, `${status}`)
    assert.equal(world.told('trunk.up', 'trunk.down').length, 1)
    if (health === 'down') assert.match(world.service.status(trunk.id)?.problem ?? '', new RegExp(`${status}`))
  }
})

test('a trunk that is up is asked every half to whole 30 s; one that is down, every few seconds', async () => {
  const world = new TrunkWorld()
  const trunk = world.trunk('main')
  await started(world)
  const before = world.asked('OPTIONS').length
  await world.pass(120_000)
  const up = world.asked('OPTIONS').length - before
  assert.ok(up >= 4 && up <= 9, `${up} in two minutes`)
  world.transport.unreachable.add('203.0.113.5')
  world.transport.closeFlow(world.service.openFlow(trunk.id) as FakeFlow)
  await world.pass(1000)
  assert.equal(world.health(trunk), 'down')
  assert.match(world.service.status(trunk.id)?.problem ?? '', /nothing listens on that port/)
  const attempts = world.transport.targets.length
  await world.pass(120_000)
  const down = world.transport.targets.length - attempts
  assert.ok(down >= 11 && down <= 32, `${down} in two minutes`)
  world.transport.unreachable.clear()
  await world.pass(10_500)
  assert.equal(world.health(trunk), 'up')
})

test('never in the clear unless the trunk says so; the DNS does not decide it', async () => {
  const world = new TrunkWorld()
  const plain = world.trunk('plain', { transport: 'UDP' })
  await started(world)
  assert.equal(world.transport.targets.length, 0)
  const reached = await world.service.reach(plain)
  assert.ok(!reached.ok)
  assert.equal(reached.error.failure, 'insecure')
  assert.match(world.service.status(plain.id)?.problem ?? '', /allowInsecureSignalling/)

  const lying = new TrunkWorld()
  lying.transport.resolve = async () => [{ protocol: 'UDP', address: '203.0.113.5', port: 5060, serverName: undefined }]
  const trunk = lying.trunk('main')
  const outcome = await lying.service.reach(trunk)
  assert.equal(outcome.ok, false)
  assert.equal(lying.transport.targets.length, 0)
})

test('the certificate is held against the names of the trunk and its authority, in a pool of its own', async () => {
  const world = new TrunkWorld()
  const trunk = world.trunk('main', { certificateNames: ['sip.provider.example'], certificateAuthority: 'PEM' })
  const second = world.trunk('second')
  await started(world)
  for (const each of [trunk, second]) assert.ok((await world.service.reach(each)).ok)
  const [target] = world.transport.targets.filter(({ trust }) => trust?.authorityPem === 'PEM')
  assert.deepEqual(target?.trust?.names, ['sip.provider.example'])
  assert.notEqual(world.service.openFlow(trunk.id)?.id, world.service.openFlow(second.id)?.id)
})

test('RFC 3263 §4.3: the next address when one fails, each within its share of the time, and the bad one last next time', async () => {
  const world = new TrunkWorld()
  world.transport.names.set('sip.provider.example', ['203.0.113.1', '203.0.113.2', '203.0.113.3'])
  world.transport.silent.add('203.0.113.1')
  world.transport.unreachable.add('203.0.113.2')
  const trunk = trunkNamed('main', { host: 'sip.provider.example' })
  let reached = false
  const outcome = world.service.reach(trunk, 3000).then(result => {
    reached = true
    return result
  })
  await world.pass(1500)
  assert.ok(reached, 'a third of the time for an address that says nothing')
  const result = await outcome
  assert.ok(result.ok)
  assert.equal(result.path.flow.remoteAddress, '203.0.113.3')
  world.transport.closeFlow(result.path.flow as FakeFlow)
  const again = await world.service.reach(trunk, 3000)
  assert.ok(again.ok)
  assert.equal(again.path.flow.remoteAddress, '203.0.113.3')
})

test('reach keeps its time when nothing answers, and says why', async () => {
  const world = new TrunkWorld()
  world.transport.silent.add('203.0.113.5')
  let outcome: Awaited<ReturnType<typeof world.service.reach>> | undefined
  void world.service.reach(world.trunk('main'), 2000).then(result => {
    outcome = result
  })
  await world.pass(2000)
  assert.ok(outcome !== undefined && !outcome.ok)
  assert.equal(outcome.error.failure, 'timeout')

  const nameless = new TrunkWorld()
  nameless.transport.names.set('nowhere.example', [])
  const none = await nameless.service.reach(trunkNamed('main', { host: 'nowhere.example' }))
  assert.ok(!none.ok)
  assert.match(none.error.message, /nowhere\.example has no address/)
})

test('a dead trunk: the call that found out puts it last, and within seconds it is down', async () => {
  const world = new TrunkWorld()
  const first = world.trunk('first', { host: '203.0.113.1', priority: 0 })
  const second = world.trunk('second', { host: '203.0.113.2', priority: 1 })
  world.provider = (_request, flow) => (flow.remoteAddress === '203.0.113.1' ? undefined : { status: 200 })
  const names = (): string[] => world.service.candidates(OURS, 'call').map(({ name }) => name)
  await world.pass(0)
  world.service.start()
  await world.pass(500)
  assert.deepEqual(names(), ['first', 'second'])
  world.service.noteOutcome(first.id, 'timeout')
  assert.deepEqual(names(), ['second', 'first'])
  await world.pass(4500)
  assert.equal(world.health(first), 'down')
  assert.deepEqual(names(), ['second'])
  assert.equal(world.health(second), 'up')
  world.provider = () => ({ status: 200 })
  await world.pass(10_500)
  assert.deepEqual(names(), ['first', 'second'])
})

test('a trunk that answers OPTIONS and lets three calls down is tried last for a while', async () => {
  const world = new TrunkWorld()
  const first = world.trunk('first', { host: '203.0.113.1' })
  world.trunk('second', { host: '203.0.113.2', priority: 1 })
  await started(world)
  const names = (): string[] => world.service.candidates(OURS, 'call').map(({ name }) => name)
  for (let i = 0; i < 3; i++) world.service.noteOutcome(first.id, 'unavailable')
  await world.pass(25_000)
  assert.deepEqual(names(), ['second', 'first'])
  await world.pass(6000)
  assert.deepEqual(names(), ['first', 'second'])
  for (let i = 0; i < 3; i++) world.service.noteOutcome(first.id, 'unavailable')
  world.service.noteOutcome(first.id, 'answered')
  assert.deepEqual(names(), ['first', 'second'])
})

test('candidates: providers of the organisation; for an emergency all that exist, disabled ones last', async () => {
  const world = new TrunkWorld()
  const dead = world.trunk('dead', { host: '203.0.113.1', priority: 0 })
  world.trunk('off', { state: 'disabled', priority: 0 })
  world.trunk('good', { host: '203.0.113.2', priority: 5 })
  world.trunk('exchange', { purpose: 'pbx' })
  world.trunk('foreign', { organisationId: THEIRS })
  world.transport.unreachable.add('203.0.113.1')
  const names = (purpose: 'call' | 'emergency'): string[] =>
    world.service.candidates(OURS, purpose).map(({ name }) => name)
  assert.deepEqual(names('call'), ['dead', 'good'], 'unknown ones are tried')
  await started(world)
  assert.equal(world.health(dead), 'down')
  assert.deepEqual(names('call'), ['good'])
  assert.deepEqual(names('emergency'), ['good', 'dead', 'off'])
})

test('a disabled trunk is neither asked nor recognised, but a call for help may reach it', async () => {
  const world = new TrunkWorld()
  const off = world.trunk('off', { state: 'disabled', sources: ['198.51.100.7'] })
  await started(world)
  await world.pass(60_000)
  assert.equal(world.requests.length, 0)
  assert.equal(world.service.isTrunkAddress('198.51.100.7'), false)
  const reached = await world.service.reach(off)
  assert.ok(reached.ok)
  assert.equal(world.service.openFlow(off.id), reached.path.flow)
  assert.equal(world.service.trunkOf(reached.path.flow), undefined)
  assert.equal(world.told('trunk.up', 'trunk.down').length, 0)
})

test('calls that fail to reach a dead trunk do not put off the check that finds it again', async () => {
  const world = new TrunkWorld()
  const trunk = world.trunk('main')
  world.transport.unreachable.add('203.0.113.5')
  await started(world)
  for (let i = 0; i < 40; i++) {
    await world.service.reach(trunk)
    await world.pass(500)
  }
  world.transport.unreachable.clear()
  let health: string | undefined
  for (let i = 0; i < 44 && health !== 'up'; i++) {
    world.transport.unreachable.add('203.0.113.5')
    await world.service.reach(trunk)
    world.transport.unreachable.clear()
    await world.pass(250)
    health = world.health(trunk)
  }
  assert.equal(health, 'up')
  assert.equal(world.told('trunk.down').length, 1)
})

test('limits: calls at once, calls in a second, told once a minute, and never for an emergency', async () => {
  const world = new TrunkWorld()
  const trunk = world.trunk('main', { maximumCalls: 3, callsPerSecond: 2 })
  const take = () => world.service.reserve(trunk.id, 'call')
  const [first, second] = [take(), take()]
  assert.ok(first !== undefined && second !== undefined)
  assert.equal(take(), undefined, 'two in a second')
  world.clock.advance(500)
  assert.ok(take() !== undefined)
  world.clock.advance(5000)
  assert.equal(take(), undefined, 'three at once')
  assert.equal(world.service.status(trunk.id)?.liveCalls, 3)
  const help = world.service.reserve(trunk.id, 'emergency')
  assert.ok(help !== undefined)
  first.release()
  first.release()
  help.release()
  assert.equal(world.service.status(trunk.id)?.liveCalls, 2)
  assert.ok(take() !== undefined)
  assert.equal(take(), undefined)
  assert.deepEqual(
    world.told('trunk.limit-reached').map(event => (event.data as { limit: string }).limit),
    ['calls-per-second', 'calls'],
  )
  world.clock.advance(61_000)
  assert.equal(take(), undefined)
  assert.equal(world.told('trunk.limit-reached').length, 3)
})

test('addresses that the DNS gave are the trunk’s, and their networks; others are not', async () => {
  const world = new TrunkWorld()
  world.transport.names.set('sip.provider.example', ['203.0.113.1', '2001:db8::5'])
  const trunk = world.trunk('main', { host: 'sip.provider.example', sources: ['198.51.100.0/24', '2001:db8:1::/48'] })
  await started(world)
  for (const address of ['203.0.113.1', '2001:db8::5', '198.51.100.9', '::ffff:198.51.100.9', '2001:db8:1:2::3']) {
    assert.equal(world.service.isTrunkAddress(address), true, address)
  }
  for (const address of ['203.0.113.2', '198.51.101.9', '2001:db8:2::1', 'nonsense', '']) {
    assert.equal(world.service.isTrunkAddress(address), false, address)
  }
  const all = ['198.51.100.0/24', '2001:db8:1::/48', '203.0.113.1', '2001:db8::5']
  assert.deepEqual(world.service.addresses(), all)
  world.change(trunk, undefined)
  assert.deepEqual(world.service.addresses(), [])
  for (const address of ['203.0.113.1', '198.51.100.9']) assert.equal(world.service.isTrunkAddress(address), false)
})
