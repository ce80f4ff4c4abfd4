/** Events of exports of the log. Sampled: a destination that comes and goes fills no log. */
import type { Actor } from './system-events.ts'

export interface ExportEvents {
  'export.added': {
    readonly actor: Actor
    readonly export: string
    readonly destination: string
    readonly filter: string
    readonly masks: readonly string[]
    readonly weakened: readonly string[]
  }
  'export.removed': { readonly actor: Actor; readonly export: string; readonly destination: string }
  'export.tested': {
    readonly actor: Actor
    readonly export: string
    readonly destination: string
    readonly ok: boolean
    readonly detail: string
  }
  /** It is tried again until it goes; nothing is lost as long as the log keeps the events. */
  'export.failing': {
    readonly export: string
    readonly destination: string
    readonly detail: string
    readonly behind: number
  }
  'export.recovered': { readonly export: string; readonly destination: string; readonly awayForMs: number }
  /** So many events wait for the destination, the oldest since then. */
  'export.behind': { readonly export: string; readonly behind: number; readonly since: number }
  /** These were not taken and are not sent again. */
  'export.refused': {
    readonly export: string
    readonly destination: string
    readonly events: number
    readonly first: number
    readonly detail: string
  }
  /** The log kept them no longer. */
  'export.lost': { readonly export: string; readonly events: number; readonly after: number }
}
