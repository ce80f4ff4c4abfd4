/**
 * The whole way of a message below the sockets: framer, parser, firewall, transactions, registrar, calls. Nobody who sends here has
 * credentials: nothing is registered, nothing rings, and when the timers have run nothing of it is left.
 */
import assert from 'node:assert/strict'
import { ManualClock } from '../../../src/base/clock.ts'
import { type DeviceId, type ExtensionId, newId, type NodeId, type OrganisationId } from '../../../src/base/ids.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { parseNetwork } from '../../../src/base/network.ts'
import { createCallService } from '../../../src/call/call-service.ts'
import { FakeAdmission, FakeCallRecords, FakeMediaEngine } from '../../../src/call/fakes.ts'
import { createDirectoryIndex } from '../../../src/directory/directory-index.ts'
import { createMessageGate } from '../../../src/firewall/message-gate.ts'
import { createSourceGuard, withoutTrunks } from '../../../src/guard/source-guard.ts'
import { createRegistrar } from '../../../src/registrar/registrar.ts'
import { createAuthenticator } from '../../../src/sip/auth/authenticator.ts'
import { DEFAULT_LIMITS } from '../../../src/sip/message/error.ts'
import { parseMessage } from '../../../src/sip/message/parse.ts'
import { serialise } from '../../../src/sip/message/serialise.ts'
import type { SipMessage } from '../../../src/sip/message/types.ts'
import { createTransactionLayer } from '../../../src/sip/transaction/transaction-layer.ts'
import { FakeTransport, fakeFlow, type SentMessage } from '../../../src/sip/transport/fake-transport.ts'
import { createInbound } from '../../../src/sip/transport/inbound.ts'
import { StreamFramer } from '../../../src/sip/transport/stream-framer.ts'
import type { Flow } from '../../../src/sip/transport/types.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'
import { PHONE_MESSAGES } from './message-seeds.ts'
import { Outside, withOutside } from '../../support/outside.ts'

/** All transaction timers, several times over. */
const LONG_MS = 200_000
const NETWORK = parseNetwork('198.51.100.0/24')!

const directory = createDirectoryIndex()
const organisationId = newId(0) as OrganisationId
const extensionId = newId(0) as ExtensionId
directory.putOrganisation({ id: organisationId, name: 'Example', domain: 'example.com', createdAt: 0 })
directory.putExtension({
  id: extensionId,
  organisationId,
  number: '202',
  name: 'B',
  state: 'active',
  suspendedReason: undefined,
  createdAt: 0,
})
directory.putDevice({
  id: newId(0) as DeviceId,
  organisationId,
  extensionId,
  username: 'dev-202-1',
  label: '',
  secrets: { 'SHA-256': 'f'.repeat(64), MD5: 'f'.repeat(32) },
  certificateFingerprint: undefined,
  allowInsecureImportedSecret: false,
  createdAt: 0,
})

interface World {
  readonly transport: FakeTransport
  /** A datagram, a stream, or a frame of this flow. */
  receive(bytes: Buffer, flow: Flow): void
  leftovers(): Readonly<Record<string, number>>
}

function createWorld(): World {
  const clock = new ManualClock()
  const transport = new FakeTransport()
  const events = { publish: () => undefined as never }
  const authenticator = createAuthenticator({ clock, nonceKey: Buffer.alloc(32, 7) })
  const repository = { load: async () => [], save: async () => {}, remove: async () => {} }
  const registrar = createRegistrar({ clock, directory, repository, authenticator, nodeId: newId(0) as NodeId, events })
  const guard = createSourceGuard({
    clock,
    spared: withoutTrunks(registrar),
    isRegisteredFlow: flowId => registrar.isRegisteredFlow(flowId),
  })
  const gate = createMessageGate({ clock, registrations: registrar, events, guard, insecureNetworks: [NETWORK] })
  const transactions = createTransactionLayer({
    transport,
    clock,
    sentBy: flow => ({ host: flow.localAddress, port: flow.localPort }),
  })
  const calls = createCallService({
    clock,
    transactions,
    transport,
    directory: withOutside(directory, new Outside()),
    authenticator,
    events,
    bindings: registrar,
    media: new FakeMediaEngine(),
    records: new FakeCallRecords(),
    admission: new FakeAdmission(),
    logger: silentLogger,
  })
  transactions.setUser({
    onRequest: (request, transaction) =>
      request.method === 'REGISTER'
        ? registrar.onRegister(request, transaction)
        : calls.onRequest(request, transaction),
    onCancel: (invite, cancel) => calls.onCancel(invite, cancel),
    onAck: (ack, flow) => calls.onAck(ack, flow),
    onServerTransactionFailed: (transaction, reason) => calls.onServerTransactionFailed(transaction, reason),
    onStrayResponse: (response, flow) => calls.onStrayResponse(response, flow),
  })
  const send = (flow: Flow, bytes: Buffer): boolean => isBeyondUs(bytes) || transport.send(flow, bytes)
  const inbound = createInbound({ limits: DEFAULT_LIMITS, observer: {}, mayAnswer: () => true, send })
  inbound.setReceiver({
    onMessage(message, flow) {
      if (gate.admit(message, flow).kind === 'pass') transactions.onMessage(message, flow)
    },
  })
  return {
    transport,
    receive(bytes, flow) {
      const framer = new StreamFramer(
        {
          onFrame(frame) {
            inbound.onBytes(frame, flow)
            return true
          },
          onPing() {},
          onFramingError: error => inbound.onFramingError(error, flow),
        },
        DEFAULT_LIMITS,
      )
      if (flow.reliable) framer.push(bytes)
      else inbound.onBytes(bytes, flow)
    },
    leftovers() {
      clock.advance(LONG_MS)
      const { count: bindings } = registrar
      const { size: held } = transactions
      return {
        bindings,
        transactions: held,
        timers: clock.pendingCount,
        calls: calls.liveCount,
        legs: calls.legCount,
        nonces: authenticator.nonceCount,
      }
    },
  }
}

