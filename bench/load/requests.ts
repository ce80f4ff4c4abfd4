/** GET requests over connections that stay open, begun evenly at a rate whether or not earlier ones were answered. */
import { Agent, request } from 'node:https'
import { pause } from '../../test/support/places.ts'

export interface RequestTarget {
  readonly port: number
  readonly caPem: string
  readonly headers: Readonly<Record<string, string>>
}

export interface RequestReport {
  /** Milliseconds from when each should have begun to its last octet. */
  readonly times: readonly number[]
  readonly failed: number
  readonly seconds: number
  /** The first failure, to look at. */
  readonly problem: string | undefined
}

const CONNECTIONS = 16
const PATIENCE_MS = 30_000

export interface RequestLoad {
  get(path: string): Promise<{ readonly status: number; readonly text: string }>
  run(rate: number, count: number, path: (index: number) => string): Promise<RequestReport>
  close(): void
}

/** `targets`: taken in turn, such as one for each key. */
export function createRequestLoad(targets: readonly RequestTarget[]): RequestLoad {
  const agents = targets.map(
    ({ caPem }) => new Agent({ ca: caPem, keepAlive: true, maxSockets: Math.ceil(CONNECTIONS / targets.length) }),
  )
  let turn = 0
  const get: RequestLoad['get'] = path => {
    const at = turn++ % targets.length
    const { port, headers } = targets[at]!
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
    const call = request({ host: '127.0.0.1', port, path, headers, agent: agents[at]! }, response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      )
    })
    call.setTimeout(PATIENCE_MS, () => call.destroy(new Error('no answer')))
    call.on('error', reject)
    call.end()
    return promise
  }
  return {
    get,
    async run(rate, count, path) {
      const times: number[] = []
      const failures: string[] = []
      const started = performance.now()
      const one = async (index: number): Promise<void> => {
        const due = started + (index / rate) * 1_000
        try {
          const { status, text } = await get(path(index))
          if (status === 200) times.push(performance.now() - due)
          else failures.push(`${status} ${text.slice(0, 200)}`)
        } catch (error) {
          failures.push(String(error))
        }
      }
      const all: Promise<void>[] = []
      while (all.length < count) {
        const due = Math.min(count, Math.floor(((performance.now() - started) / 1_000) * rate) + 1)
        while (all.length < due) all.push(one(all.length))
        await pause(1)
      }
      await Promise.all(all)
      const seconds = (performance.now() - started) / 1_000
      return { times, failed: failures.length, seconds, problem: failures[0] }
    },
    close() {
      for (const agent of agents) agent.destroy()
    },
  }
}
