/** Detection and decisions about sources of a running system: what is decided is an event, is kept, and is shared with other nodes. */
import type { Timer } from '../base/clock.ts'
import type { BlockLists } from '../blocklist/types.ts'
import type { Configuration } from '../config/schema.ts'
import type { Geography } from '../geography/geography.ts'
import type { EventBus } from '../events/bus.ts'
import { createSourceGuard, type SourceGuard } from '../guard/source-guard.ts'
import { describeTarget } from '../guard/sources/target.ts'
import type { SourceDecision, Spared } from '../guard/sources/types.ts'
import type { Registrar } from '../registrar/registrar.ts'
import type { Listener } from '../sip/transport/types.ts'
import { ownAddresses } from './addresses.ts'
import type { Core } from './core.ts'
import { configuredDecisions } from './firewall-configured.ts'
import { createFirewallKernel, type FirewallKernel } from './firewall-kernel.ts'
import { createRunningSignatures, type RunningSignatures } from './firewall-signatures.ts'
import { createLists } from './firewall-lists.ts'
import type { FirewallLive } from './operations-firewall-parts.ts'
import type { Signalling } from './signalling.ts'

export interface FirewallParts {
  readonly core: Core
  readonly registrar: Pick<Registrar, 'isRegisteredSource' | 'isRegisteredSourceOf' | 'isRegisteredFlow'>
  readonly geography: Geography
  isTrunkAddress(address: string): boolean
}

/** One event for so many evictions, and at least so far apart. */
const EVICTIONS_MS = 60_000

const NOWHERE = { as: undefined, country: undefined }

/** Milliseconds after which another node's decisions are in force here. */
const FOLLOW_MS = 2_000
const MAXIMUM_DECISIONS = 100_000
/** Milliseconds after the start at which countries and systems of addresses are read, where nothing needs them before. */
const LOAD_MS = 20_000

export interface RunningFirewall {
  readonly guard: SourceGuard
  readonly lists: BlockLists
  readonly kernel: FirewallKernel
  readonly signatures: RunningSignatures
  countryOf(address: string): string | undefined
  systemOf(address: string): number | undefined
  /** Reads what was in force before. Throws the store's error. */
  start(): Promise<void>
  /** Once the ports are known. */
  listening(listeners: () => readonly Listener[]): Promise<void>
  stop(): Promise<void>
}

export function createFirewall({ core, registrar, geography, isTrunkAddress }: FirewallParts): RunningFirewall {
  const { clock, bus, store, logger, configuration } = core
  const kernel = createFirewallKernel(core)
  const lists = createLists(core)
  const signatures = createRunningSignatures(core)
  const keep = (decision: SourceDecision): void => {
    store.sourceDecisions.save(decision).catch((error: unknown) => {
      logger.error({ detail: String(error) }, 'a decision of the firewall was not written')
    })
  }
  const spared: Spared = {
    isRegisteredSource: address => registrar.isRegisteredSource(address),
    isRegisteredSourceOf: (username, address) => registrar.isRegisteredSourceOf(username, address),
    isTrunkAddress,
  }
  const guard = createSourceGuard({
    clock,
    spared,
    isRegisteredFlow: flowId => registrar.isRegisteredFlow(flowId),
    table: {
      limit: MAXIMUM_DECISIONS,
      mirror: kernel,
      whereIs: address => geography.networkOfAddress(address) ?? NOWHERE,
      onChanged: keep,
      onEvicted: createEvictionReporter(bus, () => clock.monotonic()),
    },
    detection: { modes: configuration.firewall.modes, asOf: address => geography.networkOfAddress(address)?.as },
    onDecided(decision) {
      const { expiresAt: until, repeat } = decision
      bus.publish('firewall.decided', { ...aboutDecision(decision), until, repeat })
    },
    onTried({ target, action, rule, reason, evidence }) {
      bus.publish('firewall.tried', { target: describeTarget(target), action, rule, reason, evidence })
    },
  })
  const follower = createFollower(core, guard)
  let loading: Timer | undefined
  return {
    guard,
    lists,
    kernel,
    signatures,
    countryOf: address => geography.countryOfAddress(address),
    systemOf: address => geography.networkOfAddress(address)?.as,
    async start() {
      guard.sources.restoreFrom(configuredDecisions(configuration, guard.now()), guard.now())
      guard.sources.restoreFrom(await store.sourceDecisions.load(guard.now(), MAXIMUM_DECISIONS), guard.now())
      await follower.start()
      signatures.start()
      const { countries, networks } = configuration.firewall
      const isAsked = countries.length > 0 || networks.some(each => each.startsWith('AS'))
      const load = (): void => {
        geography.load()
        geography.loadSystems()
      }
      // A quarter of a second in which nothing else happens: not while the first packet waits, and not before the first phone is back.
      if (isAsked) load()
      else loading = clock.schedule(LOAD_MS, load)
      await lists.start()
    },
    listening: listeners =>
      kernel.start(
        guard,
        listeners,
        address =>
          spared.isRegisteredSource(address) || spared.isTrunkAddress(address) || guard.sources.isAllowed(address),
      ),
    async stop() {
      await kernel.stop()
      loading?.cancel()
      signatures.stop()
      await lists.stop()
      await follower.stop()
    },
  }
}

/** Takes over what other nodes decide. */
function createFollower({ clock, store, logger }: Core, guard: SourceGuard): Pick<RunningFirewall, 'start' | 'stop'> {
  let cursor: number | undefined
  let stopped = false
  let timer: Timer | undefined
  let reading = Promise.resolve()
  async function read(): Promise<void> {
    try {
      const changed = await store.sourceDecisions.changedSince(cursor)
      guard.sources.adopt(changed.decisions, guard.now())
      cursor = changed.cursor
    } catch (error) {
      if (store.available) logger.warn({ detail: String(error) }, 'decisions of other nodes were not read')
    }
    if (stopped) return
    timer = clock.schedule(FOLLOW_MS, () => {
      reading = read()
    })
  }
  return {
    start: read,
    async stop() {
      stopped = true
      timer?.cancel()
      await reading
    },
  }
}

export function aboutDecision({ id, target, action, rule, reason, evidence }: SourceDecision) {
  return { decision: id, target: describeTarget(target), action, rule, reason, evidence }
}

function createEvictionReporter(bus: EventBus, monotonic: () => number): (decision: SourceDecision) => void {
  let count = 0
  let toldAt = Number.NEGATIVE_INFINITY
  return ({ target, rule }) => {
    count++
    if (monotonic() - toldAt < EVICTIONS_MS) return
    toldAt = monotonic()
    bus.publish('firewall.evicted', { count, target: describeTarget(target), rule })
    count = 0
  }
}

/** What operations ask of it. */
export function firewallLive(
  { firewall, gate, registrar, trunks }: Signalling,
  configuration: Configuration,
): FirewallLive {
  const { modes } = configuration.firewall
  return {
    guard: firewall.guard,
    gate,
    lists: firewall.lists,
    kernel: () => firewall.kernel.status,
    countryOf: firewall.countryOf,
    systemOf: firewall.systemOf,
    tried: Object.keys(modes).filter(rule => modes[rule] === 'dry-run'),
    trunkAddresses: () => trunks.addresses(),
    registeredAddresses: () => registrar.registeredSources(),
    ownAddresses: () => ownAddresses(configuration),
  }
}
