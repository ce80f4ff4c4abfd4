import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../base/secret.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { FakeFlow } from '../sip/transport/fake-transport.ts'
import { type Answer, TrunkWorld } from '../../test/support/trunk-world.ts'

const ACCOUNT: Partial<Trunk> = {
  host: 'sip.provider.example',
  domain: 'provider.example',
  register: true,
  username: 'account',
  password: new Secret('correct horse'),
}

function contactOf(request: SipRequest): string {
  return request.headerValues('Contact')[0]!
}

function granted(request: SipRequest, seconds = 600, headers: readonly (readonly [string, string])[] = []): Answer {
  const asked = Number(request.header('Expires'))
  const expires = asked === 0 ? 0 : seconds
  return { status: 200, headers: [['Contact', `${contactOf(request)};expires=${expires}`], ...headers] }
}

const CHALLENGE = 'Digest realm="provider.example", nonce="n1", qop="auth", algorithm=SHA-256'

function registrar(seconds = 600, headers: readonly (readonly [string, string])[] = []) {
  return (request: SipRequest): Answer => {
    if (request.method !== 'REGISTER') return { status: 200 }
    if (request.header('Authorization') === undefined)
      return { status: 401, headers: [['WWW-Authenticate', CHALLENGE]] }
    return granted(request, seconds, headers)
  }
}

async function registered(settings: Partial<Trunk> = {}, seconds = 600) {
  const world = new TrunkWorld()
  world.transport.names.set('sip.provider.example', ['203.0.113.5'])
  world.provider = registrar(seconds)
  const trunk = world.trunk('main', { ...ACCOUNT, ...settings })
  world.service.start()
  await world.pass(1000)
  assert.equal(world.health(trunk), 'up')
  return { world, trunk }
}

test('registers with a proof, says who it is, and keeps what the provider grants', async () => {
  const { world, trunk } = await registered()
  const [first, second] = world.asked('REGISTER')
  assert.ok(first !== undefined && second !== undefined)
  assert.equal(first.requestUriText, 'sip:provider.example')
  assert.equal(first.header('To'), '<sip:account@provider.example>')
  assert.match(
    contactOf(first),
    /^<sip:account@192\.0\.2\.1:5061;transport=tls>;\+sip\.instance="<urn:uuid:[\da-f-]+>";reg-id=1$/,
  )
  assert.match(first.header('Supported') ?? '', /outbound/)
  assert.equal(second.callId, first.callId)
  assert.equal(second.cseq.number, first.cseq.number + 1)
  assert.match(second.header('Authorization') ?? '', /algorithm=SHA-256/)
  assert.doesNotMatch(JSON.stringify(world.transport.raw), /correct horse/)
  const status = world.service.status(trunk.id)!
  assert.equal(status.problem, undefined)
  assert.equal(status.tls?.protocol, 'TLSv1.3')
  assert.ok(status.registeredUntil! > world.clock.now() + 590_000)
  assert.equal(world.told('trunk.up').length, 1)
})

test('renews between a half and four fifths of what was granted, with the same Call-ID', async () => {
  const { world } = await registered({}, 100)
  const before = world.asked('REGISTER').length
  await world.pass(48_000)
  assert.equal(world.asked('REGISTER').length, before)
  await world.pass(35_000)
  const renewed = world.asked('REGISTER').slice(before)
  assert.equal(renewed.length, 2)
  assert.equal(renewed[0]!.callId, world.asked('REGISTER')[0]!.callId)
  assert.equal(world.told('trunk.up', 'trunk.down').length, 1)
})

test('RFC 3608: requests go by the Service-Route of the registration, and by none that is no address', async () => {
  for (const [value, expected] of [
    ['<sip:edge.provider.example;lr>, <sip:core.provider.example;lr>', 2],
    ['<sip:edge.provider.example;lr>, nonsense', 0],
  ] as const) {
    const world = new TrunkWorld()
    world.provider = registrar(600, [['Service-Route', value]])
    const trunk = world.trunk('main', { ...ACCOUNT, host: '203.0.113.5' })
    world.service.start()
    await world.pass(1000)
    const reached = await world.service.reach(trunk)
    assert.ok(reached.ok)
    assert.equal(reached.path.routes.length, expected)
  }
})

