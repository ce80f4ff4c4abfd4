/** Rows of people: one for each, and one for each passkey and provider's account that they are found by. */
import { createHash } from 'node:crypto'
import { Secret } from '../../base/secret.ts'
import type { IdentityRepository, ListedPerson, PersonKey, StoredPerson } from '../../identity/repository.ts'
import type { Person } from '../../identity/types.ts'
import type { Sealer } from '../../keys/sealer.ts'
import { isUuid } from '../columns.ts'
import type { Database, Row, Statement, Transaction } from '../database.ts'
import { documentOf, fromDocument, isStorable } from './documents.ts'

type PersonRows = Pick<
  IdentityRepository,
  'people' | 'countPeople' | 'personBy' | 'insertPerson' | 'replacePerson' | 'deletePerson'
>

const SELECT = 'SELECT * FROM people'
const LIST = `
  SELECT id, organisation_id, email, role, version, invitation, created_at, document FROM people
  WHERE ($1::uuid IS NULL OR organisation_id = $1) AND ($2::text IS NULL OR role = $2) ORDER BY created_at, id`
const INSERT = `
  INSERT INTO people (id, organisation_id, email, role, version, invitation, sealed_totp, created_at, document)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (email) DO NOTHING RETURNING id`
const UPDATE = `
  UPDATE people SET organisation_id = $2, email = $3, role = $4, version = $5, invitation = $6, sealed_totp = $7,
    created_at = $8, document = $9
  WHERE id = $1 AND version = $5 - 1 RETURNING id`
const FORGET_KEYS = 'DELETE FROM person_keys WHERE person_id = $1 AND NOT key = ANY ($2::text[])'
/** What is somebody else's is not taken over: it breaks the primary key, and with it the whole change. */
const ADD_KEYS = `
  INSERT INTO person_keys (key, person_id)
  SELECT key, $1 FROM unnest($2::text[]) AS key
  WHERE NOT EXISTS (SELECT FROM person_keys AS known WHERE known.key = key.key AND known.person_id = $1)`

export function createPersonRows(database: Database, sealer: Sealer): PersonRows {
  const valuesOf = (stored: StoredPerson): readonly unknown[] => {
    const { person, version, invitation, totp } = stored
    const { id, organisationId, email, role, createdAt } = person
    const sealed = totp === undefined ? null : sealer.seal(totp.secret.reveal(), sealingContext(id))
    const hash = invitation?.hash ?? null
    return [id, organisationId ?? null, email, role, version, hash, sealed, Math.floor(createdAt), rest(stored)]
  }
  const write = (text: string, stored: StoredPerson): Promise<boolean> =>
    database.transaction(async transaction => {
      const written = await transaction.query({ text, values: valuesOf(stored) })
      if (written.length > 0) await writeKeys(transaction, stored)
      return written.length > 0
    })
  return {
    async people({ organisationId, role } = {}) {
      const rows = await database.query({ text: LIST, values: [organisationId ?? null, role ?? null] })
      return rows.map(listedPerson)
    },
    async countPeople() {
      const [row] = await database.query({ text: 'SELECT count(*)::int AS count FROM people' })
      return Number(row?.['count'])
    },
    async personBy(key) {
      const statement = find(key)
      const [row] = statement === undefined ? [] : await database.query(statement)
      return row === undefined ? undefined : storedPerson(row, sealer)
    },
    insertPerson: stored => write(INSERT, stored),
    replacePerson: stored => write(UPDATE, stored),
    async deletePerson(id) {
      await database.query({ text: 'DELETE FROM people WHERE id = $1', values: [id] })
    },
  }
}

async function writeKeys(transaction: Transaction, stored: StoredPerson): Promise<void> {
  const values = [stored.person.id, keysOf(stored)]
  await transaction.query({ text: FORGET_KEYS, values })
  if (keysOf(stored).length > 0) await transaction.query({ text: ADD_KEYS, values })
}

function keysOf({ passkeys, subjects }: StoredPerson): readonly string[] {
  return [
    ...passkeys.map(({ credentialId }) => passkeyKey(credentialId)),
    ...subjects.map(({ issuer, subject }) => subjectKey(issuer, subject)),
  ]
}

/** Hashed: identifiers of authenticators and providers have any length, and an index has not. */
function passkeyKey(credentialId: string): string {
  return `passkey ${digest([credentialId])}`
}

function subjectKey(issuer: string, subject: string): string {
  return `subject ${digest([issuer, subject])}`
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

const BY_KEY = `${SELECT} WHERE id = (SELECT person_id FROM person_keys WHERE key = $1)`

/** Undefined: nobody can be found by that. */
function find(key: PersonKey): Statement | undefined {
  if ('id' in key) return isUuid(key.id) ? { text: `${SELECT} WHERE id = $1`, values: [key.id] } : undefined
  if ('email' in key) return isStorable(key.email) ? by('email', key.email) : undefined
  if ('credentialId' in key) return { text: BY_KEY, values: [passkeyKey(key.credentialId)] }
  if ('invitation' in key) return isStorable(key.invitation) ? by('invitation', key.invitation) : undefined
  return { text: BY_KEY, values: [subjectKey(key.issuer, key.subject)] }
}

function by(column: 'email' | 'invitation', value: string): Statement {
  return { text: `${SELECT} WHERE ${column} = $1`, values: [value] }
}

/** All that is no column. */
function rest({ person, version: _version, totp, invitation, ...others }: StoredPerson): string {
  const { id: _id, organisationId: _organisation, email: _email, role: _role, createdAt: _createdAt, ...kept } = person
  return documentOf({
    ...others,
    person: kept,
    totp: totp && { createdAt: totp.createdAt, lastStep: totp.lastStep },
    invitation: invitation && { ...invitation, hash: undefined },
  })
}

type Document = Omit<StoredPerson, 'person' | 'version' | 'totp' | 'invitation'> & {
  readonly person: Pick<Person, 'name' | 'extension' | 'state' | 'lastSignInAt'>
  readonly totp?: { readonly createdAt: number; readonly lastStep: number }
  readonly invitation?: Omit<NonNullable<StoredPerson['invitation']>, 'hash'>
}

function storedPerson(row: Row, sealer: Sealer): StoredPerson {
  const listed = listedPerson(row)
  const { totp } = listed
  if (totp === undefined) return { ...listed, totp }
  const secret = sealer.open(String(row['sealed_totp']), sealingContext(listed.person.id)).toString('utf8')
  return { ...listed, totp: { ...totp, secret: new Secret(secret) } }
}

function listedPerson(row: Row): ListedPerson {
  const { person, totp, invitation, ...others } = fromDocument(row['document']) as unknown as Document
  const id = row['id'] as Person['id']
  return {
    ...others,
    person: {
      id,
      organisationId: (row['organisation_id'] ?? undefined) as Person['organisationId'],
      email: String(row['email']),
      name: person.name,
      role: row['role'] as Person['role'],
      extension: person.extension,
      state: person.state,
      createdAt: Number(row['created_at']),
      lastSignInAt: person.lastSignInAt,
    },
    version: Number(row['version']),
    password: others.password,
    totp,
    invitation: invitation && { ...invitation, hash: String(row['invitation']) },
  }
}

function sealingContext(id: string): string {
  return `people.sealed_totp:${id}`
}
