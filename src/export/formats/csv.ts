/** Comma-separated values (RFC 4180) for spreadsheets, in which no cell is a formula. Pure. */
import type { EventFacts } from '../event-facts.ts'
import { jsonText, visible } from '../text.ts'

const COLUMNS = [
  'position',
  'id',
  'time',
  'type',
  'severity',
  'organisation',
  'outcome',
  'actor',
  'extension',
  'source',
  'client',
  'target',
  'reason',
  'rule',
  'call',
  'session',
  'data',
] as const

export const CSV_HEADER = COLUMNS.join(',')

export function csvLine({ position, id, at, type, severity, organisationId, common, data }: EventFacts): string {
  const values: { readonly [C in (typeof COLUMNS)[number]]: string | undefined } = {
    position: String(position),
    id,
    time: new Date(at).toISOString(),
    type,
    severity,
    organisation: organisationId,
    outcome: common.outcome,
    actor: common.actor,
    extension: common.extension,
    source: common.source,
    client: common.client,
    target: common.target,
    reason: common.reason,
    rule: common.rule,
    call: common.call,
    session: common.session,
    data: jsonText(data),
  }
  return COLUMNS.map(column => cell(values[column] ?? '')).join(',')
}

/** What a spreadsheet would take for a formula begins with an apostrophe; `+49…` and `-5` too, as it would compute them. */
function cell(value: string): string {
  const text = visible(value, 32_000)
  const inert = /^[\s]*[=+\-@|%＝＋－＠]/u.test(text) ? `'${text}` : text
  return `"${inert.replaceAll('"', '""')}"`
}
