/** What the parts of the media benchmark say to each other. */
import type { SuiteName } from '../../src/media/srtp/index.ts'

export interface PlannedLeg {
  /** The relay's port for this phone, on 127.0.0.1. */
  readonly port: number
  /** What the relay protects with towards this phone. Base64. */
  readonly relayKey: string
}

/** One kind of phone: all phones of a side share a socket, a source and a key, so that one packet serves all of them. */
export interface PlannedSide {
  readonly suite: SuiteName
  readonly phoneKey: string
  readonly phonePort: number
}

export interface Plan {
  readonly a: PlannedSide
  readonly b: PlannedSide
  readonly calls: readonly { readonly a: PlannedLeg; readonly b: PlannedLeg }[]
  readonly seconds: number
}

export interface LoadResult {
  readonly sent: number
  readonly received: number
  readonly verified: number
  readonly broken: number
  readonly wallSeconds: number
  /** Milliseconds from handing a packet to the kernel until the relayed one arrived there. */
  readonly delay: { readonly median: number; readonly p99: number; readonly maximum: number }
  /** CPU of the generator for each packet that it sent, in microseconds. */
  readonly generatorCost: number
  /** By how many milliseconds the generator was behind its own clock, at worst. */
  readonly behind: number
}

/** Packets a second of one call: 20 ms audio in both directions. */
export const PACKETS_PER_CALL = 100
