/** PostgreSQL as a child of ours: made on first start, restarted when it dies, ended with us. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { kill } from 'node:process'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { messageOf, StoreError } from '../errors.ts'
import type { ClusterLocation } from './cluster-location.ts'
import { createCluster } from './create-cluster.ts'
import { endLeftover } from './postmaster.ts'
import { createServerLog } from './server-log.ts'
import { libraryEnvironment, SERVER_SETTINGS } from './server-settings.ts'

export interface EmbeddedPostgresOptions {
  readonly location: ClusterLocation
  readonly password: string
  readonly clock: Clock
  readonly logger: Logger
  /** It died, was started again, and accepts connections. */
  readonly onRestarted?: () => void
}

export interface EmbeddedPostgres {
  /** Resolves when connections are accepted. Throws StoreError `STORE_START_FAILED` with what PostgreSQL said. */
  start(): Promise<void>
  /** Ends it cleanly, by force after 10 s. Idempotent. */
  stop(): Promise<void>
  /** Process id while it runs. */
  readonly pid: number | undefined
}

const BACK_OFF = { first: 100, last: 5_000, stableAfter: 30_000 }
const LEFTOVER_PATIENCE = 5_000
const LEFTOVER_STEP = 50
const STOP_PATIENCE = 10_000
const START_PATIENCE = 60_000

interface Running {
  readonly child: ChildProcess
  readonly exited: Promise<string>
}

export function createEmbeddedPostgres(options: EmbeddedPostgresOptions): EmbeddedPostgres {
  const { clock, logger } = options
  let running: Running | undefined
  let stopping = false
  let restart: Timer | undefined
  let delay = BACK_OFF.first

  const launchOnce = async (): Promise<void> => {
    const startedAt = clock.monotonic()
    const launched = await launch(options)
    running = launched
    void launched.exited.then(detail => {
      running = undefined
      if (stopping) return
      if (clock.monotonic() - startedAt > BACK_OFF.stableAfter) delay = BACK_OFF.first
      logger.error({ detail, retryInMs: delay }, 'the database ended unexpectedly: starting it again')
      restart = clock.schedule(delay, again)
      delay = Math.min(delay * 2, BACK_OFF.last)
    })
  }
  const again = (): void => {
    patiently(launchOnce).then(options.onRestarted, (error: unknown) => {
      if (stopping) return
      logger.error({ detail: String(error), retryInMs: delay }, 'the database does not start')
      restart = clock.schedule(delay, again)
      delay = Math.min(delay * 2, BACK_OFF.last)
    })
  }
  return {
    get pid() {
      return running?.child.pid
    },
    async start() {
      if (!existsSync(options.location.data)) await createCluster(options.location, options.password)
      else await endLeftover(options.location, logger)
      await patiently(launchOnce)
    },
    async stop() {
      stopping = true
      restart?.cancel()
      if (running !== undefined) await end(running)
      if (/\/ringfence-[A-Za-z0-9]{6}$/.test(options.location.socketFolder)) {
        rmSync(options.location.socketFolder, { recursive: true, force: true })
      }
    },
  }
}

/** The children of a postmaster that was killed end by themselves, a moment later: until then a start is refused. */
async function patiently(start: () => Promise<void>): Promise<void> {
  for (let waited = 0; ; waited += LEFTOVER_STEP) {
    try {
      return await start()
    } catch (error) {
      const leftover = messageOf(error).includes('pre-existing shared memory block')
      if (!leftover || waited >= LEFTOVER_PATIENCE) throw error
      await new Promise(resolve => setTimeout(resolve, LEFTOVER_STEP))
    }
  }
}

/** Starts the postmaster; resolves when it says that it is ready. */
async function launch(options: EmbeddedPostgresOptions): Promise<Running> {
  const { location, logger } = options
  const args = ['-D', location.data, '-c', `unix_socket_directories=${location.socketFolder}`]
  for (const [name, value] of Object.entries(SERVER_SETTINGS)) args.push('-c', `${name}=${value}`)
  const [command, commandArgs] = endingWithUs(`${location.binaries.folder}/postgres`, args)
  const child = spawn(command, commandArgs, {
    cwd: '/',
    // Its own session: an interrupt typed at our terminal is for us alone, and we end it after the last write.
    detached: true,
    env: libraryEnvironment(location.binaries.libraries),
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(location.user === undefined ? {} : { uid: location.user.uid, gid: location.user.gid }),
  })
  const log = createServerLog(child.stderr!, logger)
  const exited = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `ended by ${signal}`))
  })
  let timeout: NodeJS.Timeout | undefined
  const late = new Promise<'late'>(resolve => {
    timeout = setTimeout(resolve, START_PATIENCE, 'late')
  })
  const outcome = await Promise.race([log.ready.then(() => undefined), exited, late])
  clearTimeout(timeout)
  if (outcome === undefined) return { child, exited }
  if (outcome === 'late' && child.pid !== undefined) kill(child.pid, 'SIGKILL')
  const said = log.lastLines().join(' | ')
  throw new StoreError('STORE_START_FAILED', `the embedded PostgreSQL did not start (${outcome}): ${said}`)
}

/** Where util-linux' `setpriv` exists, the kernel interrupts the postmaster when we die, however we die. */
function endingWithUs(command: string, args: readonly string[]): [string, string[]] {
  const setpriv = '/usr/bin/setpriv'
  if (!existsSync(setpriv)) return [command, [...args]]
  return [setpriv, ['--pdeathsig', 'INT', '--', command, ...args]]
}

async function end({ child, exited }: Running): Promise<void> {
  const pid = child.pid
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const timers = [
    setTimeout(() => child.kill('SIGQUIT'), STOP_PATIENCE),
    setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE + 3_000),
  ]
  child.kill('SIGINT')
  await exited
  for (const timer of timers) clearTimeout(timer)
}
