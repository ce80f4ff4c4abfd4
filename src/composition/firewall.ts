/** Detection and decisions about sources of a running system: what is decided is an event. */
import type { EventBus } from '../events/bus.ts'
import { createSourceGuard, type SourceGuard } from '../guard/source-guard.ts'
import { describeTarget } from '../guard/sources/target.ts'
import type { SourceDecision, Spared } from '../guard/sources/types.ts'
import type { Registrar } from '../registrar/registrar.ts'
import type { Core } from './core.ts'

export interface FirewallParts {
  readonly core: Core
  readonly registrar: Pick<Registrar, 'isRegisteredSource' | 'isRegisteredSourceOf' | 'isRegisteredFlow'>
  isTrunkAddress(address: string): boolean
}

/** One event for so many evictions, and at least so far apart. */
const EVICTIONS_MS = 60_000

export function createFirewallGuard({ core, registrar, isTrunkAddress }: FirewallParts): SourceGuard {
  const { clock, bus } = core
  const spared: Spared = {
    isRegisteredSource: address => registrar.isRegisteredSource(address),
    isRegisteredSourceOf: (username, address) => registrar.isRegisteredSourceOf(username, address),
    isTrunkAddress,
  }
  return createSourceGuard({
    clock,
    spared,
    isRegisteredFlow: flowId => registrar.isRegisteredFlow(flowId),
    table: { onEvicted: createEvictionReporter(bus, () => clock.monotonic()) },
    onDecided(decision) {
      const { expiresAt: until, repeat } = decision
      bus.publish('firewall.decided', { ...aboutDecision(decision), until, repeat })
    },
    onTried({ target, action, rule, reason, evidence }) {
      bus.publish('firewall.tried', { target: describeTarget(target), action, rule, reason, evidence })
    },
  })
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
