/** Questions to the log that are kept by name, and told of when many events answer. */
import type { OrganisationId } from '../base/ids.ts'

export interface Telling {
  /** Told when more events than these answer … */
  readonly more: number
  /** … within so many minutes. */
  readonly minutes: number
}

export interface SavedSearch {
  readonly organisationId: OrganisationId
  /** One of its kind in an organisation. */
  readonly name: string
  /** In the filter language. */
  readonly q: string
  readonly tell: Telling | undefined
  /** Whoever saved it sees what concerns the whole machine: so does the search. */
  readonly machine: boolean
  readonly changedAt: number
  readonly changedBy: string
}

export interface SearchRepository {
  /** Of one organisation, or of all, by name. */
  list(organisationId?: OrganisationId): Promise<readonly SavedSearch[]>
  /** In place of the one of that name. */
  put(search: SavedSearch): Promise<void>
  /** False: there was none. */
  remove(organisationId: OrganisationId, name: string): Promise<boolean>
}

/** Of one organisation. */
export const MAXIMUM_SEARCHES = 200
/** Those that are told of, of all organisations: each is asked for each event. */
export const MAXIMUM_TOLD = 50
export const MAXIMUM_MORE = 10_000
export const MAXIMUM_MINUTES = 1_440
