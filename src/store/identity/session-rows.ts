/** Rows of sessions, and of ceremonies that were finished. */
import type { IdentityRepository, StoredSession } from '../../identity/repository.ts'
import { isUuid } from '../columns.ts'
import type { Database, Row } from '../database.ts'
import { documentOf, fromDocument } from './documents.ts'

type SessionRows = Pick<
  IdentityRepository,
  | 'insertSession'
  | 'sessionByToken'
  | 'updateSession'
  | 'renewSession'
  | 'sessions'
  | 'session'
  | 'deleteSession'
  | 'deleteSessionsOf'
  | 'deleteExpired'
  | 'useOnce'
>

const INSERT = `
  INSERT INTO person_sessions
    (id, token_hash, person_id, created_at, last_seen_at, until, stepped_up_until, must_enrol, document)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
const RENEW = `
  UPDATE person_sessions SET previous_hash = token_hash, previous_until = $3, token_hash = $2 WHERE id = $1 RETURNING id`
const UPDATE = `
  UPDATE person_sessions SET last_seen_at = greatest(last_seen_at, coalesce($2, last_seen_at)),
    stepped_up_until = coalesce($3, stepped_up_until), must_enrol = coalesce($4, must_enrol)
  WHERE id = $1`

export function createSessionRows(database: Database): SessionRows {
  const run = (text: string, values: readonly unknown[]): Promise<readonly Row[]> => database.query({ text, values })
  return {
    async insertSession(session) {
      const {
        id,
        tokenHash,
        previous: _none,
        personId,
        createdAt,
        lastSeenAt,
        until,
        steppedUpUntil,
        ...rest
      } = session
      const { mustEnrol, ...others } = rest
      const times = [createdAt, lastSeenAt, until, steppedUpUntil].map(Math.floor)
      await run(INSERT, [id, tokenHash, personId, ...times, mustEnrol, documentOf(others)])
    },
    async sessionByToken(tokenHash) {
      const [row] = await run('SELECT * FROM person_sessions WHERE token_hash = $1 OR previous_hash = $1', [tokenHash])
      return row === undefined ? undefined : storedSession(row)
    },
    async session(id) {
      const [row] = isUuid(id) ? await run('SELECT * FROM person_sessions WHERE id = $1', [id]) : []
      return row === undefined ? undefined : storedSession(row)
    },
    async updateSession(id, { lastSeenAt, steppedUpUntil, mustEnrol }) {
      const times = [lastSeenAt, steppedUpUntil].map(time => (time === undefined ? null : Math.floor(time)))
      await run(UPDATE, [id, ...times, mustEnrol ?? null])
    },
    async renewSession(id, tokenHash, until) {
      return (await run(RENEW, [id, tokenHash, Math.floor(until)])).length > 0
    },
    async sessions(personId) {
      const text = 'SELECT * FROM person_sessions WHERE $1::uuid IS NULL OR person_id = $1 ORDER BY created_at, id'
      if (personId !== undefined && !isUuid(personId)) return []
      return (await run(text, [personId ?? null])).map(storedSession)
    },
    async deleteSession(id) {
      if (!isUuid(id)) return false
      return (await run('DELETE FROM person_sessions WHERE id = $1 RETURNING id', [id])).length > 0
    },
    async deleteSessionsOf(personId, except) {
      await run('DELETE FROM person_sessions WHERE person_id = $1 AND ($2::uuid IS NULL OR id <> $2)', [
        personId,
        except ?? null,
      ])
    },
    async deleteExpired(now, idleSince) {
      await run('DELETE FROM person_sessions WHERE until <= $1 OR last_seen_at <= $2', [now, idleSince].map(Math.floor))
      await run('DELETE FROM used_ceremonies WHERE until <= $1', [Math.floor(now)])
    },
    async useOnce(id, until) {
      const text = 'INSERT INTO used_ceremonies (id, until) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING id'
      return (await run(text, [id, Math.floor(until)])).length > 0
    },
  }
}

function storedSession(row: Row): StoredSession {
  return {
    ...fromDocument(row['document']),
    id: row['id'],
    tokenHash: String(row['token_hash']),
    previous:
      row['previous_hash'] === null
        ? undefined
        : { tokenHash: String(row['previous_hash']), until: Number(row['previous_until']) },
    personId: row['person_id'],
    createdAt: Number(row['created_at']),
    lastSeenAt: Number(row['last_seen_at']),
    until: Number(row['until']),
    steppedUpUntil: Number(row['stepped_up_until']),
    mustEnrol: row['must_enrol'] === true,
  } as StoredSession
}
