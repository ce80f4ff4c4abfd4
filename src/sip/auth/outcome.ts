/** What became of the credentials of a request, for who watches for guessing. */
import type { SipRequest } from '../message/types.ts'
import type { VerifyFailure } from './authenticator.ts'

/** `challenged`: there were none. A nonce that is only too old is no news. */
export type AuthenticationOutcome = 'succeeded' | 'challenged' | 'unknown-user' | 'wrong-secret' | 'replayed'

/** `username`: as in the credentials; where there are none, the user part of who it claims to be. */
export type ReportAuthentication<Flow> = (
  outcome: AuthenticationOutcome,
  username: string,
  flow: Flow,
  request: SipRequest,
) => void

/** Undefined: nothing to tell. */
export function outcomeOf(reason: VerifyFailure): Exclude<AuthenticationOutcome, 'succeeded'> | undefined {
  if (reason === 'no-credentials') return 'challenged'
  return reason === 'unknown-user' || reason === 'wrong-secret' || reason === 'replayed' ? reason : undefined
}

/** The user part of From. */
export function claimedUser(request: SipRequest): string {
  const { uri } = request.from
  return uri.kind === 'sip' ? (uri.user ?? '') : ''
}
