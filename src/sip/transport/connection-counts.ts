/** Counts connections in all and for each source, so that no stranger takes what belongs to everybody. */
import { inAnyNetwork, type Network, normaliseAddress, sourceKey } from '../../base/network.ts'
import type { TransportLimits } from './limits.ts'

interface SourceCount {
  connections: number
  handshakes: number
}

interface Totals {
  connections: number
  handshakes: number
  readonly sources: Map<string, SourceCount>
}

/** One counted connection. Every method is idempotent. */
export class Admission {
  readonly #totals: Totals
  /** Undefined for an exempt source. */
  readonly #key: string | undefined
  #source: SourceCount | undefined
  #inHandshake = true
  #here = true

  constructor(totals: Totals, key: string | undefined) {
    this.#totals = totals
    this.#key = key
    this.#source = key === undefined ? undefined : totals.sources.get(key)
  }

  /** The handshake is over. */
  established(): void {
    if (!this.#inHandshake) return
    this.#inHandshake = false
    this.#totals.handshakes--
    if (this.#source !== undefined) this.#source.handshakes--
  }

  /** It belongs to somebody known, and no longer counts against its source. */
  known(): void {
    this.established()
    const source = this.#source
    if (source === undefined) return
    this.#source = undefined
    source.connections--
    if (source.connections === 0) this.#totals.sources.delete(this.#key!)
  }

  /** The connection is gone. */
  release(): void {
    if (!this.#here) return
    this.#here = false
    this.#totals.connections--
    this.known()
  }
}

export type Refused = 'too many connections' | 'too many handshakes' | 'too many connections of this source'

export interface ConnectionCounts {
  admit(remoteAddress: string): Admission | Refused
  readonly total: number
  readonly handshakes: number
}

/** A trusted source may have so many times as much as a stranger. */
const TRUSTED_TIMES = 10

/** Holds one entry for each source with a connection: at most `maximumConnections`. */
export function createConnectionCounts(
  limits: TransportLimits,
  exempt: readonly Network[],
  isTrustedSource: (address: string) => boolean = () => false,
): ConnectionCounts {
  const totals: Totals = { connections: 0, handshakes: 0, sources: new Map() }

  function isExempt(address: string): boolean {
    return address === '::1' || address.startsWith('127.') || inAnyNetwork(address, exempt)
  }

  return {
    get total() {
      return totals.connections
    },
    get handshakes() {
      return totals.handshakes
    },
    admit(remoteAddress) {
      if (totals.connections >= limits.maximumConnections) return 'too many connections'
      if (totals.handshakes >= limits.maximumHandshakes) return 'too many handshakes'
      const address = normaliseAddress(remoteAddress)
      const key = isExempt(address) ? undefined : sourceKey(address)
      if (key !== undefined) {
        const source = totals.sources.get(key) ?? { connections: 0, handshakes: 0 }
        const isFull = (times: number): boolean =>
          source.connections >= times * limits.maximumConnectionsPerSource ||
          source.handshakes >= times * limits.maximumHandshakesPerSource
        if (isFull(1) && (isFull(TRUSTED_TIMES) || !isTrustedSource(address))) {
          return 'too many connections of this source'
        }
        source.connections++
        source.handshakes++
        totals.sources.set(key, source)
      }
      totals.connections++
      totals.handshakes++
      return new Admission(totals, key)
    },
  }
}