test('423: asks for as long as the provider wants; 439: without outbound', async () => {
  const world = new TrunkWorld()
  world.provider = request => {
    if (request.method !== 'REGISTER') return { status: 200 }
    if (request.header('Contact')?.includes('reg-id') === true) return { status: 439 }
    if (Number(request.header('Expires')) < 3600) return { status: 423, headers: [['Min-Expires', '3600']] }
    return granted(request, 3600)
  }
  const trunk = world.trunk('main', { ...ACCOUNT, host: '203.0.113.5' })
  world.service.start()
  await world.pass(1000)
  assert.equal(world.health(trunk), 'up')
  assert.equal(world.asked('REGISTER').at(-1)!.header('Expires'), '3600')
})

test('a hostile Min-Expires and a hostile expiry do not make us ask without end', async () => {
  for (const answer of [
    { status: 423, headers: [['Min-Expires', '99999999999']] },
    { status: 423, headers: [['Min-Expires', '-1']] },
    { status: 439 },
  ] as Answer[]) {
    const world = new TrunkWorld()
    world.provider = request => (request.method === 'REGISTER' ? answer : { status: 200 })
    const trunk = world.trunk('main', { ...ACCOUNT, host: '203.0.113.5' })
    world.service.start()
    await world.pass(60_000)
    assert.equal(world.health(trunk), 'down')
    assert.ok(world.asked('REGISTER').length <= 4, `${world.asked('REGISTER').length}`)
    for (const request of world.asked('REGISTER')) assert.equal(request.header('Expires'), '600')
  }
  const { world } = await registered({}, 1)
  await world.pass(60_000)
  assert.ok(world.asked('REGISTER').length < 16, `${world.asked('REGISTER').length}`)
})

test('a wrong password is told in words, and the provider is left in peace', async () => {
  const world = new TrunkWorld()
  world.provider = request =>
    request.method === 'REGISTER'
      ? {
          status: request.header('Authorization') === undefined ? 401 : 403,
          headers: [['WWW-Authenticate', CHALLENGE]],
        }
      : { status: 200 }
  const trunk = world.trunk('main', { ...ACCOUNT, host: '203.0.113.5' })
  world.service.start()
  await world.pass(120_000)
  assert.equal(world.health(trunk), 'down')
  assert.equal(world.service.status(trunk.id)?.problem, 'the provider refused the password (403)')
  assert.equal(world.asked('REGISTER').length, 2)
  assert.deepEqual(
    world.told('trunk.down').map(event => event.data),
    [{ trunk: 'main', problem: 'the provider refused the password (403)' }],
  )
  await world.pass(600_000)
  assert.ok(world.asked('REGISTER').length <= 8, `${world.asked('REGISTER').length}`)
  // Neither calls nor a connection that closes make us ask again before it is time.
  const before = world.asked('REGISTER').length
  for (let i = 0; i < 5; i++) {
    const reached = await world.service.reach(trunk)
    assert.ok(reached.ok)
    world.transport.closeFlow(reached.path.flow as FakeFlow)
    await world.pass(3000)
  }
  assert.ok(world.asked('REGISTER').length - before <= 2)
  // Put right: at once.
  world.provider = registrar()
  world.change(trunk, { password: new Secret('another') })
  await world.pass(1000)
  assert.equal(world.health(trunk), 'up')
})

test('a provider that answers every proof with a challenge gets one proof', async () => {
  const world = new TrunkWorld()
  let nonce = 0
  world.provider = request =>
    request.method === 'REGISTER'
      ? {
          status: 401,
          headers: [['WWW-Authenticate', `Digest realm="provider.example", nonce="n${++nonce}", qop="auth"`]],
        }
      : { status: 200 }
  const trunk = world.trunk('main', { ...ACCOUNT, host: '203.0.113.5' })
  world.service.start()
  await world.pass(60_000)
  assert.equal(world.asked('REGISTER').length, 2)
  assert.equal(world.service.status(trunk.id)?.problem, 'the provider refused the password (401)')
})

