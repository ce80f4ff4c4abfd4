/** A message to bytes in one pass: long header names, and a Content-Length that is the body's (RFC 3261 §7.4.2). */
import type { SipMessage } from './types.ts'

/** The message as it goes on the wire. Characters of the head are octets (byte strings). */
export function serialise(message: SipMessage): Buffer {
  let head =
    message.kind === 'request'
      ? `${message.method} ${message.requestUriText} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`
  for (const { name, value } of message.headers) {
    if (name !== 'Content-Length') head += `${name}: ${value}\r\n`
  }
  const length = message.body.length
  head += `Content-Length: ${length}\r\n\r\n`
  if (length === 0) return Buffer.from(head, 'latin1')
  const bytes = Buffer.allocUnsafe(head.length + length)
  bytes.write(head, 0, 'latin1')
  bytes.set(message.body, head.length)
  return bytes
}
