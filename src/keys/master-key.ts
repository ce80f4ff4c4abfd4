/** The key above all keys: 32 random bytes in a file of its owner alone, or handed in by the environment. */
import { join } from 'node:path'
import { randomBytes } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'
import { KeysError } from './errors.ts'
import { ensurePrivateFolder, readPrivateFile, writeFileDurably } from './private-file.ts'
import { MASTER_KEY_BYTES } from './sealer.ts'

export interface MasterKeyOptions {
  readonly dataDirectory: string
  /** The value of `RINGFENCE_MASTER_KEY`, 32 bytes as base64 or hexadecimal; the file is then neither read nor made. */
  readonly environment?: Secret | undefined
}

export interface MasterKey {
  readonly key: Buffer
  /** True when this start made it: the operator has to keep a copy apart from the data. */
  readonly created: boolean
  /** Undefined when it came from the environment. */
  readonly file: string | undefined
}

/** Reads DIR/keys/master.key, or makes it on the first start. Throws KeysError when it is exposed or malformed. */
export function loadMasterKey(options: MasterKeyOptions): MasterKey {
  if (options.environment !== undefined) {
    return { key: decodeKey(options.environment.reveal()), created: false, file: undefined }
  }
  const folder = join(options.dataDirectory, 'keys')
  const file = join(folder, 'master.key')
  const content = readPrivateFile(file, 'KEYS_MASTER_KEY_EXPOSED')
  if (content === undefined) {
    ensurePrivateFolder(folder)
    const key = randomBytes(MASTER_KEY_BYTES)
    writeFileDurably(file, `${key.toString('base64')}\n`)
    return { key, created: true, file }
  }
  const key = Buffer.from(content.toString('latin1').trim(), 'base64')
  if (key.length !== MASTER_KEY_BYTES) {
    throw new KeysError(
      'KEYS_MASTER_KEY_INVALID',
      `${file} does not hold 32 bytes in base64: restore it from your copy; without it the stored secrets are lost`,
      file,
    )
  }
  return { key, created: false, file }
}

function decodeKey(text: string): Buffer {
  const trimmed = text.trim()
  const key = /^[0-9a-fA-F]{64}$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length === MASTER_KEY_BYTES) return key
  throw new KeysError(
    'KEYS_MASTER_KEY_INVALID',
    'RINGFENCE_MASTER_KEY is not 32 bytes; make one with: openssl rand -base64 32',
  )
}
