/**
 * A POST that is sent again with the same key is answered as before, and done once (draft-ietf-httpapi-idempotency-key-header).
 * Answers are kept for a day, sealed under the key itself: where the store is read, a password that was shown once is not.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { BoundedMap } from '../../base/bounded.ts'
import { randomBytes } from '../../base/random.ts'

export interface KeptAnswer {
  readonly status: number
  readonly body: string
  readonly type: string
}

export interface KeptRequest {
  /** Digest of who asked and the key. */
  readonly name: string
  /** Digest of what was asked. */
  readonly request: string
  readonly until: number
  /** Sealed; undefined: it still runs, or its process died. */
  readonly answer: string | undefined
}

export interface IdempotencyRepository {
  /** Keeps it where there is none of that name, or one that is over; otherwise the one that is there. */
  begin(entry: KeptRequest, now: number): Promise<KeptRequest | undefined>
  finish(name: string, answer: string): Promise<void>
  forget(name: string): Promise<void>
}

export type Begun =
  | { readonly kind: 'new'; done(answer: KeptAnswer | undefined): Promise<void> }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'running' }
  /** The key was used for another request. */
  | { readonly kind: 'other' }

export interface Idempotency {
  /** `who`: nobody else's key is theirs. `request`: method, path, body and organisation. */
  begin(who: string, key: string, request: string): Promise<Begun>
}

export const KEPT_MS = 86_400_000
const CAPACITY = 10_000
/** Longer answers are not kept: their request runs once, and a second one is told so. */
const MAXIMUM_ANSWER = 1_048_576

export function createIdempotency(repository: IdempotencyRepository, now: () => number): Idempotency {
  return {
    async begin(who, key, request) {
      const name = digest(JSON.stringify([who, key]))
      const asked = { name, request: digest(request), until: now() + KEPT_MS, answer: undefined }
      const found = await repository.begin(asked, now())
      if (found === undefined) return { kind: 'new', done: answer => keep(repository, name, `${who}\n${key}`, answer) }
      if (found.request !== asked.request) return { kind: 'other' }
      if (found.answer === undefined) return { kind: 'running' }
      return { kind: 'answered', answer: open(found.answer, `${who}\n${key}`, name) }
    },
  }
}

async function keep(
  repository: IdempotencyRepository,
  name: string,
  secret: string,
  answer: KeptAnswer | undefined,
): Promise<void> {
  // What failed by our fault may be tried again.
  if (answer === undefined) return repository.forget(name)
  if (answer.body.length <= MAXIMUM_ANSWER) await repository.finish(name, seal(answer, secret, name))
}

/** For one process, and for tests. */
export function createIdempotencyMemory(capacity = CAPACITY): IdempotencyRepository {
  const entries = new BoundedMap<string, KeptRequest>(capacity)
  return {
    async begin(entry, now) {
      const found = entries.get(entry.name)
      if (found !== undefined && found.until > now) return found
      entries.set(entry.name, entry)
      return undefined
    },
    async finish(name, answer) {
      const entry = entries.get(name)
      if (entry !== undefined) entries.set(name, { ...entry, answer })
    },
    async forget(name) {
      entries.delete(name)
    },
  }
}

const NONCE = 12
const TAG = 16

function seal(answer: KeptAnswer, secret: string, name: string): string {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret, name), nonce)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
}

function open(sealed: string, secret: string, name: string): KeptAnswer {
  const octets = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret, name), octets.subarray(0, NONCE))
  decipher.setAuthTag(octets.subarray(NONCE, NONCE + TAG))
  const plain = Buffer.concat([decipher.update(octets.subarray(NONCE + TAG)), decipher.final()])
  return JSON.parse(plain.toString('utf8')) as KeptAnswer
}

function keyOf(secret: string, name: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, name, 'ringfence kept answer', 32))
}

function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}
