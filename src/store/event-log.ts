/** The events in order: positions without holes, appended in groups, read by position, time, type. */
import type { Clock } from '../base/clock.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import type { EventLog, EventQuery, LoggedEvent } from '../events/event-log.ts'
import { isUuid, jsonLines, tokenArray } from './columns.ts'
import type { Database } from './database.ts'
import { StoreError } from './errors.ts'
import type { GroupWriter } from './group-writer.ts'
import { createGroupWriter } from './group-writer.ts'

/** Events that wait for the database at most. */
export const EVENT_BUFFER = 100_000
/** Nobody waits for an event but a reader of the log; many at once cost the database little more than one. */
const GATHER = 100
const MAXIMUM_RESULT = 10_000

export interface StoredEventLog extends EventLog {
  readonly writer: Pick<GroupWriter<RingfenceEvent>, 'size' | 'resume' | 'refuseUrgent' | 'flush' | 'stop'>
  /** Events refused because the buffer was full, since the last call. */
  takeLost(): number
}

/** The row of this writer decides: a batch is taken once, and one of an earlier process not any more. */
const APPEND = `
  WITH turn AS (UPDATE event_writers SET batch = batch + 1 WHERE home = $1 AND batch = $2 RETURNING batch),
  counter AS (
    UPDATE event_counter SET last = last + $3 WHERE EXISTS (SELECT 1 FROM turn) RETURNING last - $3 AS base
  ),
  added AS (
    INSERT INTO events (position, at, organisation_id, type, event)
    SELECT counter.base + item.number, item.at, item.organisation_id, item.type, item.event
    FROM counter, ROWS FROM (
      unnest($4::bigint[]), unnest($5::uuid[]), unnest($6::text[]), string_to_table($7, E'\\n')
    ) WITH ORDINALITY AS item (at, organisation_id, type, event, number)
  )
  SELECT batch FROM turn`

/** Leaves a gap that no batch of an earlier process reaches, should one still be on its way. */
const TAKE_OVER = `
  INSERT INTO event_writers (home, batch) VALUES ($1, 0)
  ON CONFLICT (home) DO UPDATE SET batch = event_writers.batch + 1000 RETURNING batch`

/** `home`: the data folder, which one process at a time has. */
export async function createEventLog(database: Database, clock: Clock, home: string): Promise<StoredEventLog> {
  const takeOver = async (): Promise<number> => {
    const [row] = await database.query({ text: TAKE_OVER, values: [home] })
    return Number(row!['batch'])
  }
  let last = await takeOver()
  let lost = 0
  const writer = createGroupWriter<RingfenceEvent>({
    clock,
    capacity: EVENT_BUFFER,
    gather: GATHER,
    available: () => database.available,
    async write(batch, again) {
      const columns = columnsOf(batch)
      const append = () => database.query({ name: 'append-events', text: APPEND, values: [home, last, ...columns] })
      const taken = await append()
      // Not taken: an attempt whose answer was lost had been committed. Otherwise a stranger used our row.
      if (taken.length === 0 && !again) {
        last = await takeOver()
        await append()
      }
      last++
    },
  })
  return {
    writer,
    append(event) {
      if (writer.size >= EVENT_BUFFER) lost++
      if (isAcceptable(event)) return writer.add(event)
      return Promise.reject(
        new StoreError('STORE_WRITE_REFUSED', 'an event without a proper time, type or organisation'),
      )
    },
    query: query => read(database, query),
    takeLost() {
      const count = lost
      lost = 0
      return count
    },
  }
}

function columnsOf(batch: readonly RingfenceEvent[]): readonly unknown[] {
  return [
    batch.length,
    tokenArray(batch.map(event => event.at)),
    tokenArray(batch.map(event => event.organisationId)),
    tokenArray(batch.map(event => event.type)),
    jsonLines(batch),
  ]
}

function isAcceptable(event: RingfenceEvent): boolean {
  const organisation = event.organisationId
  return (
    Number.isSafeInteger(event.at) &&
    /^[a-z.-]{1,64}$/.test(event.type) &&
    (organisation === undefined || isUuid(organisation))
  )
}

/** Families as ranges, which an index finds: no character lies between `.` and `/`. */
function ofTypes(types: NonNullable<EventQuery['types']>, parameter: (value: unknown) => string): string {
  const type = 'type COLLATE "C"'
  const families = types.filter(each => each.endsWith('.'))
  const ranges = families.map(
    each => `${type} > ${parameter(each)} AND ${type} < ${parameter(`${each.slice(0, -1)}/`)}`,
  )
  const named = `${type} = ANY (${parameter(types)})`
  return `(${[named, ...ranges].join(' OR ')})`
}

async function read(database: Database, query: EventQuery): Promise<readonly LoggedEvent[]> {
  const values: unknown[] = []
  const parameter = (value: unknown): string => `$${values.push(value)}`
  const conditions: string[] = []
  if (query.after !== undefined) conditions.push(`position > ${parameter(query.after)}`)
  if (query.before !== undefined) conditions.push(`position < ${parameter(query.before)}`)
  if (query.since !== undefined) conditions.push(`at >= ${parameter(Math.floor(query.since))}`)
  if (query.organisationId !== undefined) {
    const own = `organisation_id = ${parameter(query.organisationId)}`
    conditions.push(query.machine === true ? `(${own} OR organisation_id IS NULL)` : own)
  }
  if (query.types !== undefined) conditions.push(ofTypes(query.types, parameter))
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  const newest = query.after === undefined && query.since === undefined
  const limit = parameter(Math.max(0, Math.min(Math.floor(query.limit), MAXIMUM_RESULT)))
  const order = newest ? 'DESC' : 'ASC'
  const text = `SELECT position, event FROM events ${where} ORDER BY position ${order} LIMIT ${limit}`
  const rows = (await database.query({ text, values })).map(row => ({
    position: Number(row['position']),
    event: JSON.parse(String(row['event'])) as RingfenceEvent,
  }))
  return newest ? rows.toReversed() : rows
}
