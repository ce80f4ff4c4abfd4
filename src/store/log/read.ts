/** Reads rows, and opens what they hold. */
import { classNumbers } from '../../events/event-class.ts'
import type { EventQuery, LoggedEvent } from '../../events/event-log.ts'
import type { Database, Row } from '../database.ts'
import { keysOf, openEvent } from './sealed-row.ts'
import type { SubjectKeys } from './subject-keys.ts'

export const MAXIMUM_RESULT = 10_000
/** With the count of destroyed keys, so that none of them is used from memory. */
export const COLUMNS = 'position, document, sealed, (SELECT epoch FROM event_counter) AS epoch'

export async function openRows(keys: SubjectKeys, rows: readonly Row[]): Promise<readonly LoggedEvent[]> {
  if (rows.length === 0) return []
  keys.seen(Number(rows[0]!['epoch']))
  const sealed = rows.map(row => ({ document: String(row['document']), sealed: String(row['sealed']) }))
  const known = await keys.byIds(new Set(sealed.flatMap(row => keysOf(row.document))))
  return sealed.map((row, index) => ({
    position: Number(rows[index]!['position']),
    event: openEvent(row, known).event,
  }))
}

export async function readEvents(
  database: Database,
  keys: SubjectKeys,
  query: EventQuery,
): Promise<readonly LoggedEvent[]> {
  const values: unknown[] = []
  const conditions = conditionsOf(query, value => `$${values.push(value)}`)
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const newest = query.after === undefined && query.since === undefined
  const limit = `$${values.push(Math.max(0, Math.min(Math.floor(query.limit), MAXIMUM_RESULT)))}`
  const order = newest ? 'DESC' : 'ASC'
  const text = `SELECT ${COLUMNS} FROM events ${where} ORDER BY position ${order} LIMIT ${limit}`
  const events = await openRows(keys, await database.read({ text, values }))
  return newest ? events.toReversed() : events
}

export function conditionsOf(query: Omit<EventQuery, 'limit'>, parameter: (value: unknown) => string): string[] {
  const conditions: string[] = []
  if (query.after !== undefined) conditions.push(`position > ${parameter(query.after)}`)
  if (query.before !== undefined) conditions.push(`position < ${parameter(query.before)}`)
  if (query.since !== undefined) conditions.push(`at >= ${parameter(Math.floor(query.since))}`)
  if (query.organisationId !== undefined) {
    const own = `organisation_id = ${parameter(query.organisationId)}`
    conditions.push(query.machine === true ? `(${own} OR organisation_id IS NULL)` : own)
  }
  if (query.types !== undefined) conditions.push(ofTypes(query.types, parameter))
  return conditions
}

/** Families as ranges, which an index finds: no character lies between `.` and `/`. */
function ofTypes(types: NonNullable<EventQuery['types']>, parameter: (value: unknown) => string): string {
  const families = types.filter(each => each.endsWith('.'))
  const ranges = families.map(each => `type > ${parameter(each)} AND type < ${parameter(`${each.slice(0, -1)}/`)}`)
  const classes = new Set(types.flatMap(each => classNumbers(each, each.endsWith('.'))))
  // So that the others are not searched for what they cannot hold.
  const within = `class = ANY ('{${[...classes].join(',')}}')`
  return `(${within} AND (${[`type = ANY (${parameter(types)})`, ...ranges].join(' OR ')}))`
}
