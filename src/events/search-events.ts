/** Events of saved searches. */
import type { Actor } from './system-events.ts'

interface SearchState {
  readonly q: string
  readonly tell: { readonly more: number; readonly minutes: number } | undefined
}

export interface SearchEvents {
  /** Saved, changed, or removed (no `after`). */
  'search.changed': {
    readonly actor: Actor
    readonly search: string
    readonly before: SearchState | undefined
    readonly after: SearchState | undefined
  }
  /** More events answered than it allows. `events`: the last ones. */
  'search.found': {
    readonly search: string
    readonly q: string
    readonly count: number
    readonly minutes: number
    readonly events: readonly string[]
  }
}
