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
/** Changes after which one that is over is forgotten, however lately it was: an attack fills no disk. */
const KEPT_CHANGES = 500_000
/** Changes, and milliseconds, between two times of forgetting. */
const FORGET_EACH = 20_000
const FORGET_MS = 3_600_000
/** A change gets its number before it is durable, so another one may overtake it: so many are read again. */
const OVERLAP = 2_000
const MAXIMUM_READ = 10_000
/** Readings without a new number, after which nothing that has one can still be on its way. */
const SETTLED = 5

export interface StoredSourceDecisions extends SourceDecisionRepository {
  readonly writer: GroupWriter<SourceDecision>
}

const SAVE = `
  INSERT INTO source_decisions AS known (key, id, at, expires_at, undone, undone_at, ordered, document)
  SELECT convert_from(decode(item.key, 'base64'), 'UTF8'), item.id, item.at, item.expires_at, item.undone, item.undone_at,
    item.ordered, item.document
  FROM ROWS FROM (
    unnest($1::text[]), unnest($2::uuid[]), unnest($3::bigint[]), unnest($4::bigint[]), unnest($5::boolean[]),
    unnest($6::bigint[]), unnest($7::boolean[]), string_to_table($8, E'\\n')
  ) AS item (key, id, at, expires_at, undone, undone_at, ordered, document)
  ORDER BY 1
  ON CONFLICT (key) DO UPDATE SET id = excluded.id, at = excluded.at, expires_at = excluded.expires_at,
    undone = excluded.undone, undone_at = excluded.undone_at, ordered = excluded.ordered,
    changed = nextval('source_decision_changes'), document = excluded.document
  WHERE excluded.undone OR NOT CASE
    -- Another node has not heard yet that it was taken back.
    WHEN known.undone THEN excluded.at < coalesce(known.undone_at, 0)
    -- What a person said stands; a rule of a node that has not heard of it does not write over it.
    ELSE known.ordered AND NOT excluded.ordered AND (known.expires_at IS NULL OR known.expires_at > excluded.at)
  END`
const LOAD = `
  SELECT document FROM source_decisions WHERE NOT undone
  ORDER BY expires_at IS NULL OR expires_at > $1 DESC, at DESC, key LIMIT $2`
const FORGET = `
  DELETE FROM source_decisions WHERE expires_at < $1
    OR expires_at < $2 AND changed < (SELECT max(changed) FROM source_decisions) - $3`

export function createSourceDecisionRepository(database: Database, clock: Clock): StoredSourceDecisions {
  const forget = createForgetting(database, clock)
  const writer = createGroupWriter<SourceDecision>({
    clock,
    capacity: CAPACITY,
    gather: GATHER,
    available: () => database.available,
    async write(batch) {
      await write(database, batch)
      await forget(batch.length)
    },
  })
  return {
    writer,
    async load(now, limit) {
      await database.query({ text: FORGET, values: [now - KEPT_MS, now, KEPT_CHANGES].map(Math.floor) })
      const rows = await database.query({ text: LOAD, values: [Math.floor(now), Math.floor(limit)] })
      return rows.map(row => decisionOf(row))
    },
    save(decision) {
      const { kind } = decision.target
      // Of this process alone, and over before it could be back.
      if (kind === 'socket' || kind === 'flow') return Promise.resolve()
      if (!isUuid(decision.id)) {
        return Promise.reject(new StoreError('STORE_WRITE_REFUSED', 'a decision without a proper identifier'))
      }
      return writer.add(decision)
    },
    changedSince: createReader(database),
  }
}

/** Reads on, a little from before again, and hands out each change once. */
function createReader(database: Database): SourceDecisionRepository['changedSince'] {
  /** Changes behind the overlap that were handed out. */
  let known = new Set<number>()
  let newestBefore = -1
  let quiet = 0
  return async cursor => {
    const [sequence] = await database.query({ text: 'SELECT last_value FROM source_decision_changes' })
    const newest = Number(sequence?.['last_value'] ?? 0)
    if (cursor === undefined) return { cursor: newest, decisions: [] }
    quiet = newest === newestBefore ? quiet + 1 : 0
    newestBefore = newest
    if (quiet > SETTLED) return { cursor, decisions: [] }
    const rows = await database.query({
      text: 'SELECT changed, document FROM source_decisions WHERE changed > $1 ORDER BY changed LIMIT $2',
      values: [Math.max(0, cursor - OVERLAP), MAXIMUM_READ],
    })
    // There is more.
    if (rows.length === MAXIMUM_READ) quiet = 0
    const last = Math.max(cursor, Number(rows.at(-1)?.['changed'] ?? 0))
    const unknown = rows.filter(row => !known.has(Number(row['changed'])))
    known = new Set(rows.map(row => Number(row['changed'])).filter(changed => changed > last - OVERLAP))
    return { cursor: last, decisions: unknown.map(row => decisionOf(row)) }
  }
}

/** Now and then, after a batch was written. */
function createForgetting(database: Database, clock: Clock): (written: number) => Promise<void> {
  let since = 0
  let lastAt = clock.monotonic()
  return async written => {
    since += written
    if (since < FORGET_EACH && clock.monotonic() - lastAt < FORGET_MS) return
    since = 0
    lastAt = clock.monotonic()
    const now = Math.floor(clock.now())
    // Another time will do: what was written is written.
    await database.query({ text: FORGET, values: [now - KEPT_MS, now, KEPT_CHANGES] }).catch(() => undefined)
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
      tokenArray(rows.map(({ undoneAt }) => undoneAt && Math.floor(undoneAt))),
      tokenArray(rows.map(({ origin }) => `${origin === 'operator'}`)),
      jsonLines(rows),
    ],
  })
}
