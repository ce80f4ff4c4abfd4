/**
 * The embedded media engine: negotiation on the main thread, sockets and SRTP in worker threads. Nothing to install.
 *
 * A bridge lives in one worker. Ports come in pairs from `ports`, split among the workers. DSCP: Node's `dgram` has no way
 * to mark datagrams; on Linux `node:ffi` has (`native-sockets.ts`), and `dscp` reports what came of it.
 */
import { availableParallelism } from 'node:os'
import type { Clock } from '../../base/clock.ts'
import { type Logger, silentLogger } from '../../base/logger.ts'
import type {
  BridgeOptions,
  BridgeReport,
  MediaBridge,
  MediaEngine,
  MediaObserver,
  Side,
  SideOptions,
} from '../media-engine.ts'
import { MediaError } from './errors.ts'
import type { WorkerNotice } from './protocol.ts'
import { RelayBridge, type RelayBridgeOptions } from './relay-bridge.ts'
import { WorkerHost } from './worker-host.ts'

export interface RelayEngineOptions {
  readonly clock: Clock
  readonly observer: MediaObserver
  /** Worker threads. Default: one less than the processors, at least 1, at most 16. */
  readonly workers?: number
  /** UDP ports, both ends included. Default 20000 to 29999. */
  readonly ports?: { readonly from: number; readonly to: number }
  /** Milliseconds without an authenticated packet after which a side is reported silent. Default 30,000. */
  readonly mediaTimeoutMs?: number
  /** Milliseconds between quality reports. Default 5,000. */
  readonly reportIntervalMs?: number
  /** Milliseconds for which a released port rests. Default 5,000, and no less outside tests. */
  readonly quarantineMs?: number
  /** Mark media with EF and AF41 where the platform can (RFC 4594). Default true. */
  readonly dscp?: boolean
  /** Use the runtime's OpenSSL and the kernel's sockets through `node:ffi` where that works: half the cost of a packet, and DSCP. Default true. */
  readonly nativeCode?: boolean
  readonly logger?: Logger
}

export interface RelayEngine extends MediaEngine {
  /** Whether datagrams carry a DSCP mark. */
  readonly dscp: 'marked' | 'unavailable' | 'off'
  /** What encrypts: native OpenSSL, or `node:crypto` where that does not work. */
  readonly ciphers: 'native' | 'node'
  /** Ends one worker thread without warning, for the test of what happens then. */
  killWorker(index: number): Promise<void>
}

const MAXIMUM_WORKERS = 16

/** Throws RangeError on options that cannot work. */
export function createRelayEngine(options: RelayEngineOptions): RelayEngine {
  const { from, to } = options.ports ?? { from: 20_000, to: 29_999 }
  const workerCount = options.workers ?? Math.max(1, Math.min(MAXIMUM_WORKERS, availableParallelism() - 1))
  const ports = evenPorts(from, to)
  if (workerCount < 1 || workerCount > MAXIMUM_WORKERS) throw new RangeError(`workers must be 1 to ${MAXIMUM_WORKERS}`)
  if (ports.length < workerCount * 2) throw new RangeError(`too few media ports from ${from} to ${to}`)
  return new Engine(options, workerCount, ports)
}

function evenPorts(from: number, to: number): number[] {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 1024 || to > 65_535 || from > to) {
    throw new RangeError('media ports must lie between 1024 and 65535')
  }
  const ports: number[] = []
  for (let port = from + (from % 2); port + 1 <= to; port += 2) ports.push(port)
  return ports
}

function freeBridges(host: WorkerHost, addressA: string, addressB: string): number {
  // On one address both sides draw from the same pool.
  if (addressA === addressB) return Math.floor(host.available(addressA) / 2)
  return Math.min(host.available(addressA), host.available(addressB))
}

function continuedIn(host: WorkerHost, side: Side, { continues }: SideOptions): RelayBridgeOptions['continued'] {
  if (!(continues?.bridge instanceof RelayBridge) || continues.bridge.host !== host) return {}
  return { [side]: { bridge: continues.bridge, side: continues.side } }
}

class Engine implements RelayEngine {
  readonly name = 'relay'
  readonly #observer: MediaObserver
  readonly #logger: Logger
  readonly #hosts: WorkerHost[]
  readonly #bridges = new Map<number, RelayBridge>()
  #nextBridge = 1
  #started = false

