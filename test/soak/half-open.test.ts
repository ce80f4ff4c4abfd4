/** Hundreds of TLS connections that never become a phone: what they cost, when they end, and a phone meanwhile. */
import assert from 'node:assert/strict'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import { after, before } from 'node:test'
import type { Inside } from '../faults/inside.ts'
import { reachInside } from '../faults/inside.ts'
import { faultTest } from '../faults/table.ts'
import { createTalkers, type Talkers } from '../faults/talk.ts'
import { eventually, pause } from '../support/places.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { MEASURABLE, type Sample, takeSample } from './sample.ts'

const CONNECTIONS = 500
/** Each source has less than a stranger's share of handshakes. */
const SOURCES = 50
/** Memory of all of them; peers were measured at 87 MB. */
const MAXIMUM_BYTES = 87_000_000
/** A record of a ClientHello that says it is longer than what comes: version 1.0, 512 octets, type 1. */
const HALF_A_HELLO = Buffer.from([22, 3, 1, 2, 0, 1, 0])
/** Handshake 10 s, first message 30 s, a message 20 s from its first octet; and something for a busy machine. */
const ENDED_WITHIN_MS = 60_000
const DRIP_MS = 1_000

let system: Ringfence
let inside: Inside
let talkers: Talkers

before(async () => {
  system = await startRingfence({ name: 'F-half-open', ...MEASURABLE })
  inside = await reachInside(system.process)
  talkers = await createTalkers(system, ['3001', '3002'])
  await talkers.register()
  // What the first call compiles and binds is not theirs.
  await (await talkers.talk()).hangUp()
})

after(async () => {
  await talkers?.stop()
  inside?.close()
  await system?.stop()
})

interface Stranger {
  readonly socket: Socket
  readonly closed: Promise<number>
}

function stranger(index: number, secureContext: ReturnType<typeof createSecureContext> | undefined): Stranger {
  const { address, port } = system.ready.sipTls
  const where = { host: address, port, localAddress: `127.0.3.${1 + (index % SOURCES)}` }
  const socket: Socket =
    secureContext === undefined
      ? connectTcp(where)
      : connectTls({ ...where, secureContext, checkServerIdentity: () => undefined })
  socket.on('error', () => {})
  socket.on('data', () => {})
  const began = performance.now()
  const closed = new Promise<number>(done => socket.once('close', () => done(performance.now() - began)))
  return { socket, closed }
}

interface Kind {
  readonly fault: string
  readonly tls: boolean
  readonly drips: boolean
  readonly ends: string
}

const KINDS: readonly Kind[] = [
  { fault: '500 TLS connections: half a ClientHello', tls: false, drips: false, ends: 'the handshake time (10 s)' },
  {
    fault: '500 TLS connections: silent after the handshake',
    tls: true,
    drips: false,
    ends: 'the time to a first message (30 s)',
  },
  {
    fault: '500 TLS connections: one header octet a second',
    tls: true,
    drips: true,
    ends: 'the time for a message (20 s)',
  },
]

for (const { fault, tls, drips, ends } of KINDS) {
  faultTest(
    {
      section: 'resources',
      fault,
      done: `from ${SOURCES} addresses; while they stand, a phone registers anew and calls with audio both ways`,
      holds: `the phone is served, they cost less than ${MAXIMUM_BYTES / 1e6} MB, all are ended by ${ends}, and their memory and descriptors come back`,
      command: 'npm run soak',
      timeoutMs: 180_000,
    },
    async measured => {
      const idle = await takeSample(system, inside, 0)
      const secureContext = tls ? createSecureContext({ ca: system.caPem }) : undefined
      const strangers = Array.from({ length: CONNECTIONS }, (_, i) => stranger(i, secureContext))
      await eventually(
        async () => connectionsOf(await takeSample(system, inside, 0)) >= connectionsOf(idle) + CONNECTIONS,
        30_000,
        'all connections accepted',
      )
      const drip = drips ? dripFrom(strangers) : undefined
      if (!tls) for (const { socket } of strangers) socket.write(HALF_A_HELLO)
      const began = performance.now()
      await pause(DRIP_MS)
      const standing = await takeSample(system, inside, 0)
      assert.equal((await talkers.a.register()).ok, true)
      await (await talkers.talk()).hangUp()
      const served = performance.now() - began
      const times = await Promise.race([
        Promise.all(strangers.map(({ closed }) => closed)),
        pause(ENDED_WITHIN_MS).then(() => undefined),
      ])
      clearInterval(drip)
      assert.ok(times !== undefined, 'connections are still open')
      const given = await eventually(
        async () => {
          const sample = await takeSample(system, inside, 0)
          return connectionsOf(sample) === connectionsOf(idle) && sample.descriptors <= idle.descriptors && sample
        },
        10_000,
        'connections given back',
      )
      const cost = standing.rss - idle.rss
      const kilobytes = (value: number): string => `${(value / 1_000).toFixed(0)} kB`
      measured('RSS', `${(cost / 1e6).toFixed(1)} MB more, ${kilobytes(cost / CONNECTIONS)} each`)
      measured(
        'heap and buffers',
        `${kilobytes((standing.heap + standing.external - idle.heap - idle.external) / CONNECTIONS)} each`,
      )
      measured('phone registered, called and heard', `after ${Math.round(served)} ms`)
      measured(
        'ended',
        `after ${(Math.min(...times) / 1_000).toFixed(1)} to ${(Math.max(...times) / 1_000).toFixed(1)} s`,
      )
      measured('heap afterwards', `${kilobytes(given.heap - idle.heap)} more than before`)
      assert.ok(cost < MAXIMUM_BYTES, `${cost} octets`)
      assert.ok(served < Math.min(...times), 'the phone was served while they stood')
      assert.ok(given.heap - idle.heap < 5_000_000, `${given.heap - idle.heap} octets of heap stay`)
    },
  )
}

/** Handshakes under way included. */
function connectionsOf(sample: Sample): number {
  return sample['connections']! + sample['handshakes']!
}

/** Each sends the octets of a header that never ends. */
function dripFrom(strangers: readonly Stranger[]): NodeJS.Timeout {
  const text = `REGISTER sip:example.com SIP/2.0\r\nSubject: ${'x'.repeat(1_000)}`
  let at = 0
  return setInterval(() => {
    for (const { socket } of strangers) if (socket.writable) socket.write(text[at]!)
    at++
  }, DRIP_MS)
}
