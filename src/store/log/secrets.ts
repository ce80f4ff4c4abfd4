/** The secrets of the log, made once and shared by all nodes of a database: the signing key, and the key of blind indexes. */
import { createHmac, createPublicKey, type KeyObject } from 'node:crypto'
import { randomBytes } from '../../base/random.ts'
import type { Sealer } from '../../keys/sealer.ts'
import { createSigningKey, openSigningKey } from '../../keys/signing-key.ts'
import type { Database, Row } from '../database.ts'

export interface LogSecrets {
  /** SPKI, PEM. */
  readonly publicPem: string
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  /** A number that stands for this value of this field; equal ones are found by it, and it gives nothing away. */
  token(field: string, value: string): bigint
  /** Whom a key belongs to, in the table of keys. */
  subjectIndex(subject: string): Buffer
}

const INDEX_CONTEXT = 'event-index'
/** The first one that gets there decides; everybody reads what is there then. */
const KEEP = `
  INSERT INTO event_secrets (name, public_key, sealed_secret) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`
const READ = 'SELECT public_key, sealed_secret FROM event_secrets WHERE name = $1'

export async function openLogSecrets(database: Database, sealer: Sealer): Promise<LogSecrets> {
  const signing = await secret(database, 'signing', () => {
    const { publicKey, sealedPrivateKey } = createSigningKey(sealer)
    return [publicKey, sealedPrivateKey]
  })
  const index = await secret(database, 'index', () => ['', sealer.seal(randomBytes(32), INDEX_CONTEXT)])
  const publicPem = String(signing['public_key'])
  const key = sealer.open(String(index['sealed_secret']), INDEX_CONTEXT)
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  return {
    publicPem,
    publicKey: createPublicKey(publicPem),
    signingKey: openSigningKey(sealer, String(signing['sealed_secret'])),
    token: (field, value) => digest(`${field} ${value}`).readBigInt64BE(0),
    subjectIndex: subject => digest(`subject ${subject}`).subarray(0, 16),
  }
}

async function secret(database: Database, name: string, make: () => readonly [string, string]): Promise<Row> {
  const [known] = await database.query({ text: READ, values: [name] })
  if (known !== undefined) return known
  await database.query({ text: KEEP, values: [name, ...make()] })
  const [row] = await database.query({ text: READ, values: [name] })
  return row!
}
