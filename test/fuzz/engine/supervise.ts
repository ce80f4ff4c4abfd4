/** Starts a fuzzer in a thread and watches it. */
import { Worker } from 'node:worker_threads'
import type { FuzzResult } from './fuzzer.ts'

export interface Orders {
  readonly target: string
  readonly seed: number
  readonly milliseconds: number
  readonly minimise: boolean
  /** Where the fuzzer leaves the input that it tries: count, length, octets. */
  readonly slot: SharedArrayBuffer
}

const HEAD = 8
const MAXIMUM_INPUT = 80_000
/** Seconds on one input; a machine that is busy with other things makes no input take so long. */
const HANG_SECONDS = 60

export function slotWriter(slot: SharedArrayBuffer): (input: Buffer) => void {
  const head = new Uint32Array(slot, 0, 2)
  const octets = new Uint8Array(slot, HEAD)
  return input => {
    octets.set(input.length > octets.length ? input.subarray(0, octets.length) : input)
    head[1] = input.length
    head[0]!++
  }
}

/** Rejects only where the fuzzer itself is broken. */
export function superviseFuzzer(
  target: string,
  options: {
    readonly seed: number
    readonly milliseconds: number
    readonly minimise?: boolean
    readonly hangSeconds?: number
  },
): Promise<FuzzResult> {
  const slot = new SharedArrayBuffer(HEAD + MAXIMUM_INPUT)
  const head = new Uint32Array(slot, 0, 2)
  const { seed, milliseconds, minimise = false, hangSeconds = HANG_SECONDS } = options
  const orders: Orders = { target, slot, seed, milliseconds, minimise }
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: orders })
  const { promise, resolve, reject } = Promise.withResolvers<FuzzResult>()
  let [last, since] = [-1, performance.now()]
  const watch = setInterval(() => {
    const count = head[0]!
    if (count !== last) [last, since] = [count, performance.now()]
    if (performance.now() - since < hangSeconds * 1000) return
    const input = new Uint8Array(slot).slice(HEAD, HEAD + head[1]!)
    const message = `nothing came of this input for ${hangSeconds} s`
    const blocks = { covered: 0, known: 0 }
    resolve({ executions: count, milliseconds: 0, blocks, corpus: [], failure: { input, message } })
  }, 1000)
  worker.once('message', (result: FuzzResult) => resolve(result))
  worker.once('error', reject)
  worker.once('exit', code => reject(new Error(`the fuzzer of ${target} ended with ${code}`)))
  return promise.finally(() => {
    clearInterval(watch)
    return worker.terminate()
  })
}
