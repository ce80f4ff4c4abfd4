/** One process for one data folder: a lock of the operating system, which goes with its process however that ends. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pid } from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, StoreError } from './errors.ts'

export interface DataLock {
  /** Idempotent. */
  release(): void
}

const SQLITE_BUSY = 5

/**
 * SQLite's exclusive lock is a lock of the kernel on the file: unlike a file with a process id it is never stale. Throws
 * StoreError `STORE_IN_USE` while another process, or another store of this process, holds it.
 */
export function lockDataFolder(dataDirectory: string): DataLock {
  const file = join(dataDirectory, 'ringfence.lock')
  const holder = join(dataDirectory, 'ringfence.pid')
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: unknown }).errcode !== SQLITE_BUSY) {
      throw new StoreError('STORE_START_FAILED', `${file} cannot be locked: ${messageOf(error)}`, { cause: error })
    }
    const text = `another ringfence process${holderOf(holder)} uses ${dataDirectory}; stop it, or name another folder with --data`
    throw new StoreError('STORE_IN_USE', text)
  }
  writeFileSync(holder, `${pid}\n`, { mode: 0o644 })
  let held = true
  return {
    release() {
      if (!held) return
      held = false
      rmSync(holder, { force: true })
      database.close()
    },
  }
}

function holderOf(file: string): string {
  try {
    const text = readFileSync(file, 'latin1').trim()
    return /^\d{1,10}$/.test(text) ? ` (pid ${text})` : ''
  } catch {
    return ''
  }
}
