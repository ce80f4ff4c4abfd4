/** A partition for each class and month, made ahead: retention drops whole ones. */
import { EVENT_CLASSES } from '../../events/event-class.ts'
import type { Database } from '../database.ts'

/** Several nodes make the same ones: one after the other. */
const ADVISORY_LOCK = 7_382_846_118

export interface Partitions {
  /** Sees to it that there are those of this month and of the next one. */
  ensure(month: number): Promise<void>
}

/** Year * 12 + month, in UTC. */
export function monthOf(at: number): number {
  const date = new Date(Math.max(0, Math.min(at, 8_000_000_000_000_000)))
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** Milliseconds: its beginning. */
export function monthStart(month: number): number {
  return Date.UTC(Math.floor(month / 12), month % 12)
}

export function partitionName(name: string, month: number): string {
  return `events_${name}_${Math.floor(month / 12)}${String((month % 12) + 1).padStart(2, '0')}`
}

export function createPartitions(database: Database): Partitions {
  const known = new Set<number>()
  return {
    async ensure(month) {
      if (known.has(month)) return
      await database.transaction(async transaction => {
        await transaction.query({ text: `SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})` })
        for (const each of [month, month + 1]) {
          for (const name of EVENT_CLASSES) {
            const table = partitionName(name, each)
            const range = `FROM (${each}) TO (${each + 1})`
            const [row] = await transaction.query({ text: `SELECT to_regclass('${table}') AS known` })
            if (row!['known'] !== null) continue
            await transaction.query({
              text: `CREATE TABLE ${table} PARTITION OF events_${name} FOR VALUES ${range}
                WITH (toast_tuple_target = 8160, autovacuum_vacuum_insert_scale_factor = 0.02)`,
            })
            await transaction.query({
              text: `ALTER TABLE ${table} ALTER COLUMN document SET STORAGE EXTERNAL, ALTER COLUMN sealed SET STORAGE EXTERNAL`,
            })
          }
        }
      })
      // A clock that jumps may bring many; they are asked for again then.
      if (known.size > 100) known.clear()
      known.add(month)
    },
  }
}
