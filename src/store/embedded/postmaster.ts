/** A database process that outlived the server it belonged to: recognised by its folder, ended before the next start. */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { kill, platform } from 'node:process'
import type { Logger } from '../../base/logger.ts'
import type { ClusterLocation } from './cluster-location.ts'
import { SOCKET_PORT } from './server-settings.ts'

/** Milliseconds that each signal is given: SIGINT asks for a clean end, SIGQUIT leaves the rest to recovery. */
const PATIENCE = [
  ['SIGINT', 800],
  ['SIGQUIT', 1_000],
  ['SIGKILL', 1_000],
] as const
const STEP = 10

/**
 * Ends the postmaster that still runs on `data`, if any, and clears a `postmaster.pid` whose number now belongs to an
 * unrelated process (PostgreSQL would refuse to start beside it). The caller holds the lock on the data folder.
 */
export async function endLeftover(location: ClusterLocation, logger: Logger): Promise<void> {
  const file = join(location.data, 'postmaster.pid')
  const lines = readLines(file)
  const pid = Number(lines[0])
  if (Number.isSafeInteger(pid) && pid > 1 && isAlive(pid)) {
    if (runsOn(pid, location.data)) await end(pid, logger)
    rmSync(file, { force: true })
  }
  const socket = `.s.PGSQL.${SOCKET_PORT}`
  for (const name of [socket, `${socket}.lock`]) rmSync(join(location.socketFolder, name), { force: true })
  removeSocketFolder(lines[4])
}

async function end(pid: number, logger: Logger): Promise<void> {
  logger.warn({ pid }, 'the database of an earlier run is still up: ending it')
  for (const [signal, patience] of PATIENCE) {
    signalTo(pid, signal)
    if (await ended(pid, patience)) return
  }
}

/** Resolves with whether the process was gone within `patience` milliseconds. */
async function ended(pid: number, patience: number): Promise<boolean> {
  for (let waited = 0; waited < patience; waited += STEP) {
    if (!isAlive(pid)) return true
    await new Promise(resolve => setTimeout(resolve, STEP))
  }
  return !isAlive(pid)
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

function isAlive(pid: number): boolean {
  try {
    kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signal)
  } catch {
    // It ended in the meantime.
  }
}

/** Whether the process is a postmaster that was started on this very folder. */
function runsOn(pid: number, data: string): boolean {
  try {
    const command =
      platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ')
        : execFileSync('/bin/ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    return command.includes('postgres') && command.includes(` -D ${data} `)
  } catch {
    return false
  }
}

/** A socket folder that was made in the temporary folder, because the data folder's path was too long. */
function removeSocketFolder(folder: string | undefined): void {
  if (folder === undefined || !/\/ringfence-[A-Za-z0-9]{6}$/.test(folder) || dirname(folder) === '/') return
  rmSync(folder, { recursive: true, force: true })
}