/** Octets that are no UTF-8, and Vias by the hundred, go back as they came (RFC 3261 §8.2.6.2): no message for the fake to read. */
function isBeyondUs(bytes: Buffer): boolean {
  const parsed = parseMessage(bytes)
  return (
    !parsed.ok &&
    ['SIP_PARSE_UTF8', 'SIP_PARSE_TOO_MANY_HEADERS', 'SIP_PARSE_LINE_TOO_LONG'].includes(parsed.error.code)
  )
}

/** On a network that a plaintext listener names a challenge may be longer than its request, but comes once. */
const MAXIMUM_FACTOR = 3
const NOTHING = { bindings: 0, transactions: 0, timers: 0, calls: 0, legs: 0, nonces: 0 }

const listener = { protocol: 'UDP', address: '192.0.2.1', port: 5060, insecure: true } as const
/** Strangers over TLS, and over UDP and TCP from a network that a plaintext listener names: those are heard by more of the code. */
const WORLDS = [
  fakeFlow('TLS', '203.0.113.66', 6666),
  { ...fakeFlow('UDP', '198.51.100.66', 6666), listener },
  { ...fakeFlow('TCP', '198.51.100.67', 6667), listener: { ...listener, protocol: 'TCP' as const } },
].map(flow => ({ flow, world: createWorld() }))

export const target: FuzzTarget = {
  name: 'signalling',
  covers: ['src/sip/', 'src/firewall/', 'src/registrar/', 'src/call/'],
  shape: 'message',
  seeds: [
    ...texts(...PHONE_MESSAGES),
    ...texts(
      PHONE_MESSAGES[2]! + PHONE_MESSAGES[6]!,
      PHONE_MESSAGES[0]! + PHONE_MESSAGES[0]!,
      PHONE_MESSAGES[2]! + PHONE_MESSAGES[4]! + PHONE_MESSAGES[5]!,
    ),
  ],
  maximumLength: 20_000,
  check(input) {
    for (const { flow, world } of WORLDS) {
      world.receive(Buffer.from(input), flow)
      const answers = world.transport.take()
      assert.deepEqual(world.leftovers(), NOTHING)
      const later = world.transport.take()
      for (const { message } of answers) assertRefusal(message)
      if (!flow.reliable) assert.ok(octetsOf(answers) <= MAXIMUM_FACTOR * input.length, 'an amplifier')
      assert.equal(later.length, 0, 'nothing is repeated to a stranger')
    }
  },
}

function octetsOf(sent: readonly SentMessage[]): number {
  return sent.reduce((sum, { message }) => sum + serialise(message).length, 0)
}

/** A challenge never is: it is sent and forgotten (§8.2.7). */
function assertRefusal(message: SipMessage): void {
  assert.ok(message.kind === 'response', "a request was sent on a stranger's word")
  const { status } = message
  // What refuses a CSeq that cannot be read repeats it.
  assert.ok(status === 100 || status >= 400 || isHarmless(message.cseq.method), `${status} to a stranger`)
}

/** OPTIONS says what we understand, and CANCEL is answered for itself. */
function isHarmless(method: string): boolean {
  return method === 'OPTIONS' || method === 'CANCEL'
}
