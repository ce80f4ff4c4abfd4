/** Caller identity that is signed (STIR/SHAKEN: RFC 8224, RFC 8225, RFC 8226, RFC 8588). */

/** RFC 8588 §4: A the caller and its right to the number are known; B the caller only; C neither. */
export type Attestation = 'A' | 'B' | 'C'

export interface SignInput {
  /** E.164 with or without `+`. */
  readonly from: string
  readonly to: string
  readonly attestation: Attestation
  /** Opaque, a UUID for the extension or organisation (RFC 8588 §5). */
  readonly originId: string
}

export interface CallerIdentitySigner {
  /** The value of an Identity header (RFC 8224 §4). */
  sign(input: SignInput): Promise<string>
}

export interface VerifyInput {
  /** Values of Identity, in order. */
  readonly identityHeaders: readonly string[]
  /** The number of the caller that is about to be shown: of P-Asserted-Identity or From; undefined: withheld or none. */
  readonly from: string | undefined
  readonly to: string
  /** Value of Date, if any. */
  readonly date: string | undefined
}

/** RFC 8224 §6.2.2 names the codes 403, 428, 436, 437, 438. */
export type VerificationFault =
  | 'stale-date' // 403: iat too old or in the future
  | 'no-identity' // 428
  | 'bad-info' // 436: the certificate cannot be fetched
  | 'unsupported-credential' // 437: certificate not trusted, expired, not for telephone numbers
  | 'invalid-identity' // 438: signature, algorithm, canonical form
  | 'wrong-caller' // the passport names another caller
  | 'wrong-callee' // the passport names another callee
  | 'replayed'

export interface Verification {
  /** `passed`: signed by an authority that we trust, for this caller and callee. `none`: no Identity header. */
  readonly outcome: 'passed' | 'failed' | 'none'
  readonly attestation: Attestation | undefined
  readonly fault: VerificationFault | undefined
  /** For logs and screens. */
  readonly detail: string
  /** Subject of the certificate that signed, where it was trusted. */
  readonly signedBy: string | undefined
  readonly originId: string | undefined
}

export interface CallerIdentityVerifier {
  /** Never rejects; bounded in time (a certificate that is not fetched in 2 s is `bad-info`). */
  verify(input: VerifyInput): Promise<Verification>
}