test('stale: once more with the new nonce, and not for ever', async () => {
  const world = new TrunkWorld()
  let nonce = 0
  const challenge = (): Answer => ({
    status: 401,
    headers: [['WWW-Authenticate', `Digest realm="provider.example", nonce="n${++nonce}", qop="auth", stale=true`]],
  })
  world.provider = request =>
    request.method !== 'REGISTER' ? { status: 200 } : nonce < 2 ? challenge() : granted(request)
  const trunk = world.trunk('main', { ...ACCOUNT, host: '203.0.113.5' })
  world.service.start()
  await world.pass(1000)
  assert.equal(world.health(trunk), 'up')
  assert.equal(world.asked('REGISTER').length, 3)

  const endless = new TrunkWorld()
  endless.provider = request => (request.method === 'REGISTER' ? challenge() : { status: 200 })
  endless.trunk('main', { ...ACCOUNT, host: '203.0.113.5' })
  endless.service.start()
  await endless.pass(60_000)
  assert.ok(endless.asked('REGISTER').length <= 4)
})

test('a connection that closes is built up again at once; one that never lasts, ever more slowly', async () => {
  const { world, trunk } = await registered()
  await world.pass(15_000)
  const before = world.asked('REGISTER').length
  world.transport.closeFlow(world.service.openFlow(trunk.id) as FakeFlow)
  assert.equal(world.service.openFlow(trunk.id), undefined)
  await world.pass(500)
  assert.ok(world.asked('REGISTER').length > before)
  assert.equal(world.health(trunk), 'up')
  assert.deepEqual(
    world.told('trunk.up', 'trunk.down').map(({ type }) => type),
    ['trunk.up'],
  )
  const opened = world.transport.opened.length
  for (let second = 0; second < 120; second++) {
    const flow = world.service.openFlow(trunk.id)
    if (flow !== undefined) world.transport.closeFlow(flow as FakeFlow)
    await world.pass(1000)
  }
  const rebuilt = world.transport.opened.length - opened
  assert.ok(rebuilt >= 3 && rebuilt < 14, `${rebuilt} connections in two minutes`)
})

test('dead while it has our registration: found by OPTIONS, told once, and found again', async () => {
  const { world, trunk } = await registered()
  const first = world.service.openFlow(trunk.id)
  world.provider = () => undefined
  await world.pass(60_000)
  assert.equal(world.health(trunk), 'down')
  assert.match(world.service.status(trunk.id)?.problem ?? '', /does not answer within/)
  world.provider = registrar()
  await world.pass(15_000)
  assert.equal(world.health(trunk), 'up')
  assert.deepEqual(
    world.told('trunk.up', 'trunk.down').map(({ type }) => type),
    ['trunk.up', 'trunk.down', 'trunk.up'],
  )
  assert.notEqual(world.service.openFlow(trunk.id), first, 'what seemed dead is not used again')
  assert.equal(first?.open, true, 'and left to the calls that use it')
})

test('a peer that takes connections and says nothing does not collect them', async () => {
  const { world } = await registered()
  world.provider = () => undefined
  await world.pass(300_000)
  assert.ok(world.transport.opened.length > 10)
  assert.ok(world.transport.opened.filter(flow => flow.open).length <= 2)
})

test('a registrar that answers nothing but REGISTER is up, and its connection is kept open', async () => {
  const { world, trunk } = await registered()
  const answer = registrar()
  world.provider = request => (request.method === 'REGISTER' ? answer(request) : undefined)
  await world.pass(180_000)
  assert.equal(world.health(trunk), 'up')
  assert.deepEqual(
    world.told('trunk.up', 'trunk.down').map(({ type }) => type),
    ['trunk.up'],
  )
  const asked = new Set(world.asked('OPTIONS').map(({ callId }) => callId))
  assert.ok(asked.size <= 2, `asked ${asked.size} times`)
  assert.ok(world.transport.raw.some(({ text }) => text === '\r\n\r\n'))
})

