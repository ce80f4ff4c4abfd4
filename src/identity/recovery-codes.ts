/** Codes on paper that stand in for the authenticator once each. They never stand in for the password. */
import { randomText } from '../base/random.ts'
import { hashOf } from './context.ts'

const COUNT = 10
/** 24 characters of 31 are 118 bits: neither guessed nor searched from their hash. */
const LENGTH = 24
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz2345678'

export interface RecoveryCodes {
  /** To be shown once: `abcd-efgh-ijkm-npqr-stuv-wxyz`. */
  readonly codes: readonly string[]
  readonly hashes: readonly string[]
}

export function newRecoveryCodes(): RecoveryCodes {
  const codes = Array.from({ length: COUNT }, () => randomText(LENGTH, ALPHABET).replace(/(.{4})(?=.)/g, '$1-'))
  return { codes, hashes: codes.map(hashOfRecoveryCode) }
}

/** However it was typed. */
export function hashOfRecoveryCode(code: string): string {
  return hashOf(`recovery ${code.toLowerCase().replace(/[\s-]/g, '')}`)
}
