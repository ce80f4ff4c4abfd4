/** What the message layer does with octets, in the words of a vector. */
import { parseMessage } from '../../src/sip/message/parse.ts'
import type { SipMessage } from '../../src/sip/message/types.ts'
import { validateRequest, validateResponse } from '../../src/sip/message/validate.ts'
import type { Outcome } from './vectors/load.ts'

export interface Handled {
  readonly outcome: Outcome
  readonly message: SipMessage | undefined
}

export function handle(bytes: Uint8Array): Handled {
  const parsed = parseMessage(bytes)
  if (!parsed.ok) {
    const { code, status, request } = parsed.error
    const outcome: Outcome = request === undefined ? { kind: 'discard', code } : { kind: 'refuse', status, code }
    return { outcome, message: undefined }
  }
  const message = parsed.value
  if (message.kind === 'response') {
    const code = validateResponse(message)
    return { outcome: code === undefined ? { kind: 'accept' } : { kind: 'discard', code }, message }
  }
  const refusal = validateRequest(message)
  if (refusal === undefined) return { outcome: { kind: 'accept' }, message }
  return { outcome: { kind: 'refuse', status: refusal.status, code: refusal.code }, message }
}
