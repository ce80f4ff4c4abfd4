/** Asks the searches that are told of for each event, afterwards and in small slices, and says when more answered than they allow. */
import { BoundedQueue } from '../base/bounded.ts'
import type { Clock } from '../base/clock.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { eventFields } from '../events/query/event-fields.ts'
import { matches } from '../events/query/matches.ts'
import { parseQuery } from '../events/query/parse.ts'
import type { Filter } from '../events/query/types.ts'
import { MAXIMUM_TOLD, type SavedSearch, type Telling } from './types.ts'

export interface SearchWatch {
  /** These from now on; what was counted for one that stays the same is kept. */
  use(searches: readonly SavedSearch[]): void
  /** For the bus. Never throws, never waits. */
  take(event: RingfenceEvent): void
  stop(): void
}

export interface SearchWatchOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** `events`: ids of the last ones, ten at most. */
  found(search: SavedSearch, count: number, events: readonly string[]): void
  /** Some events were not looked at: more came than could be. */
  onMissed(count: number): void
}

interface Watched {
  readonly search: SavedSearch
  readonly tell: Telling
  readonly filter: Filter
  /** When those came that are in the window, the oldest first; one more than are allowed at most. */
  times: number[]
  events: string[]
  quietUntil: number
}

const MAXIMUM_WAITING = 20_000
const SLICE = 100
const MINUTE = 60_000
const MAXIMUM_NAMED = 10
/** What is told of these would be told of again. */
const OWN = /^(search|alert)\./

export function createSearchWatch({ clock, found, onMissed }: SearchWatchOptions): SearchWatch {
  const waiting = new BoundedQueue<RingfenceEvent>(MAXIMUM_WAITING)
  let watched: readonly Watched[] = []
  let planned = false
  let stopped = false
  let missed = 0

  function plan(): void {
    if (planned || stopped || waiting.size === 0) return
    planned = true
    setImmediate(() => {
      planned = false
      if (stopped) return
      for (let count = 0; count < SLICE; count++) {
        const event = waiting.shift()
        if (event === undefined) break
        for (const each of watched) look(each, event)
      }
      if (missed > 0 && waiting.size === 0) {
        onMissed(missed)
        missed = 0
      }
      plan()
    })
  }

  function look(each: Watched, event: RingfenceEvent): void {
    const { search, tell, filter } = each
    const { organisationId, machine } = search
    const concerns = event.organisationId === undefined ? machine : event.organisationId === organisationId
    if (!concerns || !matches(filter, eventFields(event))) return
    const now = clock.monotonic()
    if (now < each.quietUntil) return
    const since = now - tell.minutes * MINUTE
    each.times.push(now)
    while (each.times[0]! <= since) each.times.shift()
    each.events = [...each.events, event.id].slice(-MAXIMUM_NAMED)
    if (each.times.length <= tell.more) return
    found(search, each.times.length, each.events)
    each.times = []
    each.events = []
    each.quietUntil = now + tell.minutes * MINUTE
  }

  return {
    use(searches) {
      const told = searches.filter(each => each.tell !== undefined).slice(0, MAXIMUM_TOLD)
      watched = told.flatMap(search => {
        const same = watched.find(each => JSON.stringify(each.search) === JSON.stringify(search))
        if (same !== undefined) return [same]
        const query = parseQuery(search.q)
        if (!query.ok || search.tell === undefined) return []
        const { filter } = query.value
        return [{ search, tell: search.tell, filter, times: [], events: [], quietUntil: Number.NEGATIVE_INFINITY }]
      })
    },
    take(event) {
      if (stopped || watched.length === 0 || OWN.test(event.type)) return
      if (!waiting.push(event)) missed++
      plan()
    },
    stop() {
      stopped = true
    },
  }
}
