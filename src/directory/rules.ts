/** What numbers, names and secrets may look like, and how new ones are made. */
import { createHash } from 'node:crypto'
import { randomText } from '../base/random.ts'
import type { DigestSecrets, DirectoryRefusal } from './types.ts'

export const MAXIMUM_EXTENSIONS = 100_000
export const MAXIMUM_DEVICES_PER_EXTENSION = 10
export const MAXIMUM_IMPORT = 100_000

/** No 0, 1, l, o: what is typed into a phone from paper must have one reading. */
const USERNAME_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const PASSWORD_ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const USERNAME_LENGTH = 12
/** 26 characters of 56 are 151 bits. */
const PASSWORD_LENGTH = 26

export function refuse(code: DirectoryRefusal['code'], message: string): DirectoryRefusal {
  return { code, message }
}

export function checkNumber(number: string): DirectoryRefusal | undefined {
  if (/^[A-Za-z0-9._-]{1,32}$/.test(number)) return undefined
  return refuse(
    'DIRECTORY_NUMBER_INVALID',
    'an extension is 1 to 32 characters out of digits, letters, ".", "_" and "-"; for example 101',
  )
}

export function checkName(name: string): DirectoryRefusal | undefined {
  const length = [...name].length
  const clean = !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)
  if (length >= 1 && length <= 64 && clean && name.trim() !== '') return undefined
  return refuse(
    'DIRECTORY_NAME_INVALID',
    'a name is 1 to 64 characters without control characters; for example "Reception"',
  )
}

const MAXIMUM_REASON = 500

/** Longer than a name: toll-fraud control says which rule, what it saw, and which decision it was. */
export function checkReason(reason: string): DirectoryRefusal | undefined {
  const clean = !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(reason)
  if ([...reason].length <= MAXIMUM_REASON && clean && reason.trim() !== '') return undefined
  const message = `a reason is 1 to ${MAXIMUM_REASON} characters without control characters`
  return refuse('DIRECTORY_NAME_INVALID', message)
}

/** A label may be empty; otherwise the rules of a name. */
export function checkLabel(label: string): DirectoryRefusal | undefined {
  return label === '' ? undefined : checkName(label)
}

/** For imported devices only: those that we make are random. */
export function checkUsername(username: string): DirectoryRefusal | undefined {
  if (/^[A-Za-z0-9._+-]{1,64}$/.test(username)) return undefined
  return refuse(
    'DIRECTORY_USERNAME_INVALID',
    'a username is 1 to 64 characters out of letters, digits, ".", "_", "+", "-"',
  )
}

export function newUsername(): string {
  return randomText(USERNAME_LENGTH, USERNAME_ALPHABET)
}

export function newPassword(): string {
  return randomText(PASSWORD_LENGTH, PASSWORD_ALPHABET)
}

/** H(username:realm:password) for each algorithm (RFC 7616 §3.4.2): all that is kept of a password. */
export function digestSecrets(username: string, realm: string, password: string): DigestSecrets {
  const text = `${username}:${realm}:${password}`
  return {
    'SHA-256': createHash('sha256').update(text, 'utf8').digest('hex'),
    MD5: createHash('md5').update(text, 'utf8').digest('hex'),
  }
}

/** Checks one imported HA1 and writes it in lower case. */
export function importedHash(text: string | undefined, characters: number): string | undefined | DirectoryRefusal {
  if (text === undefined || text === '') return undefined
  if (text.length === characters && /^[0-9a-fA-F]+$/.test(text)) return text.toLowerCase()
  return refuse('DIRECTORY_SECRET_INVALID', `an HA1 is ${characters} hexadecimal characters`)
}