  constructor(options: RelayEngineOptions, workerCount: number, ports: readonly number[]) {
    this.#observer = options.observer
    this.#logger = options.logger ?? silentLogger
    this.#hosts = Array.from({ length: workerCount }, (_, index) => {
      return new WorkerHost({
        index,
        clock: options.clock,
        worker: {
          mediaTimeoutMs: options.mediaTimeoutMs ?? 30_000,
          reportIntervalMs: options.reportIntervalMs ?? 5_000,
          dscp: options.dscp ?? true,
          nativeCode: options.nativeCode ?? true,
        },
        ports: ports.filter((_port, position) => position % workerCount === index),
        quarantineMs: options.quarantineMs ?? 5_000,
        onDeath: detail => this.#workerDied(index, detail),
        onTick: notice => this.#tick(notice),
      })
    })
  }

  get bridgeCount(): number {
    return this.#bridges.size
  }

  get dscp(): 'marked' | 'unavailable' | 'off' {
    return this.#hosts[0]?.dscp ?? 'off'
  }

  get ciphers(): 'native' | 'node' {
    return this.#hosts[0]?.ciphers ?? 'node'
  }

  async start(): Promise<void> {
    await Promise.all(this.#hosts.map(host => host.start()))
    this.#started = true
  }

  async stop(): Promise<void> {
    this.#started = false
    await Promise.all([...this.#bridges.values()].map(bridge => bridge.close()))
    await Promise.all(this.#hosts.map(host => host.stop()))
  }

  async openBridge(options: BridgeOptions): Promise<MediaBridge> {
    const host = this.#started ? (this.#hostToContinue(options) ?? this.#leastLoaded(options)) : undefined
    if (host === undefined) throw new MediaError('MEDIA_NO_CAPACITY', 'no media worker or port is free')
    const number = this.#nextBridge++
    const onClosed = (bridge: RelayBridge): void => void this.#bridges.delete(bridge.number)
    const continued = { ...continuedIn(host, 'a', options.a), ...continuedIn(host, 'b', options.b) }
    const bridge = new RelayBridge({ ...options, number, host, continued, onClosed })
    this.#bridges.set(number, bridge)
    return bridge
  }

  async killWorker(index: number): Promise<void> {
    await this.#hosts[index]?.kill()
  }

  /** Contexts do not cross threads: the worker that has the transferred phone, if it has ports. */
  #hostToContinue({ a, b }: BridgeOptions): WorkerHost | undefined {
    for (const { continues } of [a, b]) {
      const host = continues?.bridge instanceof RelayBridge ? continues.bridge.host : undefined
      if (host?.alive === true && freeBridges(host, a.localAddress, b.localAddress) > 0) return host
    }
    return undefined
  }

  #leastLoaded(options: BridgeOptions): WorkerHost | undefined {
    let best: WorkerHost | undefined
    let most = 0
    for (const host of this.#hosts) {
      if (!host.alive) continue
      const free = freeBridges(host, options.a.localAddress, options.b.localAddress)
      if (free > most) {
        best = host
        most = free
      }
    }
    return best
  }

  #workerDied(index: number, detail: string): void {
    this.#logger.error({ worker: index, detail }, 'media worker died')
    const lost = [...this.#bridges.values()].filter(bridge => bridge.host.index === index)
    for (const bridge of lost) this.#observer.failed(bridge, detail)
    this.#observer.workerFailed?.(index, lost.length, detail)
  }

  #tick(notice: Extract<WorkerNotice, { type: 'tick' }>): void {
    for (const { bridge: number, report } of notice.reports) {
      const bridge = this.#bridges.get(number)
      if (bridge === undefined) continue
      bridge.noteReport(report satisfies BridgeReport)
      this.#observer.quality(bridge, report)
    }
    for (const { bridge: number, side, silentForMs } of notice.silences) {
      const bridge = this.#bridges.get(number)
      if (bridge !== undefined) this.#observer.silent(bridge, side, silentForMs)
    }
    for (const { bridge: number, side } of notice.expired) {
      const bridge = this.#bridges.get(number)
      if (bridge !== undefined) this.#observer.keyExpired?.(bridge, side)
    }
  }
}
