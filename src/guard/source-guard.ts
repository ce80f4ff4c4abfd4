/** Detection and the table of sources, joined: what is seen becomes a finding, a finding a decision, and whoever must know is told. */
import { sourceKey } from '../base/network.ts'
import type { Clock } from '../base/clock.ts'
import { createSteadyTime } from '../base/steady-time.ts'
import { createDetection } from './detect/detection.ts'
import type { DetectionOptions, SeenSource, SourceObservation } from './detect/types.ts'
import { createSourceTable, type SourceTableOptions } from './sources/source-table.ts'
import type { SourceDecision, SourceFinding, SourceTable, Spared } from './sources/types.ts'
import type { RuleMode } from './types.ts'

export interface SourceGuardOptions {
  readonly clock: Clock
  readonly spared: Spared
  /** This flow carries a registration: nothing that is seen on it makes a source of it. */
  isRegisteredFlow(flowId: string): boolean
  readonly table?: Omit<SourceTableOptions, 'spared'> | undefined
  readonly detection?: Omit<DetectionOptions, 'found'> | undefined
  /** A decision that is new, or was prolonged. */
  readonly onDecided?: ((decision: SourceDecision, source: SeenSource) => void) | undefined
  /** A rule that is only tried would have decided. */
  readonly onTried?: ((finding: SourceFinding, source: SeenSource) => void) | undefined
}

/** Where something came from, before anybody asked what it is. */
export interface SeenFrom {
  readonly address: string
  readonly port: number
  readonly proven: boolean
  readonly flowId: string | undefined
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
/** What was seen, without when and from where. */
export type Sight = DistributiveOmit<SourceObservation, 'at' | 'source'>

export interface SourceGuard {
  readonly sources: SourceTable
  /** Milliseconds since the epoch, as the table and the rules are asked. */
  now(): number
  observe(from: SeenFrom, sight: Sight): void
}

export function createSourceGuard(options: SourceGuardOptions): SourceGuard {
  const { spared, onDecided, onTried } = options
  const now = createSteadyTime(options.clock)
  const sources = createSourceTable({ ...options.table, spared })
  const isSpared = (address: string, flowId: string | undefined): boolean =>
    spared.isRegisteredSource(address) ||
    spared.isTrunkAddress(address) ||
    (flowId !== undefined && options.isRegisteredFlow(flowId))
  const found = (finding: SourceFinding, { source }: SourceObservation, mode: RuleMode): void => {
    const decision = sources.decide(finding, now(), mode)
    if (decision === undefined) return
    if (decision.mode === 'dry-run') onTried?.(finding, source)
    else onDecided?.(decision, source)
  }
  const detection = createDetection({ ...options.detection, found })
  return {
    sources,
    now,
    observe(from, sight) {
      const { address, port, proven, flowId } = from
      const at = now()
      const source = { address, port, proven, flowId, key: sourceKey(address), spared: isSpared(address, flowId) }
      if (sight.kind === 'succeeded') sources.noteProven(sight.username, address, at)
      detection.observe({ ...sight, at, source })
    },
  }
}

/** What the registrar knows, where there are no trunks. */
export function withoutTrunks(registrations: Omit<Spared, 'isTrunkAddress'>): Spared {
  return {
    isRegisteredSource: address => registrations.isRegisteredSource(address),
    isRegisteredSourceOf: (username, address) => registrations.isRegisteredSourceOf(username, address),
    isTrunkAddress: () => false,
  }
}
