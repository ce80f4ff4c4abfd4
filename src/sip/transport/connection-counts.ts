/** Counts connections in all and for each source, so that no stranger takes what belongs to everybody. */
import { inAnyNetwork, type Network, normaliseAddress, sourceKey } from '../../base/network.ts'
import type { TransportLimits } from './limits.ts'

/** One counted connection. Every method is idempotent. */
export interface Admission {
  /** The handshake is over. */
  established(): void
  /** It belongs to somebody known, and no longer counts against its source. */
  known(): void
  /** The connection is gone. */
  release(): void
}

export type Refused = 'too many connections' | 'too many handshakes' | 'too many connections of this source'

export interface ConnectionCounts {
  admit(remoteAddress: string): Admission | Refused
  readonly total: number
  readonly handshakes: number
}

interface SourceCount {
  strangers: number
  handshakes: number
}

/** Holds one entry for each source with a connection: at most `maximumConnections`. */
export function createConnectionCounts(limits: TransportLimits, exempt: readonly Network[]): ConnectionCounts {
  const sources = new Map<string, SourceCount>()
  let total = 0
  let handshakes = 0

  function isExempt(address: string): boolean {
    return address === '::1' || address.startsWith('127.') || inAnyNetwork(address, exempt)
  }

  function admission(key: string | undefined): Admission {
    const source = key === undefined ? undefined : sources.get(key)
    let counted = source !== undefined
    let inHandshake = true
    let here = true
    const forget = (): void => {
      if (source !== undefined && key !== undefined && source.strangers + source.handshakes === 0) sources.delete(key)
    }
    const established = (): void => {
      if (!inHandshake) return
      inHandshake = false
      handshakes--
      if (source !== undefined) source.handshakes--
    }
    const known = (): void => {
      if (!counted || source === undefined) return
      counted = false
      source.strangers--
      forget()
    }
    return {
      established,
      known,
      release() {
        if (!here) return
        here = false
        total--
        established()
        known()
        forget()
      },
    }
  }

  return {
    get total() {
      return total
    },
    get handshakes() {
      return handshakes
    },
    admit(remoteAddress) {
      if (total >= limits.maximumConnections) return 'too many connections'
      if (handshakes >= limits.maximumHandshakes) return 'too many handshakes'
      const address = normaliseAddress(remoteAddress)
      const key = isExempt(address) ? undefined : sourceKey(address)
      if (key !== undefined) {
        const source = sources.get(key) ?? { strangers: 0, handshakes: 0 }
        const full =
          source.strangers >= limits.maximumConnectionsPerSource ||
          source.handshakes >= limits.maximumHandshakesPerSource
        if (full) return 'too many connections of this source'
        source.strangers++
        source.handshakes++
        sources.set(key, source)
      }
      total++
      handshakes++
      return admission(key)
    },
  }
}
