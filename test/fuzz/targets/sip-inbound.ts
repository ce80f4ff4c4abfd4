/** A datagram of an unverified source at the edge: at most one answer, never longer than what came, and nothing kept. */
import assert from 'node:assert/strict'
import { DEFAULT_LIMITS } from '../../../src/sip/message/error.ts'
import { parseMessage } from '../../../src/sip/message/parse.ts'
import { validateResponse } from '../../../src/sip/message/validate.ts'
import { fakeFlow } from '../../../src/sip/transport/fake-transport.ts'
import { createInbound } from '../../../src/sip/transport/inbound.ts'
import type { FuzzTarget } from '../engine/target.ts'
import { MESSAGE_SEEDS } from './message-seeds.ts'

const FLOW = fakeFlow('UDP', '198.51.100.66', 6666)
/** A refusal of too many or too long header fields repeats some of them, by their long names. */
const ROOMY = { ...DEFAULT_LIMITS, maximumHeaderCount: 1_000, maximumLineLength: 70_000 }
let sent: Buffer[] = []
let delivered = 0

const inbound = createInbound({
  limits: DEFAULT_LIMITS,
  mayAnswer: () => true,
  observer: {},
  send: (_flow, bytes) => sent.push(bytes) > 0,
})
inbound.setReceiver({
  onMessage(message) {
    delivered++
    // What the layers above rely on.
    void [message.topmostVia, message.cseq, message.from, message.to, message.contacts]
    if (message.kind === 'request') assert.ok(message.topmostVia.received ?? message.topmostVia.host)
  },
})

export const target: FuzzTarget = {
  name: 'sip-inbound',
  covers: ['src/sip/transport/inbound.ts', 'src/sip/transport/received.ts', 'src/sip/message/'],
  shape: 'message',
  seeds: MESSAGE_SEEDS,
  maximumLength: 65_507,
  check(input) {
    sent = []
    delivered = 0
    inbound.onBytes(Buffer.from(input), FLOW)
    assert.ok(sent.length + delivered <= 1, `${sent.length} answers and ${delivered} deliveries to one datagram`)
    const [answer] = sent
    if (answer === undefined) return
    assert.ok(answer.length <= input.length, `${answer.length} octets for ${input.length}`)
    assert.ok(!/^\s*ACK /.test(input.toString('latin1')), 'an ACK was answered')
    const parsed = parseMessage(answer, ROOMY)
    // Octets that are no UTF-8 go back as they came (RFC 3261 §8.2.6.2).
    if (!parsed.ok && parsed.error.code === 'SIP_PARSE_UTF8') return
    assert.ok(parsed.ok && parsed.value.kind === 'response', 'the answer is no response')
    assert.ok(parsed.value.status >= 400)
    void validateResponse(parsed.value)
  },
}
