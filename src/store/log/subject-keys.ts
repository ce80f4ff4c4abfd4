/**
 * A key for each person, extension and number that events are about, sealed under the master key. Destroying one makes
 * what was sealed with it unreadable, in every copy of the log.
 */
import { hkdfSync } from 'node:crypto'
import { BoundedMap } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'
import { randomBytes } from '../../base/random.ts'
import type { Sealer } from '../../keys/sealer.ts'
import type { Database } from '../database.ts'
import type { LogSecrets } from './secrets.ts'

export interface SubjectKey {
  readonly id: number
  readonly sealing: Buffer
  readonly salting: Buffer
}

export interface SubjectKeys {
  /** Counts destroyed keys: whoever seals says which state he knows. */
  readonly epoch: number
  /** One for each subject; makes those that are missing. */
  forSubjects(subjects: ReadonlySet<string>): Promise<ReadonlyMap<string, SubjectKey>>
  /** Those that are not there were destroyed. */
  byIds(ids: ReadonlySet<number>): Promise<ReadonlyMap<number, SubjectKey>>
  /** Somebody destroyed a key: forgets all when that is news. */
  seen(epoch: number): void
  refresh(): Promise<void>
}

const REMEMBERED = 20_000
/** Callers of one batch cannot name more subjects than this at once. */
const AT_ONCE = 1_000

const MAKE = `
  INSERT INTO event_keys (subject, sealed_key, created_at)
  SELECT decode(subject, 'hex'), sealed_key, $3 FROM unnest($1::text[], $2::text[]) AS item (subject, sealed_key)
  ON CONFLICT (subject) WHERE sealed_key IS NOT NULL DO NOTHING`
const BY_SUBJECT = `
  SELECT id, encode(subject, 'hex') AS subject, sealed_key FROM event_keys
  WHERE sealed_key IS NOT NULL AND subject = ANY (SELECT decode(each, 'hex') FROM unnest($1::text[]) AS each)`
const BY_ID = `
  SELECT id, encode(subject, 'hex') AS subject, sealed_key FROM event_keys WHERE sealed_key IS NOT NULL AND id = ANY ($1)`

export interface SubjectKeysOptions {
  readonly database: Database
  readonly sealer: Sealer
  readonly secrets: LogSecrets
  readonly clock: Clock
}

export async function createSubjectKeys({
  database,
  sealer,
  secrets,
  clock,
}: SubjectKeysOptions): Promise<SubjectKeys> {
  const bySubject = new BoundedMap<string, SubjectKey>(REMEMBERED)
  const byId = new BoundedMap<number, SubjectKey>(REMEMBERED)
  let epoch = 0
  const forget = (): void => {
    bySubject.clear()
    byId.clear()
  }
  const open = (row: Readonly<Record<string, unknown>>): SubjectKey => {
    const key = sealer.open(String(row['sealed_key']), contextOf(String(row['subject'])))
    const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', key, '', purpose, 32))
    return { id: Number(row['id']), sealing: derive('event sealing'), salting: derive('event salt') }
  }
  const keys: SubjectKeys = {
    get epoch() {
      return epoch
    },
    async forSubjects(subjects) {
      const found = new Map<string, SubjectKey>()
      const missing = new Map<string, string>()
      for (const subject of subjects) {
        const known = bySubject.get(subject)
        if (known === undefined) missing.set(secrets.subjectIndex(subject).toString('hex'), subject)
        else found.set(subject, known)
      }
      const indexes = [...missing.keys()]
      for (let start = 0; start < indexes.length; start += AT_ONCE) {
        const some = indexes.slice(start, start + AT_ONCE)
        let rows = await database.query({ text: BY_SUBJECT, values: [some] })
        if (rows.length < some.length) {
          const known = new Set(rows.map(row => row['subject']))
          const fresh = some.filter(index => !known.has(index))
          const sealed = fresh.map(index => sealer.seal(randomBytes(32), contextOf(index)))
          await database.query({ text: MAKE, values: [fresh, sealed, clock.now()] })
          rows = await database.query({ text: BY_SUBJECT, values: [some] })
        }
        for (const row of rows) {
          const subject = missing.get(String(row['subject']))!
          const key = open(row)
          bySubject.set(subject, key)
          byId.set(key.id, key)
          found.set(subject, key)
        }
      }
      return found
    },
    async byIds(ids) {
      const found = new Map<number, SubjectKey>()
      const missing: number[] = []
      for (const id of ids) {
        const known = byId.get(id)
        if (known === undefined) missing.push(id)
        else found.set(id, known)
      }
      if (missing.length === 0) return found
      for (const row of await database.query({ text: BY_ID, values: [missing] })) {
        const key = open(row)
        byId.set(key.id, key)
        found.set(key.id, key)
      }
      return found
    },
    seen(current) {
      if (current === epoch) return
      epoch = current
      forget()
    },
    async refresh() {
      const [row] = await database.query({ text: 'SELECT epoch FROM event_counter' })
      keys.seen(Number(row!['epoch']))
    },
  }
  await keys.refresh()
  return keys
}

function contextOf(index: string): string {
  return `event-subject:${index}`
}
