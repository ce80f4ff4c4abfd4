/** A relay under measurement, whatever it is: a process that opens calls and forwards their packets. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { PlannedLeg, PlannedSide } from './plan.ts'
import type { Request, ServerOptions } from './relay-server.ts'

export interface Relay {
  readonly name: string
  readonly pid: number
  /** Sets up calls between one phone of each kind. */
  open(count: number, a: PlannedSide, b: PlannedSide): Promise<{ a: PlannedLeg; b: PlannedLeg }[]>
  /** Ends all calls. */
  close(): Promise<void>
  stop(): Promise<void>
}

interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** Our own engine in a process of its own. */
export async function startOwnRelay(options: ServerOptions): Promise<Relay> {
  const child = fork(new URL('./relay-server.ts', import.meta.url), [JSON.stringify(options)])
  await once(child, 'message')
  let count = 0
  const ask = async (request: Omit<Extract<Request, { type: 'open' }>, 'id'> | { type: 'close' }): Promise<unknown> => {
    child.send({ ...request, id: ++count })
    const [reply] = (await once(child, 'message')) as [Reply]
    if (reply.error !== undefined) throw new Error(reply.error)
    return reply.result
  }
  return {
    name: `ringfence (${options.workers} worker${options.workers === 1 ? '' : 's'}${options.nativeCode ? '' : ', no native code'})`,
    pid: child.pid!,
    async open(calls, a, b) {
      return (await ask({ type: 'open', count: calls, a, b })) as { a: PlannedLeg; b: PlannedLeg }[]
    },
    async close() {
      await ask({ type: 'close' })
    },
    async stop() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
