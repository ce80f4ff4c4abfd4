/** DNS answers, kept for a bounded time in a bounded number; and the client that asks the system's name servers. */
import { Resolver as DnsResolver, lookup } from 'node:dns/promises'
import { BoundedMap } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'

export interface AddressRecord {
  readonly address: string
  /** Seconds. */
  readonly ttl: number
}

export interface ServiceRecord {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

export interface PointerRecord {
  readonly service: string
  readonly replacement: string
  readonly order: number
  readonly preference: number
}

/** The DNS client. Each method rejects, or resolves with nothing, where there are no records. */
export interface Resolver {
  naptr(name: string): Promise<readonly PointerRecord[]>
  srv(name: string): Promise<readonly ServiceRecord[]>
  /** A and AAAA. */
  addresses(name: string): Promise<readonly AddressRecord[]>
}

export interface DnsCacheOptions {
  readonly resolver: Resolver
  readonly clock: Clock
  /** Bounds for how long an answer is kept, seconds. Defaults 5 and 300; without an answer 10. */
  readonly minimumTtl?: number
  readonly maximumTtl?: number
  /** Names of each kind. Default 1,000. */
  readonly cacheSize?: number
  /** Seconds for which a question that is not answered yet is shared. */
  readonly pendingSeconds: number
}

const NEGATIVE_TTL = 10
/** `node:dns` does not say how long SRV and NAPTR records live. */
const UNKNOWN_TTL = 60
const MAXIMUM_RECORDS = 16

interface CacheEntry<T> {
  readonly until: number
  readonly answer: Promise<readonly T[]>
}

/** Every method resolves, with nothing where there are no records. */
export class DnsCache {
  readonly #options: DnsCacheOptions
  readonly #pointers: BoundedMap<string, CacheEntry<PointerRecord>>
  readonly #services: BoundedMap<string, CacheEntry<ServiceRecord>>
  readonly #addresses: BoundedMap<string, CacheEntry<AddressRecord>>

  constructor(options: DnsCacheOptions) {
    const { cacheSize = 1000 } = options
    this.#options = options
    this.#pointers = new BoundedMap(cacheSize)
    this.#services = new BoundedMap(cacheSize)
    this.#addresses = new BoundedMap(cacheSize)
  }

  naptr(name: string): Promise<readonly PointerRecord[]> {
    return this.#ask(
      this.#pointers,
      name,
      () => this.#options.resolver.naptr(name),
      () => UNKNOWN_TTL,
    )
  }

  srv(name: string): Promise<readonly ServiceRecord[]> {
    return this.#ask(
      this.#services,
      name,
      () => this.#options.resolver.srv(name),
      () => UNKNOWN_TTL,
    )
  }

  addresses(name: string): Promise<readonly AddressRecord[]> {
    const shortest = (records: readonly AddressRecord[]): number => Math.min(...records.map(record => record.ttl))
    return this.#ask(this.#addresses, name, () => this.#options.resolver.addresses(name), shortest)
  }

  #ask<T>(
    cache: BoundedMap<string, CacheEntry<T>>,
    name: string,
    query: () => Promise<readonly T[]>,
    ttlOf: (records: readonly T[]) => number,
  ): Promise<readonly T[]> {
    const { clock, minimumTtl = 5, maximumTtl = 300, pendingSeconds } = this.#options
    const now = clock.monotonic()
    const cached = cache.get(name)
    if (cached !== undefined && now < cached.until) return cached.answer
    const answer = query().then(
      records => records.slice(0, MAXIMUM_RECORDS),
      (): readonly T[] => [],
    )
    // While the answer is under way others share the question.
    cache.set(name, { until: now + pendingSeconds * 1000, answer })
    return answer.then(records => {
      const ttl = records.length === 0 ? NEGATIVE_TTL : Math.min(Math.max(ttlOf(records), minimumTtl), maximumTtl)
      cache.set(name, { until: clock.monotonic() + ttl * 1000, answer })
      return records
    })
  }
}

/** The system's name servers; names that DNS does not know, such as those in the hosts file, as the system has them. */
export function createSystemResolver(): Resolver {
  const dns = new DnsResolver({ timeout: 2000, tries: 2 })
  return {
    naptr: name => dns.resolveNaptr(name),
    srv: name => dns.resolveSrv(name),
    async addresses(name) {
      // RFC 6761 §6.3.
      if (name === 'localhost' || name.endsWith('.localhost')) {
        return ['127.0.0.1', '::1'].map(address => ({ address, ttl: UNKNOWN_TTL }))
      }
      const both = await Promise.allSettled([dns.resolve4(name, { ttl: true }), dns.resolve6(name, { ttl: true })])
      const found = both.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []))
      if (found.length > 0) return found
      const local = await lookup(name, { all: true })
      return local.map(({ address }) => ({ address, ttl: UNKNOWN_TTL }))
    },
  }
}
