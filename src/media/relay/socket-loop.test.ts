import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import type { NativeSockets, Polled } from './native-sockets.ts'
import { serveSockets } from './socket-loop.ts'

/** Sockets whose polls go as `answer` says. */
function scripted(answer: (yields: boolean) => Polled): { readonly sockets: NativeSockets; readonly polls: boolean[] } {
  const polls: boolean[] = []
  const sockets: NativeSockets = {
    packet: Buffer.alloc(0),
    open: () => undefined,
    poll(_milliseconds, yields) {
      polls.push(yields)
      return answer(yields)
    },
    close() {},
  }
  return { sockets, polls }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}

test('messages without end do not keep packets waiting', async () => {
  const { sockets, polls } = scripted(yields => (yields ? 'yielded' : 'event-loop-and-datagrams'))
  const loop = serveSockets(sockets, new ManualClock())
  await turns(40)
  loop.stop()
  assert.ok(polls.filter(yields => !yields).length >= 3, `${polls.length} polls`)
})

test('packets without end do not keep the event loop waiting', async () => {
  const clock = new ManualClock()
  const { sockets, polls } = scripted(() => {
    clock.advance(1)
    return 'datagrams'
  })
  const loop = serveSockets(sockets, clock)
  await turns(10)
  loop.stop()
  const before = polls.length
  assert.ok(before >= 10 && before <= 120, `${before} polls`)
  await turns(3)
  assert.equal(polls.length, before)
})
