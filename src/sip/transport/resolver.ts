/** Where a request for a SIP URI may go (RFC 3263 §4), with bounded work, bounded time and a bounded cache. */
import { isIP } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { randomInteger } from '../../base/random.ts'
import type { SipUri } from '../message/types.ts'
import { DnsCache, type Resolver, type ServiceRecord } from './dns-cache.ts'
import type { Target, TransportProtocol } from './types.ts'

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

/** Returns `resolve`: targets in the order in which they are to be tried, empty when nothing is known. Never rejects. */
export function createResolution(options: ResolutionOptions): (uri: SipUri) => Promise<readonly Target[]> {
  const { clock, timeoutSeconds = 8, maximumTargets = 16 } = options
  const search = new Search(new DnsCache({ ...options, pendingSeconds: timeoutSeconds }), maximumTargets)
  return uri =>
    new Promise(resolve => {
      const timer = clock.schedule(timeoutSeconds * 1000, () => resolve([]))
      search
        .find(uri)
        .catch((): readonly Target[] => [])
        .then(targets => {
          timer.cancel()
          resolve(targets.slice(0, maximumTargets))
        })
        .catch(() => resolve([]))
    })
}

/** The steps of RFC 3263 §4.1 and §4.2. `domain`: what the certificate has to name (RFC 5922 §4). */
class Search {
  readonly #dns: DnsCache
  readonly #maximumTargets: number

  constructor(dns: DnsCache, maximumTargets: number) {
    this.#dns = dns
    this.#maximumTargets = maximumTargets
  }

  async find(uri: SipUri): Promise<readonly Target[]> {
    const secure = uri.scheme === 'sips'
    const fixed = fixedProtocol(uri)
    if (fixed === null) return []
    const host = (uri.parameters.get('maddr') ?? uri.host).replace(/^\[|\]$/g, '').toLowerCase()
    const domain = uri.host
    const numeric = isIP(host) !== 0
    const protocol = fixed ?? (numeric || uri.port !== undefined ? (secure ? 'TLS' : 'UDP') : undefined)
    if (protocol === undefined) return this.#discover(host, secure, domain)
    if (numeric || uri.port !== undefined || protocol === 'WS' || protocol === 'WSS') {
      return this.#hostTargets(protocol, host, uri.port ?? DEFAULT_PORTS[protocol], domain)
    }
    const prefix = SRV_PREFIXES.find(([candidate]) => candidate === protocol)![1]
    const found = await this.#serviceTargets(protocol, prefix + host, domain)
    return found.length > 0 ? found : this.#hostTargets(protocol, host, DEFAULT_PORTS[protocol], domain)
  }

  async #discover(host: string, secure: boolean, domain: string): Promise<Target[]> {
    const targets = await this.#byNaptr(host, secure, domain)
    if (targets.length > 0) return targets
    for (const [protocol, prefix] of SRV_PREFIXES) {
      if (secure && !isSecureProtocol(protocol)) continue
      targets.push(...(await this.#serviceTargets(protocol, prefix + host, domain)))
    }
    if (targets.length > 0) return targets
    const protocol = secure ? 'TLS' : 'UDP'
    return this.#hostTargets(protocol, host, DEFAULT_PORTS[protocol], domain)
  }

  async #byNaptr(host: string, secure: boolean, domain: string): Promise<Target[]> {
    const targets: Target[] = []
    const records = [...(await this.#dns.naptr(host))].sort((a, b) => a.order - b.order || a.preference - b.preference)
    for (const record of records) {
      const protocol = NAPTR_SERVICES[record.service.toUpperCase()]
      if (protocol === undefined || (secure && !isSecureProtocol(protocol))) continue
      if (targets.length >= this.#maximumTargets) break
      targets.push(...(await this.#serviceTargets(protocol, record.replacement.toLowerCase(), domain)))
    }
    return targets
  }

  async #serviceTargets(protocol: TransportProtocol, name: string, domain: string): Promise<Target[]> {
    const targets: Target[] = []
    for (const record of orderServices(await this.#dns.srv(name), randomInteger)) {
      // A target of "." says that the service does not exist (RFC 2782).
      if (record.name === '' || record.name === '.') continue
      if (targets.length >= this.#maximumTargets) break
      targets.push(...(await this.#hostTargets(protocol, record.name.toLowerCase(), record.port, domain)))
    }
    return targets
  }

  async #hostTargets(protocol: TransportProtocol, host: string, port: number, domain: string): Promise<Target[]> {
    const found = isIP(host) === 0 ? (await this.#dns.addresses(host)).map(record => record.address) : [host]
    const serverName = isSecureProtocol(protocol) ? domain : undefined
    return found.filter(address => isIP(address) !== 0).map(address => ({ protocol, address, port, serverName }))
  }
}
