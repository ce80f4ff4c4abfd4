/**
 * The ports of one local address in one worker: even numbers for RTP, the next for RTCP. Bound pairs are kept and given
 * out again, oldest first and never within the quarantine, so that a call costs no socket. Those that nobody has needed for a
 * while are closed: after a rush the sockets go back to the system.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { MediaError } from './errors.ts'
import type { PairName } from './protocol.ts'

export interface PortPoolOptions {
  readonly address: string
  /** Even ports that belong to this pool. */
  readonly ports: readonly number[]
  readonly clock: Clock
  readonly quarantineMs: number
  bind(pairs: readonly PairName[]): void
  unbind(pairs: readonly PairName[]): void
}

interface Waiter {
  resolve(pair: PairName): void
  reject(error: MediaError): void
}

const BATCH = 16
/** Below this many ready pairs more are bound ahead of need. */
const LOW_WATER = 4
/** Bound pairs that may lie idle. */
const MAXIMUM_IDLE = 2048
/** Pairs that were ready all of this time are not needed. */
const TRIM_MS = 30_000

export class PortPool {
  readonly #options: PortPoolOptions
  /** Ports without sockets, longest unused first. */
  #unbound: number[]
  #ready: PairName[] = []
  #quarantine: { readonly pair: PairName; readonly until: number }[] = []
  #waiting: Waiter[] = []
  #binding = 0
  /** Binds that failed since the last that did not: when all ports did, nobody waits any longer. */
  #failures = 0
  /** The fewest ready pairs since the last trim. */
  #spare = 0
  #trimTimer: Timer | undefined

  constructor(options: PortPoolOptions) {
    this.#options = options
    this.#unbound = [...options.ports]
  }

  /** Pairs that could be had now or after a bind. */
  get available(): number {
    this.#endQuarantine()
    return this.#ready.length + this.#unbound.length + this.#binding - this.#waiting.length
  }

  /** A bound pair. Rejects with `MEDIA_NO_CAPACITY`. */
  async acquire(): Promise<PairName> {
    this.#endQuarantine()
    const pair = this.#ready.shift()
    this.#spare = Math.min(this.#spare, this.#ready.length)
    this.#bindAhead(pair === undefined ? 1 : 0)
    if (pair !== undefined) return pair
    if (this.#binding <= this.#waiting.length) throw exhausted(this.#options.address)
    return new Promise((resolve, reject) => void this.#waiting.push({ resolve, reject }))
  }

  /** Gives a pair back: it rests before anyone gets it again. */
  release(pair: PairName): void {
    this.#quarantine.push({ pair, until: this.#options.clock.monotonic() + this.#options.quarantineMs })
    this.#trimTimer ??= this.#options.clock.schedule(TRIM_MS, () => this.#trim())
  }

  /** The worker's answer to `bind`. A port that somebody else holds is tried again when its turn comes. */
  bound(pairs: readonly PairName[], failed: readonly PairName[]): void {
    this.#binding -= pairs.length + failed.length
    this.#failures = pairs.length > 0 ? 0 : this.#failures + failed.length
    for (const pair of failed) this.#unbound.push(pair.port)
    for (const pair of pairs) {
      const waiter = this.#waiting.shift()
      if (waiter === undefined) this.#ready.push(pair)
      else waiter.resolve(pair)
    }
    if (this.#waiting.length === 0) return
    if (this.#failures < this.#options.ports.length) this.#bindAhead(0)
    if (this.#binding < this.#waiting.length) this.abandon()
  }

  /** Closes what lay idle since the last time, but for a reserve; looks again as long as there is more than that. */
  #trim(): void {
    this.#trimTimer = undefined
    this.#endQuarantine()
    this.#unbind(Math.min(this.#spare, this.#ready.length) - BATCH)
    this.#spare = this.#ready.length
    if (this.#spare <= BATCH && this.#quarantine.length === 0) return
    this.#trimTimer = this.#options.clock.schedule(TRIM_MS, () => this.#trim())
  }

  /** The pool's worker is gone. Idempotent. */
  stop(): void {
    this.#trimTimer?.cancel()
    this.#trimTimer = undefined
    this.abandon()
  }

  /** The worker died, or nothing can be bound: whoever waits gets an error. */
  abandon(): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(exhausted(this.#options.address))
  }

  /** Has more pairs bound when what is ready or on its way does not cover who waits, `wanted` more, and a reserve. */
  #bindAhead(wanted: number): void {
    const missing = this.#waiting.length + wanted + LOW_WATER - this.#ready.length - this.#binding
    if (missing <= 0) return
    const ports = this.#unbound.splice(0, Math.max(BATCH, missing))
    if (ports.length === 0) return
    this.#binding += ports.length
    this.#options.bind(ports.map(port => ({ address: this.#options.address, port })))
  }

  #endQuarantine(): void {
    const now = this.#options.clock.monotonic()
    let free = 0
    while (free < this.#quarantine.length && this.#quarantine[free]!.until <= now) free++
    if (free === 0) return
    this.#ready.push(...this.#quarantine.splice(0, free).map(entry => entry.pair))
    this.#unbind(this.#ready.length - MAXIMUM_IDLE)
  }

  /** The longest unused. */
  #unbind(count: number): void {
    if (count <= 0) return
    const surplus = this.#ready.splice(0, count)
    this.#options.unbind(surplus)
    this.#unbound.push(...surplus.map(pair => pair.port))
  }
}

function exhausted(address: string): MediaError {
  return new MediaError('MEDIA_NO_CAPACITY', `no media port is free on ${address}`)
}
