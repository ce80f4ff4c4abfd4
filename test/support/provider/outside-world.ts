/** The product with trunks to simulated providers, and phones inside: what the end-to-end tests of issue "outside" share. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallRecord } from '../../../src/call/call-record.ts'
import type { Operations } from '../../../src/api/operations.ts'
import type { TrunkChange, TrunkView } from '../../../src/api/outside-operations.ts'
import type { EventType, RingfenceEvent } from '../../../src/events/catalogue.ts'
import type { PhoneCall } from '../../../src/test-phone/call.ts'
import type { TestPhone } from '../../../src/test-phone/test-phone.ts'
import type { PhoneCredentials } from '../phone-credentials.ts'
import { eventually, temporaryFolder } from '../places.ts'
import { accepted, type Ringfence, startRingfence } from '../ringfence.ts'
import { proxyOf, testPhoneFor } from '../test-phones.ts'
import { assertHears } from '../tone-check.ts'
import type { Provider } from './provider.ts'

/** Numbers that the regulator keeps for films: nobody has them. */
export const OWNED = '+493023125100'
export const OWNED_TOO = '+493023125101'
export const OUTSIDE = '+496990009123'
/** The same as people in Germany dial it. */
export const OUTSIDE_DIALLED = '06990009123'

type DataOf<T extends EventType> = Extract<RingfenceEvent, { type: T }>['data']

/** Who may speak in clear to our listener for it: providers and exchanges with fixed addresses. */
const PLAIN_SOURCES = ['127.0.0.32/32', '127.0.0.36/32', '127.0.0.41/32']

export interface OutsideWorld {
  readonly system: Ringfence
  readonly operations: Operations
  /** Of our listener for SIP in clear on 127.0.0.1. */
  readonly plainPort: number
  /** Adds an extension with a phone of ours, registered over TLS. */
  phone(extension: string, more?: Parameters<typeof testPhoneFor>[2]): Promise<TestPhone>
  /** Adds a trunk to the provider. */
  addTrunk(name: string, provider: Provider, more?: Partial<TrunkChange>): Promise<void>
  /** The same anew, and up: a trunk that failed a call is not the first choice for a while. */
  renewTrunk(name: string, provider: Provider, more?: Partial<TrunkChange>): Promise<void>
  trunkIs(name: string, health: 'up' | 'down', timeoutMs?: number): Promise<TrunkView>
  /** Events of the type since the world began, or of one call. */
  events(type: EventType): Promise<readonly RingfenceEvent[]>
  /** What the first event of the type tells that matches. */
  waitForEvent<T extends EventType>(type: T, matches?: (data: DataOf<T>) => boolean): Promise<DataOf<T>>
  /** The newest record of a call that began at `since` (wall clock) or later, complete. */
  lastCall(since: number): Promise<CallRecord>
  /** No leg, call or trunk slot is left. */
  quiet(timeoutMs?: number): Promise<void>
  /** Closed in reverse order by `stop`. */
  readonly cleanUp: (() => Promise<void>)[]
  stop(): Promise<void>
}

export interface OutsideWorldOptions {
  readonly ringSeconds?: number
  readonly mediaSeconds?: number
  readonly settings?: string
  /** Under the default rules and caps of toll-fraud control, which tests that call by the second would trip over. */
  readonly watched?: boolean
}