test('a registrar with trouble for a while keeps us; what it told us to wait is waited', async () => {
  const { world, trunk } = await registered({}, 100)
  const before = world.asked('REGISTER').length
  world.provider = request =>
    request.method === 'REGISTER' ? { status: 503, headers: [['Retry-After', '15']] } : { status: 200 }
  await world.pass(82_000)
  assert.equal(world.health(trunk), 'up')
  assert.ok(world.asked('REGISTER').length - before <= 3)
  await world.pass(60_000)
  assert.equal(world.health(trunk), 'down')
  assert.match(world.service.status(trunk.id)?.problem ?? '', /\(503\)/)
})

test('the binding is taken away at the end, when the trunk is disabled, and when it is removed', async () => {
  for (const leave of [
    (world: TrunkWorld) => world.service.stop(),
    (world: TrunkWorld, trunk: Trunk) => void world.change(trunk, { state: 'disabled' }),
    (world: TrunkWorld, trunk: Trunk) => void world.change(trunk, undefined),
  ]) {
    const { world, trunk } = await registered()
    const left = leave(world, trunk)
    await world.pass(500)
    await left
    const last = world.asked('REGISTER').at(-1)!
    assert.equal(last.header('Expires'), '0')
    assert.notEqual(last.header('Authorization'), undefined)
    await world.pass(120_000)
    assert.equal(world.requests.at(-1), last, 'nothing is sent afterwards')
  }
})

test('a registration that was under way when the trunk was changed does not outlive the next one', async () => {
  const world = new TrunkWorld()
  const bound = new Set<string>()
  let late: (() => void) | undefined
  world.provider = request => {
    if (request.method !== 'REGISTER') return { status: 200 }
    if (request.header('Expires') === '0') bound.delete(contactOf(request))
    else bound.add(contactOf(request))
    if (late === undefined) {
      late = () => world.answer(request, granted(request))
      return undefined
    }
    return granted(request)
  }
  const trunk = world.trunk('main', { ...ACCOUNT, host: '203.0.113.5' })
  world.service.start()
  await world.pass(200)
  world.change(trunk, { password: new Secret('another') })
  await world.pass(500)
  late?.()
  await world.pass(3000)
  assert.equal(world.health(trunk), 'up')
  assert.equal(bound.size, 1, 'the binding in force is the new one')
})

test('a trunk that is removed while calls are up is counted to their end, and then forgotten', async () => {
  const { world, trunk } = await registered({ maximumCalls: 1 })
  const slot = world.service.reserve(trunk.id, 'call')
  world.change(trunk, undefined)
  slot?.release()
  world.outside.trunkList.push(trunk)
  assert.ok(world.service.reserve(trunk.id, 'call') !== undefined)
})

test('a stop does not wait for a provider that is gone, and leaves no timer', async () => {
  const { world } = await registered()
  world.provider = () => undefined
  let stopped = false
  void world.service.stop().then(() => {
    stopped = true
  })
  await world.pass(2500)
  assert.ok(stopped)
  await world.pass(60_000)
  assert.equal(world.clock.pendingCount, 0)
})

test('what a change decides: a new limit keeps the connection, a new account comes after the old one has gone', async () => {
  const { world, trunk } = await registered()
  const before = world.requests.length
  const next = world.change(trunk, { maximumCalls: 1, sources: ['198.51.100.0/24'] })
  await world.pass(1000)
  assert.equal(world.requests.length, before)
  world.change(next, { username: 'second' })
  await world.pass(1000)
  const [goodbye, proof, hello] = world.asked('REGISTER').slice(-4)
  assert.match(goodbye?.header('To') ?? '', /account@/)
  assert.equal(proof?.header('Expires'), '0')
  assert.match(hello?.header('To') ?? '', /second@/)
  assert.equal(world.health(trunk), 'up')
})

test('a provider that wants us to wait for years is asked again after ten minutes', async () => {
  const world = new TrunkWorld()
  world.provider = () => ({ status: 503, headers: [['Retry-After', '99999999999']] })
  const trunk = world.trunk('main', { ...ACCOUNT, host: '203.0.113.5' })
  world.service.start()
  await world.pass(590_000)
  assert.equal(world.asked('REGISTER').length, 1)
  world.provider = registrar()
  await world.pass(15_000)
  assert.equal(world.health(trunk), 'up')
})
