/** A generator is a process of its own that gets its orders in one message and answers with one report. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { LoadReport } from './report.ts'

export interface Target {
  readonly domain: string
  readonly caPem: string
  readonly tlsPort: number
  readonly udpPort: number
}

const LIMIT_MS = 300_000

interface Answer<T> {
  readonly report?: T
  /** The load stands now, and is held for a while. */
  readonly held?: number
  readonly error?: string
}

export async function runGenerator<T = LoadReport>(
  file: string,
  orders: object,
  onHeld?: (count: number) => void,
): Promise<T> {
  const child = fork(new URL(file, import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  try {
    child.send(orders)
    const signal = AbortSignal.timeout(LIMIT_MS)
    const ended = once(child, 'exit', { signal }).then(() => [{ error: `${file} ended without a report` }])
    for (;;) {
      const [answer] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Answer<T>]
      if (answer.report !== undefined) return answer.report
      if (answer.held === undefined) throw new Error(answer.error)
      onHeld?.(answer.held)
    }
  } finally {
    process.off('exit', kill)
    kill()
  }
}

/** In the generator: does what it is told. */
export function serveOrders<O>(work: (orders: O) => Promise<unknown>): void {
  process.once('message', (orders: O) => {
    work(orders).then(
      report => process.send!({ report }),
      (error: unknown) => process.send!({ error: String((error as Error).stack ?? error) }),
    )
  })
  process.once('disconnect', () => process.exit())
}
