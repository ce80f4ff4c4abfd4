/** What a provider saw, read from its log: whole messages with the time at which they came. */
import { parseMessage } from '../../../src/sip/message/parse.ts'
import type { SipMessage, SipRequest } from '../../../src/sip/message/types.ts'

export interface SeenMessage {
  readonly kind: 'request' | 'answer'
  /** Milliseconds since 1970, by the wall clock of the provider. */
  readonly at: number
  readonly message: SipMessage
  readonly text: string
}

export function seenMessages(log: string): readonly SeenMessage[] {
  const messages: SeenMessage[] = []
  for (const match of log.matchAll(/SEEN (request|answer) (\d+\.\d+) ([0-9a-fA-F]+)\s/g)) {
    const octets = Buffer.from(match[3]!, 'hex')
    const parsed = parseMessage(octets)
    if (!parsed.ok) throw new Error(`the provider got what does not parse: ${octets.toString('latin1')}`)
    const [kind, at] = [match[1] as SeenMessage['kind'], Number(match[2]) * 1000]
    messages.push({ kind, at, message: parsed.value, text: octets.toString('latin1') })
  }
  return messages
}

/** Requests with the method, retransmissions of the same transaction once. */
export function requestsOf(messages: readonly SeenMessage[], method: string): readonly SipRequest[] {
  const branches = new Set<string | undefined>()
  const found: SipRequest[] = []
  for (const { message } of messages) {
    if (message.kind !== 'request' || message.method !== method || branches.has(message.topmostVia.branch)) continue
    branches.add(message.topmostVia.branch)
    found.push(message)
  }
  return found
}

export function answersTo(messages: readonly SeenMessage[], method: string): readonly number[] {
  return messages.flatMap(({ message }) =>
    message.kind === 'response' && message.cseq.method === method ? [message.status] : [],
  )
}
