/** Seals small values under the master key before they reach a store: AES-256-GCM, bound to the place they belong to. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { randomBytes } from '../base/random.ts'
import { KeysError } from './errors.ts'

const VERSION = 'v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16
export const MASTER_KEY_BYTES = 32

export interface Sealer {
  /** The key in use: the first 8 characters of what every sealed text names. */
  readonly keyId: string
  /**
   * Seals `plain` for one place (`context`, for example `device:<id>`). The text is `v1.<key id>.<base64url>` and opens
   * in the same context only.
   */
  seal(plain: string | Uint8Array, context: string): string
  /** Throws KeysError `KEYS_UNSEAL_FAILED` for another key, another context or an altered text. */
  open(sealed: string, context: string): Buffer
}

interface SealingKey {
  readonly id: string
  readonly key: Uint8Array
}

/**
 * A sealer under `masterKey` (32 bytes). Texts sealed under one of `retired` open too, so that a key can be replaced
 * without rewriting everything at once.
 */
export function createSealer(masterKey: Uint8Array, retired: readonly Uint8Array[] = []): Sealer {
  const current = deriveKey(masterKey)
  const known = new Map([current, ...retired.map(deriveKey)].map(key => [key.id, key]))
  return {
    keyId: current.id,
    seal: (plain, context) => seal(current, plain, context),
    open: (sealed, context) => open(known, sealed, context),
  }
}

/** A key for one purpose (`nonces`, …), derived from the master key (RFC 5869): 32 bytes. */
export function derivePurposeKey(masterKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', `ringfence ${purpose}`, 32))
}

function deriveKey(masterKey: Uint8Array): SealingKey {
  if (masterKey.length !== MASTER_KEY_BYTES) {
    throw new KeysError('KEYS_MASTER_KEY_INVALID', `the master key has ${masterKey.length} bytes instead of 32`)
  }
  const key = derivePurposeKey(masterKey, 'sealing')
  return { id: createHash('sha256').update('ringfence key id').update(key).digest('hex').slice(0, 8), key }
}

function seal(key: SealingKey, plain: string | Uint8Array, context: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce)
  cipher.setAAD(Buffer.from(`${VERSION}.${key.id}.${context}`, 'utf8'))
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain)
  const sealed = Buffer.concat([nonce, body, cipher.final(), cipher.getAuthTag()])
  return `${VERSION}.${key.id}.${sealed.toString('base64url')}`
}

function open(known: ReadonlyMap<string, SealingKey>, sealed: string, context: string): Buffer {
  const [version, id, text] = sealed.split('.')
  const key = known.get(id ?? '')
  if (version !== VERSION || text === undefined) throw unsealFailed('the sealed value is malformed')
  if (key === undefined) throw unsealFailed(`sealed under the key ${id}, which is not the master key in use`)
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw unsealFailed('the sealed value is too short')
  const decipher = createDecipheriv('aes-256-gcm', key.key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(`${version}.${id}.${context}`, 'utf8'))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  try {
    const body = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES))
    return Buffer.concat([body, decipher.final()])
  } catch {
    throw unsealFailed('the sealed value was altered or belongs elsewhere')
  }
}

function unsealFailed(detail: string): KeysError {
  return new KeysError('KEYS_UNSEAL_FAILED', `${detail}; restore the master key that this data was written with`)
}
