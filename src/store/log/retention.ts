/** Drops whole months of a class, with a signed record of what went; and destroys keys, with a record of which. */
import { type EventClass, EVENT_CLASSES } from '../../events/event-class.ts'
import type { ErasureSubject, Retention } from '../../events/chain/event-archive.ts'
import { subjectOfNumber, subjectOfPerson } from '../../events/chain/subjects.ts'
import { monthOf, monthStart, partitionName } from './partitions.ts'
import { addStatement, lockStatements, type StatementsParts } from './statements.ts'
import { INDEXED_DATA, PLACES } from './tokens.ts'

/** Oldest months first, none skipped: what is left of a class begins at one place. */
export async function dropOld(parts: StatementsParts, retention: Retention): Promise<number> {
  let dropped = 0
  for (const name of EVENT_CLASSES) {
    const before = parts.clock.now() - retention[name]
    for (const month of await monthsOf(parts, name)) {
      if (monthStart(month + 1) > before) break
      dropped += await dropMonth(parts, name, month)
    }
  }
  return dropped
}

async function monthsOf({ database }: StatementsParts, name: EventClass): Promise<readonly number[]> {
  const rows = await database.query({
    text: `SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
      WHERE inhparent = to_regclass($1) ORDER BY relname`,
    values: [`events_${name}`],
  })
  return rows.flatMap(row => {
    const [, year, month] = /_(\d{4,6})(\d{2})$/.exec(String(row['relname'])) ?? []
    return year === undefined ? [] : [Number(year) * 12 + Number(month) - 1]
  })
}

async function dropMonth(parts: StatementsParts, name: EventClass, month: number): Promise<number> {
  const table = partitionName(name, month)
  return parts.database.transaction(async transaction => {
    await lockStatements(transaction)
    // Nobody writes into it any more: the month of the writing only grows. The current one is never dropped.
    const [counter] = await transaction.query({ text: 'SELECT month FROM event_counter FOR UPDATE' })
    if (month >= Number(counter!['month'])) return 0
    const [known] = await transaction.query({ text: `SELECT to_regclass('${table}') AS known` })
    if (known!['known'] === null) return 0
    const [last] = await transaction.query({
      text: `SELECT position, sequence, encode(hash, 'hex') AS hash, max(at) OVER () AS newest, count(*) OVER () AS count
        FROM ${table} ORDER BY position DESC LIMIT 1`,
    })
    if (last !== undefined) {
      // A clock that went wrong may have put newer ones there.
      if (monthOf(Number(last['newest'])) > month) return 0
      const head = { sequence: Number(last['sequence']), hash: String(last['hash']) }
      const [position, count] = [Number(last['position']), Number(last['count'])]
      await addStatement(parts, transaction, { kind: 'dropped', class: name, head, position, count }, position)
    }
    await transaction.query({ text: `DROP TABLE ${table}` })
    return Number(last?.['count'] ?? 0)
  })
}

export async function destroyKeys(parts: StatementsParts, subject: ErasureSubject, reason: string): Promise<number> {
  const { database, secrets } = parts
  const [name, value, owner] = nameOf(subject)
  const tokens = [...PLACES, ...INDEXED_DATA.map(field => `data.${field}`)].map(field => secrets.token(field, value))
  return database.transaction(async transaction => {
    // Writers wait for this row, and are told that their keys are old.
    await lockStatements(transaction)
    await transaction.query({ text: 'UPDATE event_counter SET epoch = epoch + 1' })
    const rows = await transaction.query({
      text: `UPDATE event_keys SET sealed_key = NULL WHERE subject = decode($1, 'hex') AND sealed_key IS NOT NULL RETURNING id`,
      values: [secrets.subjectIndex(name).toString('hex')],
    })
    const keys = rows.map(row => Number(row['id']))
    if (keys.length === 0) return 0
    // Whoever could make blind indexes could otherwise still ask for this one.
    await transaction.query({
      text: `UPDATE events SET tokens = (
          SELECT array_agg(CASE WHEN each = ANY ($1::bigint[]) THEN NULL ELSE each END ORDER BY place)
          FROM unnest(tokens) WITH ORDINALITY AS item (each, place))
        WHERE tokens && $1::bigint[] AND ($2::uuid IS NULL OR organisation_id = $2)`,
      values: [tokens.map(String), owner],
    })
    await addStatement(parts, transaction, { kind: 'erased', keys, reason }, 0)
    return keys.length
  })
}

function nameOf(subject: ErasureSubject): readonly [subject: string, value: string, organisation: string | null] {
  if (subject.kind === 'person') return [subjectOfPerson(subject.email), subject.email, null]
  return [subjectOfNumber(subject.organisationId, subject.number), subject.number, subject.organisationId]
}
