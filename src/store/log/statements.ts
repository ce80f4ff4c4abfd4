/** Signed statements: numbered, each naming the one before, several nodes one after the other. */
import type { Clock } from '../../base/clock.ts'
import { signStatement, statementHash } from '../../events/chain/statement.ts'
import type { Checkpoint, Dropped, Erased, Heads, SignedStatement } from '../../events/chain/types.ts'
import { EVENT_CLASSES } from '../../events/event-class.ts'
import type { Database, Row, Transaction } from '../database.ts'
import type { LogSecrets } from './secrets.ts'

const ADVISORY_LOCK = 7_382_846_119

type Body =
  | Omit<Checkpoint, 'number' | 'previous' | 'at'>
  | Omit<Dropped, 'number' | 'previous' | 'at'>
  | Omit<Erased, 'number' | 'previous' | 'at'>

export interface StatementsParts {
  readonly database: Database
  readonly clock: Clock
  readonly secrets: LogSecrets
}

/** Appends one within `transaction`, which holds the lock until its end. */
export async function addStatement(
  { clock, secrets }: StatementsParts,
  transaction: Transaction,
  body: Body,
  position: number,
): Promise<SignedStatement> {
  await lockStatements(transaction)
  const [last] = await transaction.query({
    text: 'SELECT number, text, signature FROM event_statements ORDER BY number DESC LIMIT 1',
  })
  const number = Number(last?.['number'] ?? 0) + 1
  const previous = statementHash(last === undefined ? undefined : signedOf(last))
  const at = clock.now()
  const signed = signStatement({ number, previous, at, ...body }, secrets.signingKey)
  await transaction.query({
    text: 'INSERT INTO event_statements (number, kind, at, position, text, signature) VALUES ($1, $2, $3, $4, $5, $6)',
    values: [number, body.kind, at, position, signed.text, signed.signature],
  })
  return signed
}

export function lockStatements(transaction: Transaction): Promise<unknown> {
  return transaction.query({ text: `SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})` })
}

export function signedOf(row: Row): SignedStatement {
  return { text: String(row['text']), signature: String(row['signature']) }
}

export interface LogEnd {
  readonly position: number
  readonly heads: Heads
}

export async function readEnd(transaction: Transaction): Promise<LogEnd> {
  const [row] = await transaction.query({
    text: `SELECT last, sequences, (SELECT array_agg(encode(each, 'hex') ORDER BY number)
      FROM unnest(hashes) WITH ORDINALITY AS item (each, number)) AS hashes FROM event_counter`,
  })
  const [sequences, hashes] = [row!['sequences'] as readonly string[], row!['hashes'] as readonly string[]]
  const heads = EVENT_CLASSES.map((name, index) => [name, { sequence: Number(sequences[index]), hash: hashes[index]! }])
  return { position: Number(row!['last']), heads: Object.fromEntries(heads) as unknown as Heads }
}

/** Signs the end of the log, if it has moved since the last checkpoint. */
export async function signCheckpoint(parts: StatementsParts): Promise<SignedStatement | undefined> {
  return parts.database.transaction(async transaction => {
    await lockStatements(transaction)
    const [last] = await transaction.query({
      text: "SELECT position FROM event_statements WHERE kind = 'checkpoint' ORDER BY number DESC LIMIT 1",
    })
    const { position, heads } = await readEnd(transaction)
    if (position === 0 || position === Number(last?.['position'] ?? 0)) return undefined
    return addStatement(parts, transaction, { kind: 'checkpoint', position, heads }, position)
  })
}
