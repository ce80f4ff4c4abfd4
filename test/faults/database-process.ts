/** The embedded database, as the processes that it consists of. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { processTree } from '../support/process-figures.ts'
import type { Ringfence } from '../support/ringfence.ts'

/** All of them, the postmaster first. */
export function databasePids(system: Ringfence): readonly number[] {
  const found = processTree(system.process.pid).filter(pid => /(^|\/)postgres/.test(commandOf(pid)))
  assert.ok(found.length > 0, 'no postgres process')
  return found
}

/** To each of them that is still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended by itself.
    }
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? ''
  } catch {
    return ''
  }
}
