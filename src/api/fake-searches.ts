/** Saved searches for tests of commands. */
import type { SearchOperations, SearchView } from './search-operations.ts'

export function fakeSearchOperations(
  state: { searches: readonly SearchView[] },
  note: (name: string, input: unknown) => void,
): SearchOperations {
  const unknown = (name: string) =>
    ({ ok: false, error: { code: 'SEARCH_UNKNOWN', message: `no search is saved as ${name}` } }) as const
  return {
    async searchList({ name }) {
      const value = state.searches.filter(each => name === undefined || each.name === name)
      return name !== undefined && value.length === 0 ? unknown(name) : { ok: true, value }
    },
    async searchSave(input) {
      note('searchSave', input)
      const value = { ...input, tell: input.tell ?? null, changedAt: 1, changedBy: 'root' }
      state.searches = [...state.searches.filter(each => each.name !== input.name), value]
      return { ok: true, value }
    },
    async searchRemove({ name }) {
      if (!state.searches.some(each => each.name === name)) return unknown(name)
      state.searches = state.searches.filter(each => each.name !== name)
      return { ok: true, value: { name } }
    },
  }
}
