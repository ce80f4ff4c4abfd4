/** What is done to the server, door by door, and what has to hold at once. The table of docs/fuzzing.md is made of what it returns. */
import assert from 'node:assert/strict'
import type { HeldState } from '../../../src/api/operations.ts'
import { toneHeard } from '../../../src/test-phone/tone.ts'
import { eventually } from '../../support/places.ts'
import type { Random } from '../engine/random.ts'
import { type Ground, NAMED, STRANGER } from './ground.ts'
import { hostileMessage, hostilePacket } from './inputs.ts'
import { Insider } from './insider.ts'
import { type Exchange, nothing, throwDatagrams, throwOverConnections, throwOverWebSockets } from './strangers.ts'

/** One way in; `count`: messages. Throws where something does not hold. */
export type Attack = (ground: Ground, random: Random, count: number) => Promise<Exchange>

/** All timers of transactions run out in 32 s, and a phone that vanished is waited for for 30 s. */
const QUIET_MS = 120_000
const PATIENCE_MS = 15_000
const MAXIMUM_GROWTH = 200 * 1024 * 1024

const strangersDatagrams: Attack = async ({ doors, held }, random, count) => {
  const { udpFlows } = await held()
  const exchange = await throwDatagrams([doors.udp], STRANGER, count, () => hostileMessage(random))
  assert.deepEqual([exchange.received, exchange.octetsReceived], [0, 0], 'a stranger got an answer over UDP')
  assert.equal((await held()).udpFlows, udpFlows, 'a flow is kept for a stranger')
  return exchange
}

const namedDatagrams: Attack = async ({ doors }, random, count) => {
  const exchange = await throwDatagrams([doors.udp], NAMED, count, () => hostileMessage(random))
  assert.ok(exchange.received > 0, 'the door is not open')
  assert.ok(
    exchange.received <= exchange.sent && exchange.octetsReceived < exchange.octetsSent,
    JSON.stringify(exchange),
  )
  return exchange
}

const overTcp: Attack = ({ doors }, random, count) => throwOverConnections(doors.tcp, { from: NAMED, count, random })

const overTls: Attack = ({ doors, system }, random, count) =>
  throwOverConnections(doors.tls, { from: STRANGER, ca: system.caPem, count, random })

const overWebSockets: Attack = ({ doors, system }, random, count) =>
  throwOverWebSockets(doors.wss, { from: STRANGER, ca: system.caPem, count, random })

const REQUESTS_PER_CALL = 15
/** Of dozens: on a busy machine many are refused with 503. */
const LEAST_CALLS = 3

/** Requests of all kinds, then calls that are answered, and requests within them; whenever the server cuts it off, it comes back. */
const insider: Attack = async ({ doors, system, insider: account }, random, count) => {
  const exchange = nothing()
  let phone: Insider | undefined
  let calls = 0
  const present = async (): Promise<Insider> => {
    if (phone?.open === true) return phone
    phone = await Insider.register(doors.tls, system.caPem, account, random, exchange)
    return phone
  }
  while (exchange.sent < count / 2) await (await present()).disturbServer()
  const statuses: number[] = []
  while (exchange.sent < count) {
    const came = await (await present()).disturbCall(REQUESTS_PER_CALL)
    if (came.length > 0) calls++
    statuses.push(...came)
  }
  phone?.leave()
  assert.ok(calls >= LEAST_CALLS, `${calls} calls came about: ${statuses.join(' ')}`)
  assert.ok(statuses.includes(200) && statuses.some(status => status >= 400), statuses.join(' '))
  return exchange
}

/** Both ports of both legs of the call that goes on. */
const mediaPorts: Attack = async ({ call, genuine }, random, count) => {
  const doors = [call.caller.remoteAudio!, call.called.remoteAudio!].flatMap(({ address, port }) => [
    { address, port },
    { address, port: port + 1 },
  ])
  const { packetsUnauthenticated } = call.caller.statistics()
  const exchange = await throwDatagrams(doors, STRANGER, count, () => hostilePacket(random, genuine))
  assert.deepEqual([exchange.received, exchange.octetsReceived], [0, 0], 'a media port answered a stranger')
  assert.equal(
    call.caller.statistics().packetsUnauthenticated,
    packetsUnauthenticated,
    'a packet of the stranger passed',
  )
  return exchange
}

export const ATTACKS: readonly (readonly [name: string, attack: Attack])[] = [
  ['UDP, a stranger', strangersDatagrams],
  ['UDP, a named network, no account', namedDatagrams],
  ['TCP, a named network, no account', overTcp],
  ['TLS, a stranger', overTls],
  ['secure WebSocket, a stranger', overWebSockets],
  ['TLS, a registered phone', insider],
  ['media ports of a call, a stranger', mediaPorts],
]

/** Asked after each: an ordinary phone can register, the call is heard, and nothing went wrong inside. */
export async function isWell(ground: Ground): Promise<void> {
  assert.ok(ground.system.process.running, ground.system.process.output().slice(-2000))
  assert.ok(await ground.registers(), 'a phone does not register')
  await eventually(() => isHeard(ground), PATIENCE_MS, 'the call is heard on both sides')
  const output = ground.system.process.output()
  assert.ok(!/Error:|failed inside|at .*\.ts:\d+/.test(output), output.slice(-2000))
}

/** A busy machine loses a moment of sound; it comes back. */
async function isHeard({ call: { caller, called } }: Ground): Promise<boolean> {
  const heard = await Promise.all([caller.measureTone(1000, 400), called.measureTone(440, 400)])
  return heard.every(toneHeard)
}

/** Waits until all timers have run: only the call that went on is held, and memory is about what it was. */
export async function isQuiet(ground: Ground, before: HeldState): Promise<void> {
  let held = await ground.held()
  const isBack = async (): Promise<boolean> => {
    held = await ground.held()
    const { serverTransactions, clientTransactions, answeredRequests, handshakes } = held
    const rest = [serverTransactions, clientTransactions, answeredRequests, handshakes]
    return rest.every(count => count === 0) && held.legs === before.legs && held.connections <= before.connections
  }
  const told = (error: Error): never => assert.fail(`${error.message}: ${JSON.stringify([before, held])}`)
  await eventually(isBack, QUIET_MS, 'nothing is left').catch(told)
  assert.equal(await ground.liveCalls(), 1)
  assert.ok(held.residentBytes - before.residentBytes < MAXIMUM_GROWTH, JSON.stringify([before, held]))
}
