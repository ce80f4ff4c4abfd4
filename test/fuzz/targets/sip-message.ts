/** Bytes to a message that is valid or refused, and back. */
import assert from 'node:assert/strict'
import { buildResponse } from '../../../src/sip/message/build.ts'
import { withHeader, withoutHeader, withoutTopmostVia, withTopmostVia } from '../../../src/sip/message/change.ts'
import { SipParseError } from '../../../src/sip/message/error.ts'
import { parseMessage } from '../../../src/sip/message/parse.ts'
import { serialise } from '../../../src/sip/message/serialise.ts'
import type { HeaderField, SipMessage, SipRequest } from '../../../src/sip/message/types.ts'
import { validateRequest, validateResponse } from '../../../src/sip/message/validate.ts'
import type { FuzzTarget } from '../engine/target.ts'
import { MESSAGE_SEEDS } from './message-seeds.ts'

export const target: FuzzTarget = {
  name: 'sip-message',
  covers: ['src/sip/message/'],
  shape: 'message',
  seeds: MESSAGE_SEEDS,
  maximumLength: 70_000,
  check,
}

function check(input: Buffer): void {
  const bytes = Buffer.from(input)
  const parsed = parseMessage(bytes)
  if (!parsed.ok) {
    assert.ok(parsed.error instanceof SipParseError)
    assert.ok(parsed.error.detail.length < 400, 'a detail quotes too much')
    if (parsed.error.request !== undefined) assertCleanAnswer(parsed.error.request)
    return
  }
  const message = parsed.value
  const acceptable = isAcceptable(message)
  if (message.kind === 'request') assertCleanAnswer(message)
  if (!acceptable) return
  readAll(message)
  assertStable(message)
  assertChanges(message)
  assertOwnHead(message, bytes)
}

/** Everything that the layers above read of an accepted message; none of it may throw. */
function readAll(message: SipMessage): void {
  void [message.callId, message.cseq, message.from, message.to, message.fromTag, message.toTag, message.vias]
  void [message.contacts, message.topmostVia, message.routes, message.recordRoutes, message.contentType]
  if (message.kind === 'request') void [message.requestUri, message.maxForwards]
  for (const { name } of message.headers) message.headerValues(name)
}

function isAcceptable(message: SipMessage): boolean {
  return (message.kind === 'request' ? validateRequest(message) : validateResponse(message)) === undefined
}

/** Serialised, it parses to the same message, and that serialises to the same octets. */
function assertStable(message: SipMessage): void {
  const once = serialise(message)
  const again = parseMessage(once)
  // Names are written in their long form, lines are unfolded: only a bound may be passed by that.
  if (!again.ok && /TOO_(LONG|MANY|LARGE)/.test(again.error.code)) return
  assert.ok(again.ok, again.ok ? '' : again.error.message)
  assert.ok(isAcceptable(again.value), 'what was accepted is refused when it comes back')
  assert.deepEqual(again.value.headers.filter(isFree), message.headers.filter(isFree))
  assert.deepEqual(Buffer.from(again.value.body), Buffer.from(message.body))
  assert.deepEqual(serialise(again.value), once)
}

/** Content-Length is written anew, as the last field. */
function isFree(field: HeaderField): boolean {
  return field.name !== 'Content-Length'
}

function assertChanges(message: SipMessage): void {
  const via = 'SIP/2.0/TLS a;branch=z9hG4bK1'
  const [, ...others] = message.headerValues('Via')
  assert.deepEqual(withTopmostVia(message, via).headerValues('Via'), [via, ...others])
  assert.deepEqual(withoutTopmostVia(message).headerValues('Via'), others)
  assert.equal(withHeader(message, 'X-Fuzz', '1').header('X-Fuzz'), '1')
  assert.equal(withoutHeader(message, 'X-Fuzz').header('X-Fuzz'), undefined)
}

/** The head is the message's own: who reuses the datagram's memory does not change it. Only the body is shared, as documented. */
function assertOwnHead(message: SipMessage, bytes: Buffer): void {
  const before = message.headers.map(({ name, value }) => `${name}: ${value}`).join('\r\n')
  bytes.fill(0)
  assert.equal(message.headers.map(({ name, value }) => `${name}: ${value}`).join('\r\n'), before)
}

/** An answer is itself a message, on as many lines as it has headers. */
function assertCleanAnswer(request: SipRequest): void {
  const answer = buildResponse(request, 400, undefined, { toTag: 'x' })
  const text = serialise(answer).toString('latin1')
  const head = text.slice(0, text.indexOf('\r\n\r\n'))
  assert.equal(head.split(/\r\n|\r|\n/).length, answer.headers.length + 2, 'an answer with a line of the attacker')
}
