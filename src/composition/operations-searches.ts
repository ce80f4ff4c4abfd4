/** The operations on saved searches. */
import type { OperationResult } from '../api/operations.ts'
import type { SearchOperations, SearchView } from '../api/search-operations.ts'
import { parseQuery } from '../events/query/parse.ts'
import { MAXIMUM_SEARCHES, MAXIMUM_TOLD, type SavedSearch, type SearchRepository } from '../search/types.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, needsServer, refused } from './operations-result.ts'

export interface SearchParts {
  readonly repository: SearchRepository
  /** Those that are told of are read anew. Undefined in a command that runs without a server: it notices by itself. */
  changed?(): Promise<void>
}

export function searchOperations(options: OperationsOptions): SearchOperations {
  const { searches: parts, directory, bus, actor } = options
  if (parts === undefined) {
    const away = async <T>(): Promise<OperationResult<T>> => needsServer('what concerns saved searches')
    return { searchList: away, searchSave: away, searchRemove: away }
  }
  const own = (): Promise<readonly SavedSearch[]> => parts.repository.list(directory.primary.id)
  return {
    async searchList({ name }) {
      const listed = await attempt(own)
      if (!listed.ok) return listed
      const found = listed.value.filter(each => name === undefined || each.name === name)
      return name !== undefined && found.length === 0 ? unknown() : done(found.map(viewOf))
    },
    async searchSave(input) {
      const fault = faultOf(input)
      if (fault !== undefined) return fault
      const all = await attempt(() => parts.repository.list())
      if (!all.ok) return all
      const search = searchOf(options, input)
      const before = all.value.find(each => each.organisationId === search.organisationId && each.name === search.name)
      const full = tooMany(all.value, search, before)
      if (full !== undefined) return full
      const saved = await attempt(() => parts.repository.put(search))
      if (!saved.ok) return saved
      bus.publish(
        'search.changed',
        { actor, search: search.name, before: stateOf(before), after: stateOf(search) },
        search.organisationId,
      )
      await parts.changed?.()
      return done(viewOf(search))
    },
    async searchRemove({ name }) {
      const listed = await attempt(own)
      if (!listed.ok) return listed
      const before = listed.value.find(each => each.name === name)
      if (before === undefined) return unknown()
      const removed = await attempt(() => parts.repository.remove(directory.primary.id, name))
      if (!removed.ok) return removed
      const gone = { actor, search: name, before: stateOf(before), after: undefined }
      bus.publish('search.changed', gone, directory.primary.id)
      await parts.changed?.()
      return done({ name })
    },
  }
}

type Input = Parameters<SearchOperations['searchSave']>[0]

function searchOf(
  { directory, clock, actor, machine = true }: OperationsOptions,
  { name, q, tell }: Input,
): SavedSearch {
  return {
    organisationId: directory.primary.id,
    name,
    q,
    tell: tell ?? undefined,
    machine,
    changedAt: clock.now(),
    changedBy: actor.name,
  }
}

function faultOf({ q, tell }: Input): OperationResult<never> | undefined {
  const query = parseQuery(q)
  if (!query.ok) return refused({ code: 'QUERY_INVALID', message: query.error.message })
  const { since, until, counting } = query.value
  if (tell == null || (since === undefined && until === undefined && counting === undefined)) return undefined
  const message = 'a search that people are told of names no time and counts nothing: the minutes say when'
  return refused({ code: 'QUERY_INVALID', message })
}

function tooMany(
  all: readonly SavedSearch[],
  search: SavedSearch,
  before: SavedSearch | undefined,
): OperationResult<never> | undefined {
  const own = all.filter(each => each.organisationId === search.organisationId)
  const told = all.filter(each => each.tell !== undefined && each !== before)
  if (before === undefined && own.length >= MAXIMUM_SEARCHES) return refusal(`at most ${MAXIMUM_SEARCHES} are kept`)
  if (search.tell !== undefined && told.length >= MAXIMUM_TOLD)
    return refusal(`people are told of at most ${MAXIMUM_TOLD}`)
  return undefined
}

function refusal(message: string): OperationResult<never> {
  return refused({ code: 'SEARCH_REFUSED', message: `${message}: remove one first` })
}

function unknown<T>(): OperationResult<T> {
  return refused({
    code: 'SEARCH_UNKNOWN',
    message: 'no search is saved by that name; ringfence search list shows them',
  })
}

function stateOf(
  search: SavedSearch | undefined,
): { readonly q: string; readonly tell: SavedSearch['tell'] } | undefined {
  return search === undefined ? undefined : { q: search.q, tell: search.tell }
}

function viewOf({ name, q, tell, changedAt, changedBy }: SavedSearch): SearchView {
  return { name, q, tell: tell ?? null, changedAt, changedBy }
}
