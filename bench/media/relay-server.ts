/** Our relay as the benchmark's peer, a process of its own: bridges are opened and closed as the parent says. */
import { randomBytes } from 'node:crypto'
import { systemClock } from '../../src/base/clock.ts'
import type { MediaBridge, MediaOutcome } from '../../src/media/media-engine.ts'
import { createRelayEngine } from '../../src/media/relay/relay-engine.ts'
import type { PlannedSide } from './plan.ts'
import type { Relay } from './relays.ts'
import { legOf, phoneSdp } from './session.ts'

export interface ServerOptions {
  readonly workers: number
  readonly nativeCode: boolean
}

export type Request =
  | {
      readonly id: number
      readonly type: 'open'
      readonly count: number
      readonly a: PlannedSide
      readonly b: PlannedSide
    }
  | { readonly id: number; readonly type: 'close' }

const options = JSON.parse(process.argv[2] ?? '{}') as ServerOptions
const engine = createRelayEngine({
  clock: systemClock,
  observer: { quality() {}, silent() {}, failed() {} },
  quarantineMs: 1000,
  ...options,
})
const local = { localAddress: '127.0.0.1' }
let bridges: MediaBridge[] = []

function spoken(outcome: MediaOutcome): string {
  if (!outcome.ok) throw new Error(outcome.refusal.explanation)
  return outcome.sdp
}

async function open(request: Extract<Request, { type: 'open' }>): Promise<Awaited<ReturnType<Relay['open']>>> {
  const calls = []
  for (let i = 0; i < request.count; i++) {
    const bridge = await engine.openBridge({ callId: randomBytes(8).toString('hex'), a: local, b: local })
    bridges.push(bridge)
    const offered = spoken(await bridge.offer('a', phoneSdp(request.a, 1)))
    const b = legOf(offered, request.b.suite)
    const a = legOf(spoken(await bridge.answer('b', phoneSdp(request.b, b.tag))), request.a.suite)
    calls.push({ a, b })
  }
  return calls
}

async function close(): Promise<void> {
  await Promise.all(bridges.map(bridge => bridge.close()))
  bridges = []
}

await engine.start()
process.on('message', (request: Request) => {
  const work = request.type === 'open' ? open(request) : close()
  work.then(
    result => process.send!({ id: request.id, result: result ?? null }),
    (error: unknown) => process.send!({ id: request.id, error: String(error) }),
  )
})
process.on('disconnect', () => void engine.stop().then(() => process.exit()))
process.send!({ id: 0, result: null })
