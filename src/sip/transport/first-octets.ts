/** Waits with the costly part of a connection until its peer has said enough to deserve it. */
import type { Socket } from 'node:net'

const HANDSHAKE = 22
const RECORD_HEADER = 5
/** RFC 8446 §5.1. */
const MAXIMUM_RECORD = 16_384

/**
 * How many octets the first TLS record has: 0 while that is unknown, undefined when it cannot be a ClientHello. So
 * half of a ClientHello holds a few hundred octets, not the state of a TLS connection.
 */
export function tlsRecordLength(octets: Buffer): number | undefined {
  if (octets.length > 0 && octets[0] !== HANDSHAKE) return undefined
  if (octets.length > 1 && octets[1] !== 3) return undefined
  if (octets.length < RECORD_HEADER) return 0
  const length = octets.readUInt16BE(3)
  return length === 0 || length > MAXIMUM_RECORD ? undefined : RECORD_HEADER + length
}

/**
 * Reads until `lengthOf` names a length and so much is there, then puts it back into the socket and calls `done` with
 * it; with undefined as soon as `lengthOf` says undefined. Not at all when the socket ends before. The caller bounds the
 * time; held are at most the octets that `lengthOf` asks for and one read more.
 */
export function awaitFirstOctets(
  socket: Socket,
  lengthOf: (octets: Buffer) => number | undefined,
  done: (first: Buffer | undefined) => void,
): void {
  let held: Buffer | undefined
  const onReadable = (): void => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null || socket.destroyed) return
    held = held === undefined ? chunk : Buffer.concat([held, chunk])
    const wanted = lengthOf(held)
    if (wanted === 0 || (wanted !== undefined && held.length < wanted)) return
    socket.removeListener('readable', onReadable)
    if (wanted !== undefined) socket.unshift(held)
    done(wanted === undefined ? undefined : held)
  }
  socket.on('readable', onReadable)
}
