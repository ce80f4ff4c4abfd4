/** Passwords: argon2id at rest (RFC 9106), length over composition, and none that others have chosen before. */
import { argon2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { randomBytes } from '../base/random.ts'
import { isCommon } from './common-passwords.ts'

export const MINIMUM_PASSWORD = 12
export const MAXIMUM_PASSWORD = 256
/** UTF-16 units that are looked at. */
const LONGEST_TEXT = 4 * MAXIMUM_PASSWORD

/** OWASP's first choice: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32
/** Computations at once, and those that wait: each takes memory and some 30 ms. */
const AT_ONCE = 2
const MAXIMUM_WAITING = 64
const derive = promisify(argon2)

let running = 0
const waiting: (() => void)[] = []

/** What is wrong with a password that somebody wants to have, as a sentence; undefined: nothing. `words`: name, address, business. */
export function weaknessOf(password: string, words: readonly string[]): string | undefined {
  if (password.length > LONGEST_TEXT) return `a password has at most ${MAXIMUM_PASSWORD} characters`
  const normal = password.normalize('NFKC')
  const { length } = [...normal]
  if (length < MINIMUM_PASSWORD) return `a password has at least ${MINIMUM_PASSWORD} characters; four words do`
  if (length > MAXIMUM_PASSWORD) return `a password has at most ${MAXIMUM_PASSWORD} characters`
  const lower = normal.toLowerCase()
  if (isCommon(lower))
    return 'this password is on lists that attackers try first; take four words that nobody would guess'
  if (isMonotonous(lower)) return 'this password repeats itself or counts up; take four words that nobody would guess'
  const named = words.map(word => word.toLowerCase()).filter(word => word.length >= 4 && lower.includes(word))
  // What is left without the names has to be long enough by itself.
  const rest = named.reduce((text, word) => text.replaceAll(word, ''), lower)
  if (named.length > 0 && [...rest].length < MINIMUM_PASSWORD - 4) {
    return 'this password is made of your name, address or business; take four words that nobody would guess'
  }
  return undefined
}

/** `argon2id$memory$passes$parallelism$salt$tag`; undefined: too many wait. */
export async function hashPassword(password: string): Promise<string | undefined> {
  const salt = randomBytes(SALT_BYTES)
  const tag = await compute(password, salt, COST)
  if (tag === undefined) return undefined
  const { memory, passes, parallelism } = COST
  return ['argon2id', memory, passes, parallelism, salt.toString('base64url'), tag.toString('base64url')].join('$')
}

/** False for no hash too, after the same work. Undefined: too many wait. */
export async function passwordMatches(password: string, hash: string | undefined): Promise<boolean | undefined> {
  const [, memory, passes, parallelism, salt = '', tag = ''] = (hash ?? NOBODY).split('$')
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const computed = await compute(password, Buffer.from(salt, 'base64url'), cost)
  if (computed === undefined) return undefined
  const expected = Buffer.from(tag, 'base64url')
  return computed.length === expected.length && timingSafeEqual(computed, expected) && hash !== undefined
}

/** Of accounts that do not exist or have no password: costs what the others cost, and no password has this tag. */
const NOBODY = ['argon2id', COST.memory, COST.passes, COST.parallelism, 'A'.repeat(22), 'A'.repeat(43)].join('$')

async function compute(
  password: string,
  nonce: Buffer,
  { memory, passes, parallelism }: typeof COST,
): Promise<Buffer | undefined> {
  if (waiting.length >= MAXIMUM_WAITING) return undefined
  if (running >= AT_ONCE) await new Promise<void>(resolve => waiting.push(resolve))
  else running++
  try {
    const message = Buffer.from(password.slice(0, LONGEST_TEXT).normalize('NFKC'), 'utf8')
    return await derive('argon2id', { message, nonce, memory, passes, parallelism, tagLength: TAG_BYTES })
  } finally {
    // The place goes to who waits longest.
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}

/** Few different characters, a short piece again and again, or neighbours one after another. */
function isMonotonous(text: string): boolean {
  if (new Set(text).size < 5) return true
  for (let size = 1; size <= text.length / 3; size++) {
    if (
      text
        .slice(0, size)
        .repeat(Math.ceil(text.length / size))
        .startsWith(text)
    )
      return true
  }
  let neighbours = 0
  for (let at = 1; at < text.length; at++) {
    const distance = text.charCodeAt(at) - text.charCodeAt(at - 1)
    if (Math.abs(distance) <= 1) neighbours++
  }
  return neighbours >= text.length * 0.75
}
