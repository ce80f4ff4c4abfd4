/** The protection profiles that we speak, by their SDES names (RFC 4568 §6.2, RFC 6188 §3, RFC 7714 §14.2). */

export type SuiteName = 'AEAD_AES_256_GCM' | 'AEAD_AES_128_GCM' | 'AES_256_CM_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_80'

export interface Suite {
  readonly name: SuiteName
  readonly kind: 'counter-mode' | 'gcm'
  /** Octets of the master key, and of the session's encryption key. */
  readonly keyLength: 16 | 32
  /** Octets of the master salt, and of the session's salt. */
  readonly saltLength: 12 | 14
  /** Octets that authenticate each packet. */
  readonly tagLength: 10 | 16
  readonly keyAndSaltLength: number
}

function suite(name: SuiteName, kind: Suite['kind'], keyLength: 16 | 32): Suite {
  const saltLength = kind === 'gcm' ? 12 : 14
  return {
    name,
    kind,
    keyLength,
    saltLength,
    tagLength: kind === 'gcm' ? 16 : 10,
    keyAndSaltLength: keyLength + saltLength,
  }
}

/** In order of preference. AES_CM_128_HMAC_SHA1_32 is deliberately absent: its tag is too short. */
export const SUITES: readonly Suite[] = [
  suite('AEAD_AES_256_GCM', 'gcm', 32),
  suite('AEAD_AES_128_GCM', 'gcm', 16),
  suite('AES_256_CM_HMAC_SHA1_80', 'counter-mode', 32),
  suite('AES_CM_128_HMAC_SHA1_80', 'counter-mode', 16),
]

export function suiteNamed(name: string): Suite | undefined {
  return SUITES.find(candidate => candidate.name === name)
}
