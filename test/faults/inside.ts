/** Reaches into a running server through the debugger, to break what cannot be broken from outside: a thread, its clock. */
import assert from 'node:assert/strict'
import type { RunningProcess } from '../support/processes.ts'

/** Of `startRingfence`: the debugger listens on a port of its own choice, on loopback. */
export const DEBUGGER = { environment: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } }

export interface Inside {
  /** Evaluates an expression in the main thread; a promise is not waited for. */
  main(expression: string): Promise<unknown>
  /** Evaluates in a thread of the media engine, counted from 0. What it gives is not waited for: it may end the thread. */
  mediaThread(index: number, expression: string): Promise<void>
  /** How many of them there are. */
  readonly mediaThreads: number
  close(): void
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly sessionId: string; readonly workerInfo?: { readonly url: string } }
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: unknown }
}

const WORKERS_WITHIN_MS = 1_000

export async function reachInside(process: RunningProcess): Promise<Inside> {
  const [url] = await process.waitForOutput(/ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/, 10_000)
  const socket = new WebSocket(url)
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('the debugger does not answer')))
  })
  const pending = new Map<number, (message: Message) => void>()
  const sessions = new Set<string>()
  let last = 0
  socket.addEventListener('message', event => {
    const message = JSON.parse(String(event.data)) as Message
    const { sessionId = '', workerInfo } = message.params ?? {}
    if (message.method === 'NodeWorker.attachedToWorker' && workerInfo?.url.includes('/media/') === true) {
      sessions.add(sessionId)
    }
    if (message.method === 'NodeWorker.detachedFromWorker') sessions.delete(sessionId)
    if (message.id !== undefined) pending.get(message.id)?.(message)
  })
  const send = (method: string, params: object): Promise<Message> => {
    const id = ++last
    socket.send(JSON.stringify({ id, method, params }))
    return new Promise(resolve => pending.set(id, resolve)).then(message => {
      pending.delete(id)
      return message as Message
    })
  }
  await send('NodeWorker.enable', { waitForDebuggerOnStart: false })
  await new Promise(resolve => setTimeout(resolve, WORKERS_WITHIN_MS))
  return {
    async main(expression) {
      const { result } = await send('Runtime.evaluate', { expression, returnByValue: true })
      assert.equal(result?.exceptionDetails, undefined, JSON.stringify(result))
      return result?.result?.value
    },
    async mediaThread(index, expression) {
      const sessionId = [...sessions][index]
      assert.ok(sessionId !== undefined, `no media thread ${index}`)
      const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } })
      await send('NodeWorker.sendMessageToWorker', { sessionId, message })
    },
    get mediaThreads() {
      return sessions.size
    },
    close: () => socket.close(),
  }
}