export async function startOutsideWorld(
  name: string,
  { ringSeconds = 30, mediaSeconds = 60, settings = '', watched = false }: OutsideWorldOptions = {},
): Promise<OutsideWorld> {
  const data = temporaryFolder(name)
  const config = join(data.path, 'ringfence.yaml')
  writeFileSync(config, `limits:\n  ringTime: ${ringSeconds}\nmedia:\n  timeout: ${mediaSeconds}\n${settings}`)
  const system = await startRingfence({
    data,
    arguments: [
      '--config',
      config,
      '--allow-insecure-udp',
      '127.0.0.1:0',
      '--allow-insecure-sources',
      PLAIN_SOURCES.join(','),
    ],
  }).catch((error: unknown) => {
    data.remove()
    throw error
  })
  const plainPort = system.ready.listeners.find(({ transport }) => transport.toLowerCase() === 'udp')!.port
  const operations = await system.operations()
  accepted(await operations.callingChange({ country: 'DE' }))
  if (!watched) await tryRulesOnly(operations)
  const cleanUp: (() => Promise<void>)[] = []

  async function addTrunk(trunk: string, provider: Provider, more: Partial<TrunkChange> = {}): Promise<void> {
    accepted(await operations.trunkAdd({ name: trunk, ...settingsOf(provider), ...more }))
  }

  async function trunkIs(trunk: string, health: 'up' | 'down', timeoutMs = 20_000): Promise<TrunkView> {
    const look = async (): Promise<TrunkView | undefined> => {
      const view = accepted(await operations.trunkShow({ name: trunk }))
      last = view
      return view.live?.health === health ? view : undefined
    }
    let last: TrunkView | undefined
    return eventually(look, timeoutMs, `trunk ${trunk} is ${health}`).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(last?.live)}`)
    })
  }

  async function events(type: EventType): Promise<readonly RingfenceEvent[]> {
    const logged = accepted(await operations.events({ types: [type], limit: 500 }))
    return logged.map(({ event }) => event)
  }

  return {
    system,
    operations,
    plainPort,
    cleanUp,
    async phone(extension, more) {
      const phone = testPhoneFor(await system.addPhone(extension), system.caPem, more)
      cleanUp.push(() => phone.stop())
      // A machine that does other work may be told to come back later (503).
      await eventually(async () => (await phone.register()).ok, 20_000, `phone ${extension} registers`)
      return phone
    },
    addTrunk,
    async renewTrunk(trunk, provider, more) {
      accepted(await operations.trunkRemove({ name: trunk }))
      await addTrunk(trunk, provider, more)
      await trunkIs(trunk, 'up')
    },
    trunkIs,
    events,
    async waitForEvent<T extends EventType>(type: T, matches: (data: DataOf<T>) => boolean = () => true) {
      const found = async (): Promise<{ readonly data: DataOf<T> } | undefined> => {
        const data = (await events(type)).map(event => event.data as DataOf<T>).find(matches)
        return data === undefined ? undefined : { data }
      }
      return (await eventually(found, 10_000, `event ${type}`)).data
    },
    lastCall: since =>
      eventually(
        async () => {
          const [record] = accepted(await operations.callsPast({ limit: 1 }))
          if (record === undefined || record.startedAt < since) return undefined
          return record.end === undefined || record.end === null ? undefined : record
        },
        10_000,
        'the record of the call is complete',
      ),
    async quiet(timeoutMs = 45_000) {
      let last = ''
      const none = async (): Promise<boolean> => {
        const { held, liveCalls } = accepted(await operations.status())
        const trunks = accepted(await operations.trunkList())
        const slots = trunks.reduce((sum, trunk) => sum + (trunk.live?.calls ?? 0), 0)
        last = `${liveCalls} calls, ${held.legs} legs, ${slots} places at trunks`
        return liveCalls === 0 && held.legs === 0 && slots === 0
      }
      await eventually(none, timeoutMs, 'nothing is left of the calls').catch((error: Error) => {
        throw new Error(`${error.message}: ${last}`)
      })
    },
    async stop() {
      for (const close of cleanUp.toReversed()) await close().catch(() => {})
      await system.stop()
    },
  }
}

function settingsOf(provider: Provider): Partial<TrunkChange> & { readonly host: string } {
  const { address: host, port, kind, domain, username, password } = provider
  if (kind === 'tls-digest') {
    const certificateAuthority = provider.caPem ?? null
    return { host, port, domain, username, password, certificateAuthority, register: true, transport: 'TLS' }
  }
  const insecure = { allowInsecureSignalling: true, allowInsecureMedia: true }
  return { host, port, transport: 'UDP', ...insecure, sources: [`${host}/32`] }
}

/** A phone of ours behind a provider: SRTP end to end behind the registering one, plain RTP behind the other. */
export async function phoneBehind(world: OutsideWorld, provider: Provider): Promise<TestPhone> {
  const credentials: PhoneCredentials = provider.subscriber
  const plain = provider.kind === 'udp-fixed' ? { suites: [] } : {}
  const phone = testPhoneFor(credentials, '', { outboundProxy: proxyOf(credentials.outboundProxy), ...plain })
  world.cleanUp.push(() => phone.stop())
  assert.equal((await phone.register()).ok, true)
  return phone
}

/** A call is placed and answered, and heard in both directions. */
export async function connect(
  from: TestPhone,
  to: TestPhone,
  target: string,
): Promise<{ readonly call: PhoneCall; readonly other: PhoneCall }> {
  const incoming = to.nextIncoming(12_000)
  incoming.catch(() => {})
  const call = from.call(target, { speak: 440 })
  const other = await Promise.race([incoming, refused(call)])
  other.speak(1000)
  await other.answer()
  const outcome = await call.outcome
  assert.equal(outcome.ok, true, JSON.stringify(outcome))
  await assertHears('caller', call.measureTone, 1000)
  await assertHears('called', other.measureTone, 440)
  return { call, other }
}

async function refused(call: PhoneCall): Promise<never> {
  const outcome = await call.outcome
  if (!outcome.ok) throw new Error(`the call was refused: ${JSON.stringify(outcome)}`)
  return new Promise(() => {})
}

/** Rules of behaviour only tell, and caps are out of reach. */
export async function tryRulesOnly(operations: Operations): Promise<void> {
  for (const { id } of accepted(await operations.fraudRules())) {
    accepted(await operations.fraudRuleChange({ id, mode: 'dry-run' }))
  }
  const far = '1000000'
  const caps = { call: far, extensionDay: far, organisationDay: far, organisationMonth: far, riskyDay: far }
  accepted(await operations.budgetChange(caps))
}
