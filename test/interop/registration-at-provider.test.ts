/** The trunk room against a real registrar, without the rest of the product: Kamailio with TLS and digest, killed, moved and lying. */
import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { randomInteger } from '../../src/base/random.ts'
import { Secret } from '../../src/base/secret.ts'
import type { Trunk } from '../../src/directory/trunk.ts'
import { createEventBus } from '../../src/events/bus.ts'
import type { RingfenceEvent } from '../../src/events/catalogue.ts'
import { orderTrunks } from '../../src/routing/trunk-order.ts'
import { createTransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import { createTransportLayer } from '../../src/sip/transport/transport-layer.ts'
import { createTrunkService } from '../../src/trunk/trunk-service.ts'
import type { TrunkService } from '../../src/trunk/types.ts'
import { interopSection } from '../support/interop-report.ts'
import { Outside } from '../support/outside.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { eventually } from '../support/places.ts'
import { type Provider, startProvider } from '../support/provider/provider.ts'
import { requestsOf } from '../support/provider/seen.ts'
import { trunkNamed } from '../support/trunk-world.ts'

const KAMAILIO = `Kamailio ${peerVersion('kamailio')}`
const report = interopSection('registration-at-provider', 'Registration of a trunk at a provider', [
  'The trunk room alone, over TLS: the provider has the certificate of a private authority and asks for SHA-256.',
])
let provider: Provider
const available = peerVersion('kamailio') !== undefined

before(async () => {
  if (available) provider = await startProvider({ kind: 'tls-digest', address: '127.0.0.47', algorithm: 'SHA-256' })
})

after(async () => {
  await provider?.stop()
  report.write()
})

interface Running {
  readonly service: TrunkService
  readonly events: readonly RingfenceEvent[]
  readonly trunk: Trunk
  stop(): Promise<void>
}

async function running(settings: Partial<Trunk>): Promise<Running> {
  const clock = systemClock
  const outside = new Outside()
  const trunk = trunkNamed('provider', {
    host: provider.address,
    port: provider.port,
    domain: provider.domain,
    certificateAuthority: provider.caPem,
    register: true,
    username: provider.username,
    password: new Secret(provider.password),
    ...settings,
  })
  outside.trunkList.push(trunk)
  const events: RingfenceEvent[] = []
  const bus = createEventBus(clock, error => {
    throw error
  })
  bus.subscribe(event => void events.push(event))
  const transport = createTransportLayer({ listeners: [], tls: undefined, clock })
  const transactions = createTransactionLayer({
    transport,
    clock,
    sentBy: flow => ({ host: flow.localAddress, port: flow.localPort }),
  })
  transport.setReceiver(transactions)
  await transport.start()
  const service = createTrunkService({
    clock,
    transport,
    transactions,
    directory: outside,
    events: bus,
    logger: silentLogger,
    random: randomInteger,
    contactFor: flow => `<sip:${flow.localAddress}:${flow.localPort};transport=tls>`,
    orderTrunks,
    timing: { probe: 2_000, probeAnswer: 1_500 },
  })
  service.start()
  return {
    service,
    events,
    trunk,
    async stop() {
      await service.stop()
      transactions.stop()
      await transport.stop()
    },
  }
}

async function withTrunk(
  t: TestContext,
  name: string,
  settings: Partial<Trunk>,
  run: (running: Running) => Promise<string | undefined>,
): Promise<void> {
  if (!requirePeers(t, 'kamailio')) return
  await report.row(KAMAILIO, name, async () => {
    const world = await running(settings)
    try {
      return await run(world)
    } finally {
      await world.stop()
    }
  })
}

function healthIs({ service, trunk }: Running, health: string, timeoutMs = 15_000) {
  const status = () => service.status(trunk.id)
  return eventually(() => (status()?.health === health ? status() : undefined), timeoutMs, `the trunk is ${health}`)
}

const told = ({ events }: Running): string => events.map(({ type }) => type).join(' ')

test('registers with SHA-256, and takes its binding away', { timeout: 60_000 }, t =>
  withTrunk(t, 'registers with SHA-256 and unregisters at the end', {}, async world => {
    const status = await healthIs(world, 'up')
    assert.match(status.tls?.protocol ?? '', /^TLSv1\.[23]$/)
    assert.ok(status.registeredUntil! > Date.now())
    const proof = requestsOf(provider.seen(), 'REGISTER').at(-1)?.header('Authorization') ?? ''
    assert.match(proof, /algorithm=SHA-256/)
    await world.stop()
    const last = await eventually(
      () => requestsOf(provider.seen(), 'REGISTER').findLast(request => request.header('Expires') === '0'),
      5000,
      'the binding is taken away',
    )
    assert.notEqual(last.header('Contact'), undefined)
    return undefined
  }),
)

test('a wrong password is told, and not repeated', { timeout: 60_000 }, t =>
  withTrunk(t, 'refuses a wrong password', { password: new Secret('wrong') }, async world => {
    const before = requestsOf(provider.seen(), 'REGISTER').length
    const status = await healthIs(world, 'down')
    assert.match(status.problem ?? '', /^the provider refused the password \(40[13]\)$/)
    // Three rounds of what asks a trunk that is down.
    await new Promise(done => setTimeout(done, 7000))
    assert.equal(requestsOf(provider.seen(), 'REGISTER').length - before, 2)
    return `told: ${status.problem}`
  }),
)

for (const [name, settings, problem] of [
  ['a certificate for another name', { certificateNames: ['sip.other.example'] }, /not for sip\.other\.example/],
  ['a certificate of an unknown authority', { certificateAuthority: undefined }, /authority/],
] as const) {
  test(`${name} gets no word of us`, { timeout: 60_000 }, t =>
    withTrunk(t, `shows ${name}`, settings, async world => {
      const before = provider.seen().length
      const status = await healthIs(world, 'down')
      assert.match(status.problem ?? '', problem)
      assert.equal(status.registeredUntil, undefined)
      const reached = await world.service.reach(world.trunk)
      assert.ok(!reached.ok && reached.error.failure === 'certificate')
      assert.equal(provider.seen().length, before)
      const tried = await world.service.test(world.trunk)
      assert.equal(tried.ok, false)
      return `told: ${status.problem?.replace(/^.*?: /, '')}`
    }),
  )
}

test('killed and restarted; then standing still', { timeout: 120_000 }, t =>
  withTrunk(t, 'is killed, comes back, stands still, goes on', {}, async world => {
    await healthIs(world, 'up')
    await provider.halt()
    const status = await healthIs(world, 'down')
    assert.match(status.problem ?? '', /nothing listens on that port/)
    await provider.restart()
    await healthIs(world, 'up', 30_000)
    provider.freeze()
    await healthIs(world, 'down', 30_000)
    provider.thaw()
    await healthIs(world, 'up', 30_000)
    assert.equal(told(world), 'trunk.up trunk.down trunk.up trunk.down trunk.up')
    return undefined
  }),
)

test(
  'the steps of a test name TLS, the certificate and the registration, and leave the running one as it is',
  {
    timeout: 60_000,
  },
  t =>
    withTrunk(t, 'is tried: steps in words', {}, async world => {
      await healthIs(world, 'up')
      const result = await world.service.test(world.trunk)
      assert.deepEqual(
        result.steps.map(({ step }) => step),
        ['resolved', 'connected', 'tls', 'certificate', 'registered'],
      )
      assert.ok(result.ok)
      const [, , tls, certificate, registered] = result.steps
      assert.match(tls!.detail, /^TLSv1\.[23], TLS_/)
      assert.match(certificate!.detail, /names 127\.0\.0\.47.*valid until \d{4}-/)
      assert.match(registered!.detail, /@provider\.example for \d+ s, answered in \d+ ms/)
      await healthIs(world, 'up')
      return undefined
    }),
)
