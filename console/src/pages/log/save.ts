/** Events as a file. */
import type { LoggedEvent } from '../../api/types.ts'
import { saveCsv, saveText } from '../../components/save-csv.ts'
import { fieldValue } from './language.ts'

const FIELDS = ['actor', 'extension', 'source', 'client', 'target', 'outcome', 'reason', 'rule', 'call'] as const
const HEAD = ['position', 'time', 'severity', 'type', ...FIELDS, 'data']

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
