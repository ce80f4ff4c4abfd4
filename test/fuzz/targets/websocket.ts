/** SIP in WebSocket messages (RFC 7118): a message is one frame, a frame one message; keep-alives are answered, nothing else is. */
import assert from 'node:assert/strict'
import { ManualClock } from '../../../src/base/clock.ts'
import { DEFAULT_LIMITS } from '../../../src/sip/message/error.ts'
import { ConnectionFlow } from '../../../src/sip/transport/connection-flow.ts'
import { createInbound } from '../../../src/sip/transport/inbound.ts'
import { DEFAULT_TRANSPORT_LIMITS } from '../../../src/sip/transport/limits.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'
import { MESSAGE_SEEDS } from './message-seeds.ts'

let sent: Buffer[] = []
let delivered = 0
let closed: string | undefined

const inbound = createInbound({
  limits: DEFAULT_LIMITS,
  mayAnswer: () => true,
  observer: {},
  send: (flow, bytes) => (flow as ConnectionFlow).send(bytes),
})
inbound.setReceiver({ onMessage: () => void delivered++ })

const clock = new ManualClock()

function open(): ConnectionFlow {
  return new ConnectionFlow({
    protocol: 'WSS',
    localAddress: '192.0.2.1',
    localPort: 443,
    remoteAddress: '198.51.100.66',
    remotePort: 6666,
    listener: { protocol: 'WSS', address: '192.0.2.1', port: 443, insecure: false },
    tls: undefined,
    admission: undefined,
    wire: {
      writable: true,
      queued: 0,
      send(bytes) {
        sent.push(Buffer.from(bytes as string, 'latin1'))
        return true
      },
      pause() {},
      resume() {},
      end() {},
      destroy() {},
    },
    host: {
      limits: DEFAULT_TRANSPORT_LIMITS,
      messageLimits: DEFAULT_LIMITS,
      now: clock.monotonic(),
      onFrame: (bytes, flow) => inbound.onBytes(bytes, flow),
      flushLater: flow => flow.flush(),
      onFramingError: (error, flow) => inbound.onFramingError(error, flow),
      onClosed: (_flow, reason) => {
        closed = reason
      },
      onGone() {},
    },
  })
}

export const target: FuzzTarget = {
  name: 'websocket',
  covers: [
    'src/sip/transport/connection-flow.ts',
    'src/sip/transport/inbound.ts',
    'src/sip/message/parse.ts',
    'src/sip/message/validate.ts',
  ],
  shape: 'message',
  seeds: [...texts('\r\n\r\n', '\r\n', '\n'), ...MESSAGE_SEEDS],
  maximumLength: 70_000,
  check(input) {
    sent = []
    delivered = 0
    closed = undefined
    const flow = open()
    flow.receiveFrame(Buffer.from(input))
    assert.ok(sent.length + delivered <= 1, 'one frame is at most one message')
    assert.equal(closed, undefined, 'a bad message closes no WebSocket')
    flow.receiveFrame(Buffer.from('\r\n\r\n'))
    assert.equal(sent.at(-1)?.toString(), '\r\n', 'the flow no longer answers a keep-alive')
  },
}
