/** Where a request for a SIP URI may go (RFC 3263 §4), with bounded work, bounded time and a bounded cache. */
import { Resolver as DnsResolver, lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { BoundedMap } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'
import { randomInteger } from '../../base/random.ts'
import type { SipUri } from '../message/types.ts'
import type { Target, TransportProtocol } from './types.ts'

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

export interface ResolutionOptions {
  readonly resolver: Resolver
  readonly clock: Clock
  /** At most so many targets for one URI. Default 16. */
  readonly maximumTargets?: number
  /** Seconds for one URI in all. Default 8. */
  readonly timeoutSeconds?: number
  /** Bounds for how long an answer is kept, seconds. Defaults 5 and 300; without an answer 10. */
  readonly minimumTtl?: number
  readonly maximumTtl?: number
  /** Names in the cache. Default 1,000. */
  readonly cacheSize?: number
}

const NEGATIVE_TTL = 10
/** `node:dns` does not say how long SRV and NAPTR records live. */
const UNKNOWN_TTL = 60
const MAXIMUM_RECORDS = 16

const NAPTR_SERVICES: Readonly<Record<string, TransportProtocol>> = {
  'SIPS+D2T': 'TLS',
  'SIPS+D2W': 'WSS',
  'SIP+D2T': 'TCP',
  'SIP+D2U': 'UDP',
  'SIP+D2W': 'WS',
}
/** Asked in this order where there is no NAPTR: encrypted first. */
const SRV_PREFIXES: readonly (readonly [TransportProtocol, string])[] = [
  ['TLS', '_sips._tcp.'],
  ['TCP', '_sip._tcp.'],
  ['UDP', '_sip._udp.'],
]
const DEFAULT_PORTS: Readonly<Record<TransportProtocol, number>> = { UDP: 5060, TCP: 5060, TLS: 5061, WS: 80, WSS: 443 }

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

/** The protocol that a URI fixes by scheme and `transport` (RFC 3263 §4.1): null when the two contradict each other. */
export function fixedProtocol(uri: SipUri): TransportProtocol | undefined | null {
  const secure = uri.scheme === 'sips'
  switch (uri.parameters.get('transport')?.toLowerCase()) {
    case undefined:
      return undefined
    case 'udp':
      return secure ? null : 'UDP'
    case 'tcp':
      return secure ? 'TLS' : 'TCP'
    case 'tls':
      return 'TLS'
    case 'ws':
      return secure ? 'WSS' : 'WS'
    case 'wss':
      return 'WSS'
    default:
      return null
  }
}

export function isSecureProtocol(protocol: TransportProtocol): boolean {
  return protocol === 'TLS' || protocol === 'WSS'
}

/** The order of SRV records: by priority, within one by weighted chance (RFC 2782). `random(n)`: integer in [0, n). */
export function orderServices(
  records: readonly ServiceRecord[],
  random: (bound: number) => number,
): readonly ServiceRecord[] {
  const pool = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight)
  const ordered: ServiceRecord[] = []
  while (pool.length > 0) {
    const same = pool.filter(record => record.priority === pool[0]!.priority)
    const sum = same.reduce((total, record) => total + record.weight, 0)
    const mark = random(sum + 1)
    let running = 0
    const chosen =
      same.find(record => {
        running += record.weight
        return running >= mark
      }) ?? same[0]!
    ordered.push(chosen)
    pool.splice(pool.indexOf(chosen), 1)
  }
  return ordered
}

interface CacheEntry<T> {
  readonly until: number
  readonly answer: Promise<readonly T[]>
}

