/** Codes of an authenticator (RFC 6238): six digits, 30 seconds, SHA-1 as every authenticator has it. */
import { Secret as Key, TOTP } from 'otpauth'
import { randomBytes } from '../base/random.ts'

export const TOTP_PERIOD_S = 30
/** 160 bits (RFC 4226 §4, R6). */
const KEY_BYTES = 20
/** One step before and after: who types slowly, and clocks that are nearly right. */
export const WINDOW = 1
/** Steps within which a code tells how far a clock is off: ten minutes. */
const SKEW_WINDOW = 20

/** Base32. */
export function newTotpSecret(): string {
  return new Key({ buffer: new Uint8Array(randomBytes(KEY_BYTES)).buffer }).base32
}

/** `otpauth://totp/…` for the QR code. */
export function totpUri(secret: string, issuer: string, account: string): string {
  return totp(secret, issuer, account).toString()
}

/** The time step of a code that is right now; undefined: it is not. */
export function stepOf(secret: string, code: string, now: number): number | undefined {
  const offset = offsetOf(secret, code, now)
  return offset === undefined || Math.abs(offset) > WINDOW ? undefined : stepAt(now) + offset
}

/** Steps by which the clock that made the code is ahead of ours (negative: behind), within ten minutes. */
export function offsetOf(secret: string, code: string, now: number): number | undefined {
  // What cannot be a code costs as much as one that is wrong.
  const token = /^\d{6}$/.test(code) ? code : '------'
  return totp(secret).validate({ token, timestamp: now, window: SKEW_WINDOW }) ?? undefined
}

export function skewMessage(offset: number): string {
  const minutes = (Math.abs(offset) * TOTP_PERIOD_S) / 60
  const side = offset > 0 ? 'ahead of' : 'behind'
  return `the clock of the authenticator is ${minutes} min ${side} this machine's: set both by the network, then try again`
}

function stepAt(now: number): number {
  return Math.floor(now / 1_000 / TOTP_PERIOD_S)
}

function totp(secret: string, issuer?: string, label?: string): TOTP {
  return new TOTP({
    secret: Key.fromBase32(secret),
    algorithm: 'SHA1',
    digits: 6,
    period: TOTP_PERIOD_S,
    ...(issuer === undefined ? {} : { issuer }),
    ...(label === undefined ? {} : { label }),
  })
}
