/** Statements about the log, signed: checkpoints, what retention dropped, whose keys were destroyed. */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { EVENT_CLASSES } from '../event-class.ts'
import { digestOf, NO_HASH } from './link.ts'
import type { Head, SignedStatement, Statement } from './types.ts'

/** What is signed is said with it: this key signs nothing else. */
const PREFIX = 'ringfence log 1 '
const HASH = /^[0-9a-f]{64}$/
/** Octets of base64: an Ed25519 signature has 64. */
const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/

export function signStatement(statement: Statement, privateKey: KeyObject): SignedStatement {
  const text = `${PREFIX}${JSON.stringify(statement)}`
  return { text, signature: sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64') }
}

/** What the next statement names as `previous`. */
export function statementHash(signed: SignedStatement | undefined): string {
  return signed === undefined ? NO_HASH : digestOf(signed.text)
}

/** Undefined when it was not signed with this key, or is no statement. */
export function readStatement(signed: SignedStatement, publicKey: KeyObject): Statement | undefined {
  const { text, signature } = signed
  if (!text.startsWith(PREFIX) || !SIGNATURE.test(signature)) return undefined
  if (!verify(null, Buffer.from(text, 'utf8'), publicKey, Buffer.from(signature, 'base64'))) return undefined
  return parseStatement(text.slice(PREFIX.length))
}

/** A public key as PEM (SPKI). Undefined when it is none, or not of Ed25519. */
export function readPublicKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem)
    return key.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch {
    return undefined
  }
}

function parseStatement(json: string): Statement | undefined {
  let value: Readonly<Record<string, unknown>>
  try {
    value = JSON.parse(json) as typeof value
  } catch {
    return undefined
  }
  const { kind, number, previous, at } = value
  if (!isCount(number) || !isHash(previous) || !Number.isSafeInteger(at)) return undefined
  const heads = (value['heads'] ?? {}) as Readonly<Record<string, unknown>>
  const good =
    (kind === 'checkpoint' && isCount(value['position']) && EVENT_CLASSES.every(each => isHead(heads[each]))) ||
    (kind === 'dropped' && isCount(value['position']) && isCount(value['count']) && isDropped(value)) ||
    (kind === 'erased' && Array.isArray(value['keys']) && value['keys'].every(isCount))
  return good ? (value as unknown as Statement) : undefined
}

function isDropped(value: Readonly<Record<string, unknown>>): boolean {
  return (EVENT_CLASSES as readonly unknown[]).includes(value['class']) && isHead(value['head'])
}

function isHead(value: unknown): value is Head {
  const head = value as Head | null | undefined
  return typeof head === 'object' && head !== null && isCount(head.sequence) && isHash(head.hash)
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