/** Returns `resolve`: targets in the order in which they are to be tried, empty when nothing is known. Never rejects. */
export function createResolution(options: ResolutionOptions): (uri: SipUri) => Promise<readonly Target[]> {
  const { resolver, clock, maximumTargets = 16, timeoutSeconds = 8, minimumTtl = 5, maximumTtl = 300 } = options
  const cacheSize = options.cacheSize ?? 1000
  const pointers = new BoundedMap<string, CacheEntry<PointerRecord>>(cacheSize)
  const services = new BoundedMap<string, CacheEntry<ServiceRecord>>(cacheSize)
  const addresses = new BoundedMap<string, CacheEntry<AddressRecord>>(cacheSize)

  function ask<T>(
    cache: BoundedMap<string, CacheEntry<T>>,
    name: string,
    query: (name: string) => Promise<readonly T[]>,
    ttlOf: (records: readonly T[]) => number,
  ): Promise<readonly T[]> {
    const now = clock.monotonic()
    const cached = cache.get(name)
    if (cached !== undefined && now < cached.until) return cached.answer
    const answer = query(name).then(
      records => records.slice(0, MAXIMUM_RECORDS),
      (): readonly T[] => [],
    )
    // While the answer is under way others share the question.
    cache.set(name, { until: now + timeoutSeconds * 1000, answer })
    return answer.then(records => {
      const ttl = records.length === 0 ? NEGATIVE_TTL : Math.min(Math.max(ttlOf(records), minimumTtl), maximumTtl)
      cache.set(name, { until: clock.monotonic() + ttl * 1000, answer })
      return records
    })
  }

  const naptr = (name: string) =>
    ask(
      pointers,
      name,
      asked => resolver.naptr(asked),
      () => UNKNOWN_TTL,
    )
  const srv = (name: string) =>
    ask(
      services,
      name,
      asked => resolver.srv(asked),
      () => UNKNOWN_TTL,
    )
  const hosts = (name: string) =>
    ask(
      addresses,
      name,
      asked => resolver.addresses(asked),
      records => Math.min(...records.map(record => record.ttl)),
    )

  async function hostTargets(protocol: TransportProtocol, host: string, port: number, domain: string) {
    const found = isIP(host) === 0 ? (await hosts(host)).map(record => record.address) : [host]
    return found.filter(address => isIP(address) !== 0).map(address => makeTarget(protocol, address, port, domain))
  }

  async function serviceTargets(protocol: TransportProtocol, name: string, domain: string): Promise<Target[]> {
    const targets: Target[] = []
    for (const record of orderServices(await srv(name), randomInteger)) {
      // A target of "." says that the service does not exist (RFC 2782).
      if (record.name === '' || record.name === '.') continue
      if (targets.length >= maximumTargets) break
      targets.push(...(await hostTargets(protocol, record.name.toLowerCase(), record.port, domain)))
    }
    return targets
  }

  async function discover(host: string, secure: boolean, domain: string): Promise<Target[]> {
    const targets: Target[] = []
    const usable = (await naptr(host)).filter(record => {
      const protocol = NAPTR_SERVICES[record.service.toUpperCase()]
      return protocol !== undefined && (!secure || isSecureProtocol(protocol))
    })
    for (const record of [...usable].sort((a, b) => a.order - b.order || a.preference - b.preference)) {
      if (targets.length >= maximumTargets) return targets
      const protocol = NAPTR_SERVICES[record.service.toUpperCase()]!
      targets.push(...(await serviceTargets(protocol, record.replacement.toLowerCase(), domain)))
    }
    if (targets.length > 0) return targets
    for (const [protocol, prefix] of SRV_PREFIXES) {
      if (secure && !isSecureProtocol(protocol)) continue
      targets.push(...(await serviceTargets(protocol, prefix + host, domain)))
    }
    if (targets.length > 0) return targets
    const protocol = secure ? 'TLS' : 'UDP'
    return hostTargets(protocol, host, DEFAULT_PORTS[protocol], domain)
  }

  async function find(uri: SipUri): Promise<readonly Target[]> {
    const secure = uri.scheme === 'sips'
    const fixed = fixedProtocol(uri)
    if (fixed === null) return []
    const host = (uri.parameters.get('maddr') ?? uri.host).replace(/^\[|\]$/g, '').toLowerCase()
    const domain = uri.host
    const numeric = isIP(host) !== 0
    const protocol = fixed ?? (numeric || uri.port !== undefined ? (secure ? 'TLS' : 'UDP') : undefined)
    if (protocol === undefined) return discover(host, secure, domain)
    if (numeric || uri.port !== undefined || protocol === 'WS' || protocol === 'WSS') {
      return hostTargets(protocol, host, uri.port ?? DEFAULT_PORTS[protocol], domain)
    }
    const prefix = SRV_PREFIXES.find(([candidate]) => candidate === protocol)![1]
    const found = await serviceTargets(protocol, prefix + host, domain)
    return found.length > 0 ? found : hostTargets(protocol, host, DEFAULT_PORTS[protocol], domain)
  }

  return uri =>
    new Promise(resolve => {
      const timer = clock.schedule(timeoutSeconds * 1000, () => resolve([]))
      find(uri)
        .catch((): readonly Target[] => [])
        .then(targets => {
          timer.cancel()
          resolve(targets.slice(0, maximumTargets))
        })
        .catch(() => resolve([]))
    })
}

function makeTarget(protocol: TransportProtocol, address: string, port: number, domain: string): Target {
  return { protocol, address, port, serverName: isSecureProtocol(protocol) ? domain : undefined }
}
