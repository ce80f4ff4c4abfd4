/** What the log is told of one export: an outage once, not each attempt, and no more than one in a while. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { EventPublisher } from '../events/bus.ts'

export interface NewsOptions {
  readonly clock: Clock
  readonly events: EventPublisher
  readonly logger: Logger
  readonly name: string
  readonly destination: string
  readonly alarmBehind: number
}

export interface News {
  failing(detail: string, behind: number): void
  working(): void
  refused(count: number, first: number, detail: string): void
  lost(count: number, after: number): void
  /** Looks whether too many wait, or one too long. */
  watch(behind: number, oldest: number | undefined): void
}

/** What is told again after so long at the earliest. */
const SAMPLE_MS = 600_000
/** One event waits so long: an alarm too. */
const LATE_MS = 3_600_000

export function createNews({ clock, events, logger, name, destination, alarmBehind }: NewsOptions): News {
  let awaySince: number | undefined
  let toldFailing = Number.NEGATIVE_INFINITY
  let told = false
  let toldRefused = Number.NEGATIVE_INFINITY
  let refusedSince = 0
  let firstRefused = 0
  let alarmed = false
  return {
    failing(detail, behind) {
      const now = clock.monotonic()
      awaySince ??= now
      if (now - toldFailing < SAMPLE_MS) return
      toldFailing = now
      told = true
      logger.warn({ export: name, detail }, 'an export does not reach its destination')
      events.publish('export.failing', { export: name, destination, detail, behind })
    },
    working() {
      if (awaySince === undefined) return
      const awayForMs = Math.round(clock.monotonic() - awaySince)
      awaySince = undefined
      if (!told) return
      told = false
      events.publish('export.recovered', { export: name, destination, awayForMs })
    },
    refused(count, first, detail) {
      const now = clock.monotonic()
      if (refusedSince === 0) firstRefused = first
      refusedSince += count
      if (now - toldRefused < SAMPLE_MS) return
      toldRefused = now
      events.publish('export.refused', { export: name, destination, events: refusedSince, first: firstRefused, detail })
      refusedSince = 0
    },
    lost(count, after) {
      logger.error({ export: name, events: count }, 'events were removed before they were exported')
      events.publish('export.lost', { export: name, events: count, after })
    },
    watch(behind, oldest) {
      const isLate = oldest !== undefined && clock.now() - oldest > LATE_MS && behind > 0
      if (alarmed) alarmed = isLate || behind > alarmBehind / 2
      else if (isLate || behind > alarmBehind) {
        alarmed = true
        events.publish('export.behind', { export: name, behind, since: oldest ?? clock.now() })
      }
    },
  }
}
