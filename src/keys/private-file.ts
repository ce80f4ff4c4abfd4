/** Files that only their owner may read: written whole or not at all, refused when others could have touched them. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { randomHex } from '../base/random.ts'
import type { KeysErrorCode } from './errors.ts'
import { KeysError } from './errors.ts'

/** Makes `folder` with mode 0700, or narrows it to that when it is ours. */
export function ensurePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700)
}

/** Replaces `file` atomically and durably. `mode` is 0600 unless the content is public. */
export function writeFileDurably(file: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = join(dirname(file), `.${randomHex(6)}.tmp`)
  const handle = openSync(temporary, 'wx', mode)
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
    let written = 0
    while (written < bytes.length) written += writeSync(handle, bytes, written)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(temporary, file)
  syncFolder(dirname(file))
}

/**
 * Reads a file that must be readable by its owner alone, and owned by us. Undefined when it does not exist; throws
 * KeysError `exposed` with the command that mends it.
 */
export function readPrivateFile(file: string, exposed: KeysErrorCode): Buffer | undefined {
  let status: ReturnType<typeof statSync>
  try {
    status = statSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (status === undefined) return undefined
  const mode = Number(status.mode) & 0o777
  if ((mode & 0o077) !== 0) {
    const text = mode.toString(8).padStart(4, '0')
    throw new KeysError(exposed, `${file} has mode ${text}: others could read it; run: chmod 600 ${file}`, file)
  }
  const own = process.geteuid?.()
  if (own !== undefined && Number(status.uid) !== own) {
    throw new KeysError(
      exposed,
      `${file} belongs to user id ${status.uid}, not to ${own}; run: chown ${own} ${file}`,
      file,
    )
  }
  return readFileSync(file)
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
