/** Digest authentication: the server's side and the client's. */
export { type AnswerInput, answerChallenge, challengeNonce } from './answer.ts'
export {
  type Authenticator,
  type AuthenticatorOptions,
  type ChallengeOptions,
  createAuthenticator,
  type Verification,
  type VerifyFailure,
  type VerifyInput,
} from './authenticator.ts'
export {
  type ClientDigestAlgorithm,
  type DigestAlgorithm,
  type DigestSecrets,
  digestResponse,
  digestSecret,
} from './digest.ts'
export { type AuthenticationOutcome, claimedUser, outcomeOf, type ReportAuthentication } from './outcome.ts'
export { acceptedAlgorithms, type ChallengedPeer, offeredAlgorithms } from './offered-algorithms.ts'
