/** How many calls a trunk has at once, and how many may begin in a second. Emergency calls always may. */
import type { Clock } from '../base/clock.ts'
import type { TrunkId } from '../base/ids.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { TrunkSlot } from './types.ts'

export type TrunkLimit = 'calls' | 'calls-per-second'

/** The same limit of one trunk is told once in so many milliseconds. */
const TOLD_EVERY_MS = 60_000

interface Usage {
  live: number
  tokens: number
  /** Monotonic, of the last refill. */
  at: number
  readonly toldAt: Map<TrunkLimit, number>
  /** The trunk is gone: so is this, with its last call. */
  forgotten: boolean
}

export interface TrunkLimits {
  reserve(trunk: Trunk, purpose: 'call' | 'emergency'): TrunkSlot | undefined
  live(trunkId: TrunkId): number
  /** The trunk does not exist any more; what is still up is counted to its end. */
  forget(trunkId: TrunkId): void
}

/** One entry for each trunk that has had a call. */
export function createLimits(clock: Clock, reached: (trunk: Trunk, limit: TrunkLimit) => void): TrunkLimits {
  const usages = new Map<TrunkId, Usage>()

  function usageOf(trunk: Trunk, now: number): Usage {
    let usage = usages.get(trunk.id)
    const burst = Math.max(1, trunk.callsPerSecond)
    if (usage === undefined) {
      usage = { live: 0, tokens: burst, at: now, toldAt: new Map(), forgotten: false }
      usages.set(trunk.id, usage)
    }
    const gained = (Math.max(0, now - usage.at) * trunk.callsPerSecond) / 1000
    usage.tokens = Math.min(burst, usage.tokens + gained)
    usage.at = now
    return usage
  }

  function tell(trunk: Trunk, usage: Usage, limit: TrunkLimit, now: number): void {
    if (now - (usage.toldAt.get(limit) ?? Number.NEGATIVE_INFINITY) < TOLD_EVERY_MS) return
    usage.toldAt.set(limit, now)
    reached(trunk, limit)
  }

  return {
    reserve(trunk, purpose) {
      const now = clock.monotonic()
      const usage = usageOf(trunk, now)
      const limit = usage.live >= trunk.maximumCalls ? 'calls' : usage.tokens < 1 ? 'calls-per-second' : undefined
      if (limit !== undefined) tell(trunk, usage, limit, now)
      if (limit !== undefined && purpose === 'call') return undefined
      usage.tokens = Math.max(0, usage.tokens - 1)
      usage.live++
      let held = true
      return {
        release() {
          if (!held) return
          held = false
          usage.live--
          if (usage.forgotten && usage.live === 0) usages.delete(trunk.id)
        },
      }
    },
    live: trunkId => usages.get(trunkId)?.live ?? 0,
    forget(trunkId) {
      const usage = usages.get(trunkId)
      if (usage !== undefined) usage.forgotten = true
      if (usage?.live === 0) usages.delete(trunkId)
    },
  }
}
