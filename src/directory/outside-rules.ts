/** Limits and syntax of what leads to the outside. */
import { isIP } from '../base/network.ts'
import { refuse } from './rules.ts'
import type { DirectoryRefusal } from './types.ts'

export const MAXIMUM_TRUNKS = 500
export const MAXIMUM_NUMBERS = 10_000
export const MAXIMUM_GROUPS = 1_000
export const MAXIMUM_MEMBERS = 50

const MAXIMUM_NAME_IN_DNS = 253

/** `+` and the digits of country and number, 15 at most (ITU-T E.164 §6). */
export function checkE164(e164: string): DirectoryRefusal | undefined {
  if (/^\+[1-9]\d{4,14}$/.test(e164)) return undefined
  return refuse(
    'DIRECTORY_E164_INVALID',
    'a number of the public network is written with +, country and digits only; for example +4930123456',
  )
}

/** A host name (RFC 1123 §2.1, with `_`) or an address literal without brackets. */
export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return !text.includes('%')
  if (text.length > MAXIMUM_NAME_IN_DNS) return false
  const labels = text.split('.')
  // A last label of digits is half an address: what it names is for every resolver to guess.
  return labels.every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)) && !/^\d+$/.test(labels.at(-1)!)
}

export function isWhole(value: number, from: number, to: number): boolean {
  return Number.isInteger(value) && value >= from && value <= to
}

export function isOneOf<T extends string>(value: string, values: readonly T[]): value is T {
  return (values as readonly string[]).includes(value)
}

/** The first list that holds a value twice, or is longer than `maximum`, is no good. */
export function isList(values: readonly string[], maximum: number): boolean {
  return Array.isArray(values) && values.length <= maximum && new Set(values).size === values.length
}

/** Free text for people, one line. */
export function isText(text: string, maximum: number): boolean {
  return text.trim() !== '' && [...text].length <= maximum && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)
}
