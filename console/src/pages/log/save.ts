/** The whole result of a question as a file: read on page by page, up to so many events. */
import { get, type Page } from '../../api/client.ts'
import type { LoggedEvent } from '../../api/types.ts'
import { saveCsv, saveText } from '../../components/save-csv.ts'
import { fieldValue } from './language.ts'

export const MAXIMUM_SAVED = 100_000
const FIELDS = ['actor', 'extension', 'source', 'client', 'target', 'outcome', 'reason', 'rule', 'call'] as const
const HEAD = ['position', 'time', 'severity', 'type', ...FIELDS, 'data']

/** `path` with its question; `tell` is told how many there are so far. */
export async function readAll<T>(
  path: string,
  signal: AbortSignal,
  tell: (items: readonly T[]) => boolean,
): Promise<readonly T[]> {
  const all: T[] = []
  let cursor: string | null = ''
  while (cursor !== null && all.length < MAXIMUM_SAVED) {
    const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: Page<T> = await get<Page<T>>(`${path}${path.includes('?') ? '&' : '?'}limit=500${at}`, signal)
    all.push(...page.items)
    cursor = tell(all) ? page.next : null
  }
  return all.slice(0, MAXIMUM_SAVED)
}

export function saveEvents(form: 'csv' | 'jsonl', events: readonly LoggedEvent[]): void {
  if (form === 'csv') saveCsv('log.csv', HEAD, events.map(row))
  else saveText('log.jsonl', events.map(each => `${JSON.stringify(each)}\n`).join(''), 'application/x-ndjson')
}

function row(logged: LoggedEvent): readonly string[] {
  const { position, event } = logged
  const common = FIELDS.map(field => fieldValue(logged, field))
  return [
    String(position),
    new Date(event.at).toISOString(),
    event.severity,
    event.type,
    ...common,
    JSON.stringify(event.data),
  ]
}
