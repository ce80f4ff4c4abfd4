/** The trunk room on a network in memory with a virtual clock: providers are functions that a test writes. */
import { newId, type OrganisationId, type TrunkId } from '../../src/base/ids.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { randomInteger } from '../../src/base/random.ts'
import type { Trunk } from '../../src/directory/trunk.ts'
import { createEventBus } from '../../src/events/bus.ts'
import type { RingfenceEvent } from '../../src/events/catalogue.ts'
import { orderTrunks } from '../../src/routing/trunk-order.ts'
import { buildResponse, type HeaderPair } from '../../src/sip/message/build.ts'
import { parseMessage } from '../../src/sip/message/parse.ts'
import type { SipRequest, SipUri } from '../../src/sip/message/types.ts'
import { createTransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import { type FakeFlow, fakeFlow, FakeTransport } from '../../src/sip/transport/fake-transport.ts'
import type { Flow, Target } from '../../src/sip/transport/types.ts'
import type { TrunkServiceOptions } from '../../src/trunk/options.ts'
import { createTrunkService } from '../../src/trunk/trunk-service.ts'
import { Outside } from './outside.ts'

/** `undefined`: silence. */
export type Answer = { readonly status: number; readonly headers?: readonly HeaderPair[] } | undefined
export type Provider = (request: SipRequest, flow: Flow) => Answer

export class TrunkTransport extends FakeTransport {
  /** What the DNS says, by host; default: the host itself. */
  readonly names = new Map<string, readonly string[]>()
  /** Addresses that say nothing when they are connected to. */
  readonly silent = new Set<string>()
  readonly targets: Target[] = []
  readonly opened: FakeFlow[] = []
  readonly held: string[] = []
  onRequest: ((request: SipRequest, flow: Flow) => void) | undefined
  readonly raw: { readonly flow: Flow; readonly text: string }[] = []

  override send(flow: Flow, bytes: string | Uint8Array): boolean {
    if (!flow.open) return false
    const text = Buffer.from(bytes as string, 'latin1').toString('latin1')
    this.raw.push({ flow, text })
    if (text.trim() === '') return true
    const parsed = parseMessage(Buffer.from(text, 'latin1'))
    if (!parsed.ok) throw parsed.error
    if (parsed.value.kind === 'request') this.onRequest?.(parsed.value, flow)
    return super.send(flow, bytes)
  }

  override async resolve(uri: SipUri): Promise<readonly Target[]> {
    const protocol = (uri.parameters.get('transport') ?? 'udp').toUpperCase() as Target['protocol']
    const port = uri.port ?? (protocol === 'TLS' ? 5061 : 5060)
    const addresses = this.names.get(uri.host) ?? [uri.host]
    const serverName = protocol === 'TLS' ? uri.host : undefined
    return addresses.map(address => ({ protocol, address, port, serverName }))
  }

  override async connect(target: Target): Promise<Flow> {
    this.targets.push(target)
    this.connected.push(`${target.protocol} ${target.address}:${target.port}`)
    if (this.unreachable.has(target.address)) {
      const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
      throw Object.assign(new Error('refused', { cause }), { code: 'TRANSPORT_CONNECT_FAILED' })
    }
    if (this.silent.has(target.address)) return new Promise(() => {})
    const pool = target.protocol === 'UDP' ? '' : target.pool
    const key = (flow: FakeFlow): boolean =>
      flow.open && flow.remoteAddress === target.address && flow.remotePort === target.port && pools.get(flow) === pool
    const known = this.opened.find(key)
    if (known !== undefined) return known
    const flow = fakeFlow(target.protocol, target.address, target.port)
    if (flow.secure) {
      Object.assign(flow, {
        tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', clientCertificate: undefined },
      })
    }
    pools.set(flow, pool)
    this.opened.push(flow)
    return flow
  }

  override keepAlive(): void {
    this.held.push('held')
  }
}
const pools = new WeakMap<Flow, string | undefined>()

export const OURS = newId<'OrganisationId'>(1) as OrganisationId
export const THEIRS = newId<'OrganisationId'>(2) as OrganisationId

export class TrunkWorld {
  readonly clock = new ManualClock()
  readonly transport = new TrunkTransport()
  readonly outside = new Outside()
  readonly events: RingfenceEvent[] = []
  /** Everything that providers were asked, in order. */
  readonly requests: SipRequest[] = []
  readonly service: ReturnType<typeof createTrunkService>
  provider: Provider = () => ({ status: 200 })
  /** Answers a request that the provider was silent about, later. */
  answer: (request: SipRequest, answer: Answer) => void

  constructor(options: Partial<TrunkServiceOptions> = {}) {
    const { clock, transport } = this
    const bus = createEventBus(clock, error => {
      throw error
    })
    bus.subscribe(event => void this.events.push(event))
    const transactions = createTransactionLayer({
      transport,
      clock,
      sentBy: flow => ({ host: flow.localAddress, port: flow.localPort }),
    })
    const flows = new WeakMap<SipRequest, Flow>()
    this.answer = (request, answer) => {
      const flow = flows.get(request)
      if (flow === undefined || answer === undefined) return
      const response = buildResponse(request, answer.status, undefined, { toTag: 'far', headers: answer.headers ?? [] })
      setImmediate(() => transactions.onMessage(response, flow))
    }
    transport.onRequest = (request, flow) => {
      flows.set(request, flow)
      this.requests.push(request)
      this.answer(request, this.provider(request, flow))
    }
    this.service = createTrunkService({
      clock,
      transport,
      transactions,
      directory: this.outside,
      events: bus,
      logger: silentLogger,
      random: randomInteger,
      contactFor: flow => `<sip:${flow.localAddress}:5061;transport=${flow.protocol.toLowerCase()}>`,
      orderTrunks,
      ...options,
    })
  }

  trunk(name: string, settings: Partial<Trunk> = {}): Trunk {
    const trunk = trunkNamed(name, settings)
    this.outside.trunkList.push(trunk)
    return trunk
  }

  change(trunk: Trunk, settings: Partial<Trunk> | undefined): Trunk {
    const index = this.outside.trunkList.findIndex(each => each.id === trunk.id)
    const next = { ...trunk, ...settings }
    this.outside.trunkList.splice(index, 1, ...(settings === undefined ? [] : [next]))
    this.service.changed(trunk.id)
    return next
  }

  /** Time passes; what is under way comes to its end. */
  async pass(milliseconds: number): Promise<void> {
    const step = 250
    for (let left = milliseconds; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left))
      await this.settle()
    }
    await this.settle()
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 12; i++) await new Promise(done => setImmediate(done))
  }

  asked(method: string): readonly SipRequest[] {
    return this.requests.filter(request => request.method === method)
  }

  told(...types: readonly string[]): readonly RingfenceEvent[] {
    return this.events.filter(({ type }) => types.includes(type))
  }

  health(trunk: Trunk): string | undefined {
    return this.service.status(trunk.id)?.health
  }
}

export function trunkNamed(name: string, settings: Partial<Trunk> = {}): Trunk {
  return {
    id: newId<'TrunkId'>(1_700_000_000_000) as TrunkId,
    organisationId: OURS,
    name,
    purpose: 'provider',
    state: 'enabled',
    host: '203.0.113.5',
    port: undefined,
    transport: 'TLS',
    allowInsecureSignalling: false,
    allowInsecureMedia: false,
    sources: [],
    certificateNames: [],
    certificateAuthority: undefined,
    register: false,
    username: undefined,
    password: undefined,
    domain: undefined,
    priority: 0,
    weight: 10,
    maximumCalls: 10,
    callsPerSecond: 10,
    numberFormat: '+e164',
    signIdentity: false,
    createdAt: 0,
    ...settings,
  }
}
