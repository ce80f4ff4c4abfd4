/** Child processes of the tests: their output is kept, and none outlives the test that started it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const MAXIMUM_OUTPUT = 4 * 1024 * 1024

export interface RunningProcess {
  readonly pid: number
  /** What it printed so far, both streams in order of arrival; the oldest part goes first when it is very long. */
  output(): string
  write(text: string): void
  /** Waits until the output after `from` characters matches; throws with the output's end after `timeoutMs`. */
  waitForOutput(pattern: RegExp, timeoutMs: number, from?: number): Promise<RegExpExecArray>
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | string>
  readonly running: boolean
  /** SIGTERM, and SIGKILL after `graceMs`. Idempotent. */
  stop(graceMs?: number): Promise<void>
  /** SIGKILL: as a crash. */
  kill(): Promise<void>
}

const alive = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

export interface StartOptions {
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
}

export function startProcess(command: string, args: readonly string[], options: StartOptions = {}): RunningProcess {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  alive.add(child)
  let text = ''
  const listeners = new Set<() => void>()
  const take = (chunk: Buffer): void => {
    text += chunk.toString('latin1')
    if (text.length > MAXIMUM_OUTPUT) text = text.slice(-MAXIMUM_OUTPUT / 2)
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  child.stdin.on('error', () => {})
  let running = true
  const exited = new Promise<number | string>((resolve, reject) => {
    child.once('error', error => {
      running = false
      alive.delete(child)
      reject(new Error(`${command} could not be started: ${error.message}`))
    })
    child.once('close', (code, signal) => {
      running = false
      alive.delete(child)
      for (const listener of listeners) listener()
      resolve(code ?? signal ?? -1)
    })
  })
  exited.catch(() => {})
  const end = async (signal: NodeJS.Signals, graceMs: number): Promise<void> => {
    if (!running) return
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    await exited.catch(() => {})
    clearTimeout(timer)
  }
  return {
    pid: child.pid ?? 0,
    exited,
    get running() {
      return running
    },
    output: () => text,
    write: input => void child.stdin.write(input),
    waitForOutput(pattern, timeoutMs, from = 0) {
      return new Promise((resolve, reject) => {
        const finish = (): void => {
          clearTimeout(timer)
          listeners.delete(look)
        }
        const look = (): void => {
          const match = pattern.exec(text.slice(from))
          if (match !== null) {
            finish()
            resolve(match)
          } else if (!running) {
            finish()
            reject(new Error(`${command} ended before it printed ${pattern}:\n${text.slice(-2000)}`))
          }
        }
        const timer = setTimeout(() => {
          finish()
          reject(
            new Error(`${command} did not print ${pattern} within ${timeoutMs} ms:\n${text.slice(from).slice(-2000)}`),
          )
        }, timeoutMs)
        listeners.add(look)
        look()
      })
    },
    stop: (graceMs = 3000) => end('SIGTERM', graceMs),
    kill: () => end('SIGKILL', 1000),
  }
}

export interface Finished {
  readonly code: number | string
  readonly output: string
}

/** Runs a command to its end; it is killed after `timeoutMs`. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: StartOptions & { readonly timeoutMs?: number; readonly input?: string } = {},
): Promise<Finished> {
  const child = startProcess(command, args, options)
  if (options.input !== undefined) child.write(options.input)
  const timer = setTimeout(() => void child.kill(), options.timeoutMs ?? 30_000)
  try {
    const code = await child.exited
    return { code, output: child.output() }
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves when `emitter` says `event`; rejects after `timeoutMs`. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timeoutMs)
  const expired = once(controller.signal, 'abort').then(() => {
    throw new Error(`${what}: not within ${timeoutMs} ms`)
  })
  try {
    return await Promise.race([promise, expired])
  } finally {
    clearTimeout(timer)
  }
}
