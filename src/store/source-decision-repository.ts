/** Decisions about sources in a table; written together, read on by other nodes. */
import type { Clock } from '../base/clock.ts'
import type { SourceDecisionRepository } from '../guard/sources/repository.ts'
import { keyOfTarget } from '../guard/sources/target.ts'
import type { SourceDecision } from '../guard/sources/types.ts'
import { isUuid, jsonLines, tokenArray } from './columns.ts'
import type { Database, Row } from './database.ts'
import { StoreError } from './errors.ts'
import { createGroupWriter, type GroupWriter } from './group-writer.ts'

/** Decisions that wait at most: a flood makes no more than the table holds. */
const CAPACITY = 200_000
const GATHER = 100
/** What is over for so long is no repeat any more. */
const KEPT_MS = 30 * 24 * 3_600_000
/** A change gets its number before it is durable, so another one may overtake it: so many are read again. */
const OVERLAP = 2_000
const MAXIMUM_READ = 10_000
/** Readings without a new number, after which nothing that has one can still be on its way. */
const SETTLED = 5

export interface StoredSourceDecisions extends SourceDecisionRepository {
  readonly writer: GroupWriter<SourceDecision>
}

const SAVE = `
  INSERT INTO source_decisions (key, id, at, expires_at, undone, document)
  SELECT convert_from(decode(item.key, 'base64'), 'UTF8'), item.id, item.at, item.expires_at, item.undone, item.document
  FROM ROWS FROM (
    unnest($1::text[]), unnest($2::uuid[]), unnest($3::bigint[]), unnest($4::bigint[]), unnest($5::boolean[]),
    string_to_table($6, E'\\n')
  ) AS item (key, id, at, expires_at, undone, document)
  ORDER BY 1
  ON CONFLICT (key) DO UPDATE SET id = excluded.id, at = excluded.at, expires_at = excluded.expires_at,
    undone = excluded.undone, changed = nextval('source_decision_changes'), document = excluded.document`
const LOAD = `
  SELECT document FROM source_decisions
  WHERE NOT undone AND (expires_at IS NULL OR expires_at > $1) ORDER BY at DESC, key LIMIT $2`

export function createSourceDecisionRepository(database: Database, clock: Clock): StoredSourceDecisions {
  const writer = createGroupWriter<SourceDecision>({
    clock,
    capacity: CAPACITY,
    gather: GATHER,
    available: () => database.available,
    write: batch => write(database, batch),
  })
  let quiet = 0
  return {
    writer,
    async load(now, limit) {
      await database.query({ text: 'DELETE FROM source_decisions WHERE expires_at < $1', values: [now - KEPT_MS] })
      const rows = await database.query({ text: LOAD, values: [Math.floor(now), Math.floor(limit)] })
      return rows.map(row => decisionOf(row))
    },
    save(decision) {
      if (!isUuid(decision.id)) {
        return Promise.reject(new StoreError('STORE_WRITE_REFUSED', 'a decision without a proper identifier'))
      }
      return writer.add(decision)
    },
    async changedSince(cursor) {
      const [sequence] = await database.query({ text: 'SELECT last_value FROM source_decision_changes' })
      const newest = Number(sequence?.['last_value'] ?? 0)
      if (cursor === undefined) return { cursor: newest, decisions: [] }
      quiet = newest === cursor ? quiet + 1 : 0
      if (quiet > SETTLED) return { cursor, decisions: [] }
      const rows = await database.query({
        text: 'SELECT changed, document FROM source_decisions WHERE changed > $1 ORDER BY changed LIMIT $2',
        values: [Math.max(0, cursor - OVERLAP), MAXIMUM_READ],
      })
      const last = rows.at(-1)
      return {
        cursor: last === undefined ? cursor : Math.max(cursor, Number(last['changed'])),
        decisions: rows.map(row => decisionOf(row)),
      }
    },
  }
}

/** JSON leaves out what is undefined. */
function decisionOf(row: Row): SourceDecision {
  const decision = JSON.parse(String(row['document'])) as SourceDecision
  return { ...decision, expiresAt: decision.expiresAt }
}

async function write(database: Database, batch: readonly SourceDecision[]): Promise<void> {
  const newest = new Map<string, SourceDecision>()
  for (const decision of batch) newest.set(keyOfTarget(decision.target, decision.action), decision)
  const rows = [...newest.values()]
  await database.query({
    name: 'write-source-decisions',
    text: SAVE,
    values: [
      // A user name is a stranger's text: in an array of tokens only as base64.
      tokenArray([...newest.keys()].map(key => Buffer.from(key.replaceAll('\0', ''), 'utf8').toString('base64'))),
      tokenArray(rows.map(({ id }) => id)),
      tokenArray(rows.map(({ at }) => Math.floor(at))),
      tokenArray(rows.map(({ expiresAt }) => expiresAt && Math.floor(expiresAt))),
      tokenArray(rows.map(({ state }) => `${state === 'undone'}`)),
      jsonLines(rows),
    ],
  })
}
