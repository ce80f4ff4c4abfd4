/**
 * Wrong credentials, counted: per account over all sources, and per source over all accounts. A request without credentials is
 * never counted. A UDP source can be forged, so there only the exact socket is banned, and not for long.
 */
import { BoundedMap } from '../base/bounded.ts'
import { sourceKey } from '../base/network.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { Ban, FirewallLimits, RegistrationKnowledge } from './types.ts'

const ACCOUNT_WINDOW = 600_000
const ACCOUNT_BACK_OFF = 600_000
const SOURCE_WINDOW = 60_000
const ADDRESS_BAN = 3_600_000
const SOCKET_BAN = 60_000
/** How long a source that proved an account's secret is no stranger to it. */
const PROVEN = 24 * 3_600_000

/** What a source is banned by: an address (IPv6: its /64) where a connection proves it, one socket over UDP. */
export function banKey(flow: Flow): string {
  return flow.reliable ? sourceKey(flow.remoteAddress) : socketKey(flow.remoteAddress, flow.remotePort)
}

export function socketKey(address: string, port: number): string {
  return `${address} ${port}`
}

export class AuthenticationPolicy {
  readonly #limits: FirewallLimits
  readonly #registrations: RegistrationKnowledge
  readonly #isTrunkAddress: (address: string) => boolean
  readonly #accounts: BoundedMap<string, number[]>
  readonly #sources: BoundedMap<string, number[]>
  readonly #backOff: BoundedMap<string, number>
  readonly #proven: BoundedMap<string, number>
  readonly #bans: BoundedMap<string, Ban>

  constructor(
    limits: FirewallLimits,
    registrations: RegistrationKnowledge,
    isTrunkAddress: (address: string) => boolean = () => false,
  ) {
    this.#limits = limits
    this.#isTrunkAddress = isTrunkAddress
    this.#registrations = registrations
    this.#accounts = new BoundedMap(limits.remembered)
    this.#sources = new BoundedMap(limits.remembered)
    this.#backOff = new BoundedMap(limits.remembered)
    this.#proven = new BoundedMap(limits.remembered)
    this.#bans = new BoundedMap(limits.remembered)
  }

  failed(username: string, flow: Flow, now: number): void {
    const account = accountKey(username)
    if (countRecent(this.#accounts, account, now, ACCOUNT_WINDOW) >= this.#limits.failuresPerAccount) {
      this.#backOff.set(account, now + ACCOUNT_BACK_OFF)
    }
    const source = banKey(flow)
    const failures = countRecent(this.#sources, source, now, SOURCE_WINDOW)
    if (failures < this.#limits.failuresPerSource || this.#isSpared(flow.remoteAddress)) return
    const until = now + (flow.reliable ? ADDRESS_BAN : SOCKET_BAN)
    this.#bans.set(source, { source, until, reason: `${failures} wrong credentials within a minute` })
    this.#sources.delete(source)
  }

  succeeded(username: string, flow: Flow, now: number): void {
    const key = provenKey(username, flow.remoteAddress)
    if (this.#proven.touch(key) === undefined) this.#proven.set(key, now)
    else this.#proven.set(key, now)
  }

  get anyBackOff(): boolean {
    return this.#backOff.size > 0
  }

  /** Milliseconds for which this account takes no credentials from this source; 0 where it does. */
  backOffFor(username: string, address: string, now: number): number {
    const account = accountKey(username)
    const until = this.#backOff.get(account)
    if (until === undefined) return 0
    if (until <= now) {
      this.#backOff.delete(account)
      return 0
    }
    const provenAt = this.#proven.get(provenKey(username, address))
    if (provenAt !== undefined && now - provenAt <= PROVEN) return 0
    return this.#registrations.isRegisteredSourceOf(username, address) ? 0 : until - now
  }

  /** An address that a registered phone uses may be the office's, and a trunk is the way to the outside: neither is banned. */
  #isSpared(address: string): boolean {
    return this.#registrations.isRegisteredSource(address) || this.#isTrunkAddress(address)
  }

  /** The ban in force, unless a phone has registered from the address meanwhile, or it became a trunk's: that keeps it open. */
  banOf(key: string, address: string, now: number): Ban | undefined {
    const ban = this.#bans.get(key)
    if (ban === undefined) return undefined
    if (ban.until > now) return this.#isSpared(address) ? undefined : ban
    this.#bans.delete(key)
    return undefined
  }

  get anyBan(): boolean {
    return this.#bans.size > 0
  }

  bans(now: number): readonly Ban[] {
    return [...this.#bans.values()].filter(ban => ban.until > now)
  }

  unban(source: string): boolean {
    return this.#bans.delete(source)
  }
}

/** A stranger chooses the text: only so much of it is kept. */
function accountKey(username: string): string {
  return username.length <= 64 ? username : username.slice(0, 64)
}

function provenKey(username: string, address: string): string {
  return `${accountKey(username)} ${sourceKey(address)}`
}

/** Adds one at `now` and returns how many there were within the window, this one included. */
function countRecent(times: BoundedMap<string, number[]>, key: string, now: number, window: number): number {
  const recent = (times.get(key) ?? []).filter(at => now - at < window)
  recent.push(now)
  // More are never asked for.
  if (recent.length > 64) recent.shift()
  times.set(key, recent)
  return recent.length
}
