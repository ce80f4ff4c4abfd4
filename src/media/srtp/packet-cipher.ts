/**
 * What protects the bytes of one master key's packets, without any memory of packets: bytes in, bytes out. Contexts in
 * `sender.ts` and `receiver.ts` add the indices and the replay window. `output` may be the packet itself.
 */
import type { DerivedKeys } from './key-derivation.ts'
import type { Suite } from './suites.ts'

export interface PacketCipher {
  /** Octets after a protected RTP packet. */
  readonly tagLength: number
  /** Encrypts and authenticates `length` octets of `packet` into `output`; returns the length there. */
  protectRtp(packet: Buffer, length: number, headerLength: number, ssrc: number, index: number, output: Buffer): number
  /** The reverse; -1 when the tag does not verify: `output` then holds nothing of use, and the packet is what it was. */
  unprotectRtp(
    packet: Buffer,
    length: number,
    headerLength: number,
    ssrc: number,
    index: number,
    output: Buffer,
  ): number
  protectRtcp(packet: Buffer, length: number, ssrc: number, index: number, output: Buffer): number
  unprotectRtcp(packet: Buffer, length: number, ssrc: number, index: number, output: Buffer): number
}

export type PacketCipherFactory = (suite: Suite, keys: DerivedKeys) => PacketCipher

/** Octets of an RTCP packet that stay in clear: the first header and SSRC (RFC 3711 §3.4). */
export const RTCP_CLEAR_LENGTH = 8
/** The E flag and the index at the end of an SRTCP packet. */
export const SRTCP_INDEX_LENGTH = 4
export const SRTCP_ENCRYPTED = 0x8000_0000
