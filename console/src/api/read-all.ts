/** Everything that a list has, page after page, for a file. */
import { get, type Page } from './client.ts'

export const MAXIMUM_READ = 100_000

/** `goesOn` is told what there is so far, and says whether older ones are wanted. */
export async function readAll<T>(
  path: string,
  signal: AbortSignal,
  goesOn: (items: readonly T[]) => boolean,
): Promise<readonly T[]> {
  const all: T[] = []
  let cursor: string | null = ''
  while (cursor !== null && all.length < MAXIMUM_READ) {
    const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: Page<T> = await get<Page<T>>(`${path}${path.includes('?') ? '&' : '?'}limit=500${at}`, signal)
    all.push(...page.items)
    cursor = goesOn(all) ? page.next : null
  }
  return all.slice(0, MAXIMUM_READ)
}
