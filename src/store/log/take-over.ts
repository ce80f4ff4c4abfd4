/** What the log held before it was a chain: written again in order, so that each event keeps its position. */
import type { Logger } from '../../base/logger.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import type { Database, Row } from '../database.ts'
import type { WriteBatch } from './append.ts'
import { monthOf } from './partitions.ts'

const BATCH = 1_000

export async function takeOverOldEvents(
  database: Database,
  write: WriteBatch,
  logger: Logger,
  now: () => number,
): Promise<void> {
  let count = 0
  let told = 0
  for (;;) {
    const [table] = await database.query({ text: "SELECT to_regclass('events_before') AS known" })
    if (table!['known'] === null) return
    const rows = await database.query({
      text: `SELECT at, event FROM events_before WHERE position > (SELECT last FROM event_counter)
        ORDER BY position LIMIT ${BATCH}`,
    })
    if (rows.length === 0) break
    const batch = ofOneMonth(rows)
    await write(batch.map(eventOf), false, Math.min(monthOf(Number(batch[0]!['at'])), monthOf(now())))
    count += batch.length
    if (count >= told + 100_000) {
      told = count
      logger.info({ events: count }, 'the log is being taken over into the chain')
    }
  }
  await database.query({ text: 'DROP TABLE IF EXISTS events_before' })
  if (count > 0) logger.info({ events: count }, 'the log was taken over into the chain')
}

/** The first rows, as far as they are of one month: each gets into its own, and the order is kept. */
function ofOneMonth(rows: readonly Row[]): readonly Row[] {
  const month = monthOf(Number(rows[0]!['at']))
  const end = rows.findIndex(row => monthOf(Number(row['at'])) !== month)
  return end === -1 ? rows : rows.slice(0, end)
}

function eventOf(row: Row): RingfenceEvent {
  return JSON.parse(String(row['event'])) as RingfenceEvent
}
