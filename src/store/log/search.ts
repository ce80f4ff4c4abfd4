/** Answers questions to the log: pages of events, and counts. */
import type { Counts, SearchOptions, SearchPage } from '../../events/chain/event-archive.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import { eventFields } from '../../events/query/event-fields.ts'
import { SEVERITIES } from '../../events/query/fields.ts'
import { matches } from '../../events/query/matches.ts'
import type { Counting, Query } from '../../events/query/types.ts'
import type { Database, Row } from '../database.ts'
import { OUTCOMES } from './append.ts'
import { type CompileContext, compileFilter, compileTimes } from './compile-query.ts'
import { COLUMNS, conditionsOf, MAXIMUM_RESULT, openRows } from './read.ts'
import type { LogSecrets } from './secrets.ts'
import type { SubjectKeys } from './subject-keys.ts'
import { PLACES, type Place } from './tokens.ts'

export interface SearchParts {
  readonly database: Database
  readonly keys: SubjectKeys
  readonly secrets: LogSecrets
}

/** Events opened for one question at most, where the database cannot decide alone. */
const LOOKED_AT = 20_000
/** At once: what is opened, is opened between calls. */
const STEP = 500
/** Events among which what is frequent shows itself. */
const NEWEST = 50_000

interface Prepared {
  readonly conditions: readonly string[]
  readonly values: unknown[]
  readonly exact: boolean
}

function prepare({ secrets }: SearchParts, query: Query, options: SearchOptions): Prepared {
  const values: unknown[] = []
  const context: CompileContext = { token: secrets.token, parameter: value => `$${values.push(value)}` }
  const { sql, exact } = compileFilter(query.filter, context)
  const { organisationId, machine } = options
  const scope = {
    ...(organisationId === undefined ? {} : { organisationId }),
    ...(machine === undefined ? {} : { machine }),
  }
  const times = compileTimes(query, options.now, context)
  const conditions = [...conditionsOf(scope, context.parameter), ...times, ...(sql === undefined ? [] : [sql])]
  return { ...withUsedValues(conditions, values), exact }
}

/** PostgreSQL refuses values that no condition names: a part that says nothing may have left some. */
function withUsedValues(conditions: readonly string[], values: readonly unknown[]): Omit<Prepared, 'exact'> {
  const used: unknown[] = []
  const renumbered = conditions.map(each =>
    each.replace(/\$(\d+)/g, (_, number: string) => `$${used.push(values[Number(number) - 1])}`),
  )
  return { conditions: renumbered, values: used }
}

async function* pages(
  parts: SearchParts,
  prepared: Prepared,
  before: number | undefined,
  size: number,
): AsyncGenerator<readonly LoggedEvent[]> {
  let end = before
  // What is frequent is found among the newest, by position. What is not is rare enough to be found by its index and
  // sorted: the database, which cannot know which it is, is told.
  const isRare = prepared.conditions.some(each => /tokens @>|type|severity|outcome|at <=/.test(each))
  let newest = await newestStart(parts, end)
  for (;;) {
    const values = [...prepared.values]
    const conditions = [...prepared.conditions]
    if (end !== undefined) conditions.push(`position < $${values.push(end)}`)
    if (newest > 0) conditions.push(`position >= $${values.push(newest)}`)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const from = isRare && newest === 0 ? `(SELECT * FROM events ${where} OFFSET 0) AS rare` : `events ${where}`
    const text = `SELECT ${COLUMNS} FROM ${from} ORDER BY position DESC LIMIT ${size}`
    const events = await openRows(parts.keys, await parts.database.read({ text, values }))
    yield events
    if (events.length < size) {
      if (newest === 0) return
      end = newest
      newest = 0
    } else end = events.at(-1)!.position
  }
}

/** Where the newest events begin, among which what is frequent is looked for first. */
async function newestStart({ database }: SearchParts, end: number | undefined): Promise<number> {
  const [row] = end === undefined ? await database.query({ text: 'SELECT last FROM event_counter' }) : []
  return Math.max(0, (end ?? Number(row!['last'])) - NEWEST)
}

export async function searchEvents(parts: SearchParts, query: Query, options: SearchOptions): Promise<SearchPage> {
  const limit = Math.max(1, Math.min(Math.floor(options.limit), MAXIMUM_RESULT))
  const prepared = prepare(parts, query, options)
  const found: LoggedEvent[] = []
  let looked = 0
  for await (const events of pages(parts, prepared, options.before, prepared.exact ? limit + 1 : STEP)) {
    for (const each of events) {
      if (!prepared.exact && !matches(query.filter, eventFields(each.event, each.position))) continue
      if (found.length === limit) return { events: found, next: found.at(-1)!.position, partial: false }
      found.push(each)
    }
    looked += events.length
    if (looked >= LOOKED_AT) return { events: found, next: events.at(-1)!.position, partial: true }
  }
  return { events: found, next: undefined, partial: false }
}

