/**
 * The running product under hostile messages at every door, by strangers and by a registered phone, while a call goes on: it stays
 * the same process, answers as before, keeps nothing of those who did not log in, sends no more than it got, and the call is heard.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { HeldState } from '../../../src/api/operations.ts'
import { toneHeard } from '../../../src/test-phone/tone.ts'
import { eventually } from '../../support/places.ts'
import { createRandom, type Random } from '../engine/random.ts'
import { type Ground, NAMED, STRANGER, startGround } from './ground.ts'
import { hostileMessage, hostilePacket } from './inputs.ts'
import { Insider } from './insider.ts'
import { throwDatagrams, throwOverConnections, throwOverWebSockets } from './strangers.ts'

const DAY_MS = 86_400_000
const seed = Math.floor(Date.now() / DAY_MS)
const random: Random = createRandom(seed)
/** Messages at each door. */
const COUNT = 2_000
/** All timers of transactions over UDP run out in 32 s, and a phone that vanished is waited for for 30 s. */
const QUIET_MS = 120_000
const MEGABYTE = 1024 * 1024

let ground: Ground
let heldBefore: HeldState
let pid = 0

before(async () => {
  ground = await startGround()
  heldBefore = await ground.held()
  pid = ground.system.process.pid
  console.log(`seed ${seed}`)
})

after(() => ground?.stop())

async function callIsHeard(): Promise<void> {
  const { caller, called } = ground.call
  const [one, other] = await Promise.all([caller.measureTone(1000, 400), called.measureTone(440, 400)])
  assert.ok(toneHeard(one) && toneHeard(other), JSON.stringify([one, other]))
}

test('datagrams of a stranger: no octet comes back', { timeout: 60_000 }, async () => {
  const exchange = await throwDatagrams([ground.doors.udp], STRANGER, COUNT, () => hostileMessage(random))
  assert.deepEqual([exchange.received, exchange.octetsReceived], [0, 0])
  assert.equal((await ground.held()).udpFlows, heldBefore.udpFlows)
})

test('datagrams from a named network, without an account: less comes back than went in', {
  timeout: 60_000,
}, async () => {
  const exchange = await throwDatagrams([ground.doors.udp], NAMED, COUNT, () => hostileMessage(random))
  assert.ok(exchange.received > 0, 'the door is not open')
  assert.ok(exchange.octetsReceived < exchange.octetsSent, JSON.stringify(exchange))
  assert.ok(exchange.received <= exchange.sent, JSON.stringify(exchange))
})

test('connections of strangers: TCP, TLS, secure WebSocket', { timeout: 120_000 }, async () => {
  const ca = ground.system.caPem
  const { tcp, tls, wss } = ground.doors
  await throwOverConnections(tcp, { from: NAMED, count: COUNT, random })
  await throwOverConnections(tls, { from: STRANGER, ca, count: COUNT, random })
  await throwOverWebSockets(wss, { from: STRANGER, ca, count: COUNT / 2, random })
  assert.ok(await ground.registers())
})

test('a registered phone that has forgotten its manners', { timeout: 120_000 }, async () => {
  let [statuses, calls, insider] = [[] as number[], 0, undefined as Insider | undefined]
  const renew = async (): Promise<Insider> => {
    if (insider?.open === true) return insider
    insider = await Insider.register(ground.doors.tls, ground.system.caPem, ground.insider, random)
    return insider
  }
  for (let i = 0; i < COUNT / 2; i++) await (await renew()).disturbServer()
  for (let i = 0; i < 20; i++) {
    const came = await (await renew()).disturbCall(15)
    if (came.length > 0) calls++
    statuses = [...statuses, ...came]
  }
  insider?.leave()
  assert.ok(calls > 5, `${calls} calls came about: ${statuses.join(' ')}`)
  assert.ok(statuses.some(status => status >= 400) && statuses.includes(200))
  assert.ok(await ground.registers())
})

test('the media ports of a call: nobody without the key is heard or answered', { timeout: 60_000 }, async () => {
  const { caller, called } = ground.call
  const doors = [caller.remoteAudio!, called.remoteAudio!].flatMap(({ address, port }) => [
    { address, port },
    { address, port: port + 1 },
  ])
  const before = caller.statistics()
  const exchange = await throwDatagrams(doors, STRANGER, 2 * COUNT, () => hostilePacket(random, []))
  assert.deepEqual([exchange.received, exchange.octetsReceived], [0, 0])
  await callIsHeard()
  assert.equal(caller.statistics().packetsUnauthenticated, before.packetsUnauthenticated)
})

test('afterwards: the same process, the call is heard, and nothing is left', {
  timeout: QUIET_MS + 60_000,
}, async () => {
  await callIsHeard()
  assert.ok(await ground.registers())
  assert.ok(ground.system.process.running && ground.system.process.pid === pid)
  const output = ground.system.process.output()
  assert.ok(!/Error:|failed inside|at .*\.ts:\d+/.test(output), output.slice(-2000))
  let held = await ground.held()
  await eventually(
    async () => {
      held = await ground.held()
      const { serverTransactions, clientTransactions, answeredRequests, legs, connections, handshakes } = held
      const rest = [serverTransactions, clientTransactions, answeredRequests, handshakes]
      return rest.every(count => count === 0) && legs === heldBefore.legs && connections <= heldBefore.connections
    },
    QUIET_MS,
    'nothing is left',
  ).catch((error: Error) => assert.fail(`${error.message}: ${JSON.stringify([heldBefore, held])}`))
  assert.equal(await ground.liveCalls(), 1)
  assert.ok(held.residentBytes - heldBefore.residentBytes < 200 * MEGABYTE, JSON.stringify([heldBefore, held]))
  await ground.call.caller.hangup()
  await eventually(async () => (await ground.held()).legs === 0, 10_000, 'the call ended')
})
