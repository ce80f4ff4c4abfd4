/**
 * One link: each event of a class is bound to the one before it, to its place in its class and to its position.
 *
 *   hash = SHA-256( previous hash (32) | position (8, big-endian) | sequence (8, big-endian) | SHA-256(document) (32) )
 *
 * The store computes the same in its database (migration 0007), where the order is decided.
 */
import { hash } from 'node:crypto'
import type { Heads } from './types.ts'

export const NO_HASH = '0'.repeat(64)

export function emptyHeads(): Heads {
  const head = { sequence: 0, hash: NO_HASH }
  return { calls: head, security: head, administration: head, system: head }
}

/** Hexadecimal. */
export function digestOf(text: string): string {
  return hash('sha256', Buffer.from(text, 'utf8'), 'hex')
}

/** All hashes in hexadecimal. */
export function linkOf(previous: string, position: number, sequence: number, digest: string): string {
  const bytes = Buffer.alloc(80)
  bytes.write(previous, 0, 32, 'hex')
  bytes.writeBigUInt64BE(BigInt(position), 32)
  bytes.writeBigUInt64BE(BigInt(sequence), 40)
  bytes.write(digest, 48, 32, 'hex')
  return hash('sha256', bytes, 'hex')
}