export async function countEvents(parts: SearchParts, query: Query, options: SearchOptions): Promise<Counts> {
  const counting = query.counting ?? { by: [], per: undefined, top: 1 }
  const prepared = prepare(parts, query, options)
  const columns = counting.by.map(columnOf)
  if (prepared.exact && columns.every(each => each !== undefined)) {
    return countInDatabase(parts, prepared, counting, columns)
  }
  return countHere(parts, prepared, query, counting, options)
}

function columnOf(field: string): string | undefined {
  if (field === 'type' || field === 'severity' || field === 'outcome') return field
  const place = PLACES.indexOf(field as Place)
  return place === -1 ? undefined : `tokens[${place + 1}]`
}

const isPlace = (field: string): boolean => PLACES.includes(field as Place)

async function countInDatabase(
  parts: SearchParts,
  prepared: Prepared,
  counting: Counting,
  columns: readonly (string | undefined)[],
): Promise<Counts> {
  const step = counting.per === undefined ? [] : [`at - at % ${Math.floor(counting.per)}`]
  const groups = [...step, ...columns]
  const where = prepared.conditions.length === 0 ? '' : `WHERE ${prepared.conditions.join(' AND ')}`
  const named = groups.map((each, index) => `${each} AS group_${index}`)
  const grouping = groups.length === 0 ? '' : `GROUP BY ${groups.map((_, index) => index + 1).join(', ')}`
  // Only where it is needed: without it an index answers, and no row is read.
  const sample = counting.by.some(isPlace) ? ['max(position) AS sample'] : []
  const text = `SELECT ${[...named, 'count(*) AS count', ...sample, 'sum(count(*)) OVER () AS total'].join(', ')}
    FROM events ${where} ${grouping} ORDER BY count DESC LIMIT ${counting.top}`
  const rows = await parts.database.read({ text, values: prepared.values })
  const samples = await openSamples(parts, counting, rows)
  return {
    groups: rows.map(row => ({
      values: counting.by.map((field, index) => groupValue(field, row[`group_${index + step.length}`], samples, row)),
      at: step.length === 0 ? undefined : Number(row['group_0']),
      count: Number(row['count']),
    })),
    total: Number(rows[0]?.['total'] ?? 0),
    partial: false,
  }
}

/** One event of each group tells what its blind indexes stand for. */
async function openSamples(
  parts: SearchParts,
  { by }: Counting,
  rows: readonly Row[],
): Promise<ReadonlyMap<number, LoggedEvent>> {
  if (!by.some(isPlace)) return new Map()
  const positions = rows.map(row => String(row['sample'])).filter(each => each !== 'null')
  const text = `SELECT ${COLUMNS} FROM events WHERE position = ANY ($1::bigint[])`
  const events = await openRows(parts.keys, await parts.database.read({ text, values: [positions] }))
  return new Map(events.map(each => [each.position, each]))
}

function groupValue(field: string, value: unknown, samples: ReadonlyMap<number, LoggedEvent>, row: Row): string {
  if (field === 'type') return String(value)
  if (field === 'severity') return SEVERITIES[Number(value)] ?? ''
  if (field === 'outcome') return OUTCOMES[Number(value)] ?? ''
  if (value === null) return ''
  const sample = samples.get(Number(row['sample']))
  return String(sample === undefined ? '' : (eventFields(sample.event).values(field)[0] ?? ''))
}

async function countHere(
  parts: SearchParts,
  prepared: Prepared,
  query: Query,
  { by, per, top }: Counting,
  options: SearchOptions,
): Promise<Counts> {
  const groups = new Map<string, { values: readonly string[]; at: number | undefined; count: number }>()
  let [total, looked] = [0, 0]
  let partial = false
  for await (const events of pages(parts, prepared, options.before, STEP)) {
    for (const { event, position } of events) {
      const fields = eventFields(event, position)
      if (!prepared.exact && !matches(query.filter, fields)) continue
      const values = by.map(field => String(fields.values(field)[0] ?? ''))
      const at = per === undefined ? undefined : event.at - (event.at % per)
      const name = JSON.stringify([at, values])
      const group = groups.get(name) ?? { values, at, count: 0 }
      group.count++
      total++
      // No more groups than events that are looked at.
      groups.set(name, group)
    }
    looked += events.length
    partial = looked >= LOOKED_AT
    if (partial) break
  }
  const sorted = [...groups.values()].toSorted((a, b) => b.count - a.count)
  return { groups: sorted.slice(0, top), total, partial }
}
