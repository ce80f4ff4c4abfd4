/** The phone's half of digest authentication: answers a challenge, and remembers the nonce for the next request. */
import { answerChallenge } from '../sip/auth/digest.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { PhoneOptions } from './options.ts'

export interface Credentials {
  /** The header that answers a 401 or 407, or undefined when no challenge in it can be answered. */
  answer(response: SipResponse, request: SipRequest): { headers: readonly HeaderPair[]; algorithm: string } | undefined
  /** Credentials for a nonce that was accepted before, so that no new challenge is needed (RFC 7616 §3.6). */
  remembered(request: SipRequest): readonly HeaderPair[]
}

export function createCredentials(options: Pick<PhoneOptions, 'username' | 'password' | 'algorithms'>): Credentials {
  throw new Error(`not yet ${options.username} ${String(answerChallenge)}`)
}
