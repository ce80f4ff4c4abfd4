/** The trunks of all organisations while the system runs. */
import type { TrunkId } from '../base/ids.ts'
import { normaliseAddress } from '../base/network.ts'
import type { Trunk } from '../directory/trunk.ts'
import { createCandidates } from './candidates.ts'
import { limited } from './connect.ts'
import { createIdleTrunks } from './idle-trunks.ts'
import { createLimits } from './limits.ts'
import { DEFAULT_TIMING, type TrunkContext, type TrunkServiceOptions } from './options.ts'
import { createRecognition } from './recognise.ts'
import { RunningTrunk } from './running-trunk.ts'
import { statusOf } from './status.ts'
import { tryTrunk } from './try-trunk.ts'
import type { TrunkService } from './types.ts'

/** First checks are spread, so that many trunks do not all begin at once. */
const SPREAD_MS = 20
const LONGEST_SPREAD_MS = 2_000

/** Nothing is sent until `start`. `stop` has to come before the transport's. */
export function createTrunkService(options: TrunkServiceOptions): TrunkService {
  const { clock, directory, events, random, transport } = options
  const recognition = createRecognition(directory, options.isDeviceFlow ?? (() => false))
  const running = new Map<TrunkId, RunningTrunk>()
  const farewells = new Set<Promise<void>>()
  let started = false
  /** Addresses that the DNS gave for enabled trunks; undefined: to be collected when asked. */
  let located: ReadonlySet<string> | undefined
  const context: TrunkContext = {
    ...options,
    timing: { ...DEFAULT_TIMING, ...options.timing },
    claim: (flow, trunkId) => recognition.claim(flow, trunkId),
    located() {
      located = undefined
    },
  }
  const idle = createIdleTrunks(context)
  const limits = createLimits(clock, (trunk, limit) => {
    events.publish('trunk.limit-reached', { trunk: trunk.name, limit }, trunk.organisationId)
  })
  const candidates = createCandidates(options, running)

  transport.onFlowClosed(flow => {
    for (const trunkId of recognition.closed(flow)) running.get(trunkId)?.flowClosed(flow)
  })

  function begin(trunkId: TrunkId, delay: number): void {
    const trunk = directory.trunk(trunkId)
    if (!started || trunk?.state !== 'enabled' || running.has(trunkId)) return
    const each = new RunningTrunk(trunk, context)
    running.set(trunkId, each)
    each.start(delay)
  }

  function end(trunkId: TrunkId): Promise<void> {
    const each = running.get(trunkId)
    if (each === undefined) return Promise.resolve()
    running.delete(trunkId)
    const farewell = limited(clock, each.stop(), context.timing.stop).then(() => void farewells.delete(farewell))
    farewells.add(farewell)
    return farewell
  }

  function changed(trunkId: TrunkId): void {
    const trunk = directory.trunk(trunkId)
    const each = running.get(trunkId)
    recognition.replace(directory.allTrunks())
    located = undefined
    idle.forget(trunkId)
    if (trunk === undefined) limits.forget(trunkId)
    if (each !== undefined && trunk?.state === 'enabled' && !isReachedOtherwise(each.trunk, trunk)) {
      each.trunk = trunk
      return
    }
    // The old binding goes before the new one comes: it may be the same Contact.
    void end(trunkId).then(() => begin(trunkId, 0))
  }

  function collectLocated(): ReadonlySet<string> {
    const addresses = [...running.values()].flatMap(each => each.way.addresses)
    return new Set(addresses.map(normaliseAddress))
  }

  return {
    start() {
      if (started) return
      started = true
      const trunks = directory.allTrunks()
      recognition.replace(trunks)
      const spread = Math.min(LONGEST_SPREAD_MS, trunks.length * SPREAD_MS)
      for (const trunk of trunks) begin(trunk.id, random(spread + 1))
    },
    async stop() {
      started = false
      for (const trunkId of running.keys()) void end(trunkId)
      await Promise.all(farewells)
    },
    changed,
    candidates,
    reserve(trunkId, purpose) {
      const trunk = directory.trunk(trunkId)
      return trunk === undefined ? undefined : limits.reserve(trunk, purpose)
    },
    async reach(trunk, withinMs = context.timing.reach) {
      const each = running.get(trunk.id)
      return each === undefined ? idle.reach(trunk, withinMs) : each.reach(withinMs)
    },
    openFlow: trunkId => running.get(trunkId)?.flow ?? idle.openFlow(trunkId),
    trunkOf: (flow, request) => recognition.trunkOf(flow, request),
    isTrunkAddress(address) {
      located ??= collectLocated()
      // What comes from a socket is written as it should be, but for IPv4 within IPv6.
      const normal = address.startsWith('::ffff:') ? normaliseAddress(address) : address
      return recognition.isSource(normal) || located.has(normal)
    },
    addresses() {
      located ??= collectLocated()
      const enabled = directory.allTrunks().filter(({ state }) => state === 'enabled')
      return [...new Set([...enabled.flatMap(({ sources }) => sources), ...located])]
    },
    answer(trunk, request, response) {
      const credentials = running.get(trunk.id)?.credentials ?? idle.credentials(trunk)
      return credentials.answer(trunk, request, response)
    },
    noteOutcome: (trunkId, outcome) => running.get(trunkId)?.noteOutcome(outcome),
    status(trunkId) {
      const trunk = directory.trunk(trunkId)
      return trunk === undefined ? undefined : statusOf(trunk, running.get(trunkId), limits.live(trunkId))
    },
    statuses: () => directory.allTrunks().map(trunk => statusOf(trunk, running.get(trunk.id), limits.live(trunk.id))),
    async test(trunk) {
      const result = await tryTrunk(context, trunk)
      // A provider that keeps one binding only has just forgotten ours.
      running.get(trunk.id)?.renew()
      return result
    },
  }
}

/** What decides how the trunk is reached and who we are there. */
const DECISIVE = [
  'host',
  'port',
  'transport',
  'allowInsecureSignalling',
  'certificateNames',
  'certificateAuthority',
  'register',
  'username',
  'domain',
] as const satisfies readonly (keyof Trunk)[]

function isReachedOtherwise(before: Trunk, after: Trunk): boolean {
  if (before.password?.reveal() !== after.password?.reveal()) return true
  return DECISIVE.some(key => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
}
