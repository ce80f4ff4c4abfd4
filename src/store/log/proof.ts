/** Rows with what proves them, and what the log is made of. */
import type { LogStatistics, ProvenRow } from '../../events/chain/event-archive.ts'
import { EVENT_CLASSES } from '../../events/event-class.ts'
import type { Opening } from '../../events/chain/types.ts'
import type { Database } from '../database.ts'
import { keysOf, openEvent } from './sealed-row.ts'
import type { SubjectKeys } from './subject-keys.ts'

export async function provenRows(
  database: Database,
  keys: SubjectKeys,
  after: number,
  limit: number,
): Promise<readonly ProvenRow[]> {
  const rows = await database.query({
    text: `SELECT position, sequence, class, document, sealed, encode(hash, 'hex') AS hash,
        (SELECT epoch FROM event_counter) AS epoch
      FROM events WHERE position > $1 ORDER BY position LIMIT $2`,
    values: [after, limit],
  })
  if (rows.length === 0) return []
  keys.seen(Number(rows[0]!['epoch']))
  const known = await keys.byIds(new Set(rows.flatMap(row => keysOf(String(row['document'])))))
  return rows.map(row => {
    const sealed = { document: String(row['document']), sealed: String(row['sealed']) }
    const opened = openEvent(sealed, known)
    return {
      position: Number(row['position']),
      class: EVENT_CLASSES[Number(row['class']) - 1]!,
      sequence: Number(row['sequence']),
      hash: String(row['hash']),
      document: sealed.document,
      openings: opened.openings satisfies readonly (Opening | null)[],
      event: opened.event,
    }
  })
}

export async function readStatistics(database: Database): Promise<LogStatistics> {
  const [end] = await database.query({ text: 'SELECT last FROM event_counter' })
  const [checkpoint] = await database.query({
    text: "SELECT number, at, position FROM event_statements WHERE kind = 'checkpoint' ORDER BY number DESC LIMIT 1",
  })
  const classes = []
  for (const [index, name] of EVENT_CLASSES.entries()) {
    const [row] = await database.query({
      text: `SELECT count(*) AS events, min(at) AS oldest,
          (SELECT coalesce(sum(pg_total_relation_size(relid)), 0) FROM pg_partition_tree($2)) AS octets
        FROM events WHERE class = $1`,
      values: [index + 1, `events_${name}`],
    })
    classes.push({
      class: name,
      events: Number(row!['events']),
      octets: Number(row!['octets']),
      oldest: row!['oldest'] === null ? undefined : Number(row!['oldest']),
    })
  }
  const lastPosition = Number(end!['last'])
  const number = (name: string): number => Number(checkpoint![name])
  return {
    events: classes.reduce((sum, each) => sum + each.events, 0),
    lastPosition,
    classes,
    checkpoint:
      checkpoint === undefined
        ? undefined
        : { number: number('number'), at: number('at'), position: number('position') },
    unsigned: lastPosition - Number(checkpoint?.['position'] ?? 0),
  }
}
