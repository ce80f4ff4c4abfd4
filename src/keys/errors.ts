/** What can be wrong with keys and certificates. Each message says what to do. */

export type KeysErrorCode =
  /** The master key's file or environment value is not 32 bytes. */
  | 'KEYS_MASTER_KEY_INVALID'
  /** The master key's file can be read or replaced by others. */
  | 'KEYS_MASTER_KEY_EXPOSED'
  /** Sealed under another master key, in another context, or altered. */
  | 'KEYS_UNSEAL_FAILED'
  /** A certificate or key of the operator's cannot be used. */
  | 'KEYS_CERTIFICATE_INVALID'
  /** A private key's file can be read or replaced by others. */
  | 'KEYS_PRIVATE_KEY_EXPOSED'
  /** A file with a secret is not there, is empty, or holds something else. */
  | 'KEYS_SECRET_INVALID'
  /** The ACME server did not issue a certificate. */
  | 'KEYS_ACME_FAILED'

export class KeysError extends Error {
  readonly code: KeysErrorCode
  /** The file that is at fault, where there is one. */
  readonly file: string | undefined

  constructor(code: KeysErrorCode, message: string, file?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KeysError'
    this.code = code
    this.file = file
  }
}
