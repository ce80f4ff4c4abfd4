/** One worker thread as the main thread sees it: requests out, notices in, started again when it dies. */
import { Worker } from 'node:worker_threads'
import { type Clock, systemClock, type Timer } from '../../base/clock.ts'
import { DescriptorLedger } from './descriptor-ledger.ts'
import { MediaError } from './errors.ts'
import { PortPool } from './port-pool.ts'
import type {
  PairName,
  ReportPair,
  StreamConfiguration,
  WorkerNotice,
  WorkerOptions,
  WorkerRequest,
} from './protocol.ts'

export interface WorkerHostOptions {
  readonly index: number
  readonly clock: Clock
  readonly worker: Omit<WorkerOptions, 'descriptors'>
  /** Even ports of this worker. */
  readonly ports: readonly number[]
  readonly quarantineMs: number
  /** Live bridges are lost. */
  onDeath(detail: string): void
  onTick(notice: Extract<WorkerNotice, { type: 'tick' }>): void
}

/** Local addresses that bridges may use; each has its own sockets. */
const MAXIMUM_ADDRESSES = 64
const RESTART_DELAY_MS = 200
/**
 * How long the end of a bridge waits for others, and how often the thread is woken at most where calls begin: waking it costs more
 * than the work that it then does.
 */
const GATHER_MS = 10
const YOUNG_GENERATION_MB = 64

interface Pending {
  resolve(report: ReportPair): void
  reject(error: MediaError): void
}

export class WorkerHost {
  readonly index: number
  readonly #options: WorkerHostOptions
  #worker: Worker | undefined
  #ready: Promise<void> = Promise.resolve()
  #restart: Timer | undefined
  #stopping = false
  #pools = new Map<string, PortPool>()
  /** By bridge, in order of asking. At most two for each live bridge: a report and the last one. */
  #pending = new Map<number, Pending[]>()
  /** Ends of bridges that wait for company. Bounded by the bridges. */
  #gathered: WorkerRequest[] = []
  #gathering: Timer | undefined
  #postedAt = Number.NEGATIVE_INFINITY
  #posted: PromiseWithResolvers<void> | undefined
  /** Grows when a worker dies: what the one before it had bound is gone. */
  generation = 0
  dscp: 'marked' | 'unavailable' | 'off' = 'off'
  ciphers: 'native' | 'node' = 'node'

  constructor(options: WorkerHostOptions) {
    this.index = options.index
    this.#options = options
  }

  get alive(): boolean {
    return this.#worker !== undefined
  }

  /** Resolves when the worker takes requests. */
  async start(): Promise<void> {
    this.#stopping = false
    this.#spawn()
    await this.#ready
  }

  #spawn(): void {
    const ledger = new DescriptorLedger()
    const workerData: WorkerOptions = { ...this.#options.worker, descriptors: ledger.memory }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData,
      name: `relay-${this.index}`,
      // Packets live for microseconds: a wide nursery lets most of them die unseen by the collector.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    })
    this.#worker = worker
    let detail = 'the media worker ended'
    this.#ready = new Promise((resolve, reject) => {
      worker.on('message', (text: string) => {
        for (const notice of JSON.parse(text) as readonly WorkerNotice[]) {
          if (notice.type === 'ready') {
            this.dscp = notice.dscp
            this.ciphers = notice.ciphers
            resolve()
          } else this.#take(notice)
        }
      })
      worker.on('error', error => {
        detail = `the media worker failed: ${error instanceof Error ? error.message : String(error)}`
      })
      worker.on('exit', () => {
        ledger.closeAll()
        reject(new MediaError('MEDIA_NO_CAPACITY', detail))
        if (this.#worker === worker) this.#died(detail)
      })
    })
    this.#ready.catch(() => {})
  }

  #died(detail: string): void {
    this.#worker = undefined
    this.#gathered = []
    this.#posted?.resolve()
    this.#posted = undefined
    this.generation++
    for (const pool of this.#pools.values()) pool.stop()
    this.#pools = new Map()
    for (const pending of this.#pending.values()) {
      for (const { reject } of pending) reject(new MediaError('MEDIA_CLOSED', detail))
    }
    this.#pending = new Map()
    if (this.#stopping) return
    this.#options.onDeath(detail)
    this.#restart = this.#options.clock.schedule(RESTART_DELAY_MS, () => {
      this.#restart = undefined
      if (!this.#stopping) this.#spawn()
    })
  }

  /** Ends the thread and everything in it. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#restart?.cancel()
    const worker = this.#worker
    if (worker === undefined) return
    const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    this.#post({ type: 'stop' })
    await exited
  }

  /** Ends the thread without a word: for the test of what happens then. */
  async kill(): Promise<void> {
    await this.#worker?.terminate()
  }

  available(address: string): number {
    return this.#pool(address)?.available ?? 0
  }

  async acquire(address: string): Promise<PairName> {
    const pool = this.#pool(address)
    if (pool === undefined) throw new MediaError('MEDIA_NO_CAPACITY', 'no media worker is running')
    return await pool.acquire()
  }

  release(pair: PairName): void {
    this.#pools.get(pair.address)?.release(pair)
  }

  /** Resolves when the worker was told: from then on no packet comes before the configuration. */
  configure(bridge: number, streams: readonly (StreamConfiguration | null)[]): Promise<void> {
    return this.#postSoon({ type: 'configure', bridge, streams })
  }

  continue(bridge: number, side: 'a' | 'b', of: { readonly bridge: number; readonly side: 'a' | 'b' }): void {
    this.#post({ type: 'continue', bridge, side, of })
  }

  /** Rejects with `MEDIA_CLOSED` when the worker is gone. */
  report(bridge: number, type: 'report' | 'close'): Promise<ReportPair> {
    return new Promise((resolve, reject) => {
      if (this.#worker === undefined) {
        reject(new MediaError('MEDIA_CLOSED', 'the media worker is gone'))
        return
      }
      const waiting = this.#pending.get(bridge)
      if (waiting === undefined) this.#pending.set(bridge, [{ resolve, reject }])
      else waiting.push({ resolve, reject })
      if (type === 'close') this.#postWithin({ type, bridge }, GATHER_MS)
      else this.#post({ type, bridge })
    })
  }

  #post(request: WorkerRequest): void {
    this.#gathered.push(request)
    this.#postGathered()
  }

  #postWithin(request: WorkerRequest, delay: number): void {
    this.#gathered.push(request)
    // Threads run in the system's time, whatever the clock of the calls says.
    this.#gathering ??= systemClock.schedule(delay, () => this.#postGathered())
  }

  /** At once, unless the thread was woken a moment ago: then together with what else comes. */
  #postSoon(request: WorkerRequest): Promise<void> {
    const rest = this.#postedAt + GATHER_MS - systemClock.monotonic()
    if (rest <= 0) {
      this.#post(request)
      return Promise.resolve()
    }
    this.#postWithin(request, rest)
    this.#posted ??= Promise.withResolvers<void>()
    return this.#posted.promise
  }

  /** In the order in which they were asked for. */
  #postGathered(): void {
    this.#gathering?.cancel()
    this.#gathering = undefined
    const requests = this.#gathered
    this.#gathered = []
    this.#posted?.resolve()
    this.#posted = undefined
    if (requests.length === 0) return
    this.#postedAt = systemClock.monotonic()
    this.#worker?.postMessage(JSON.stringify(requests))
  }

  #take(notice: WorkerNotice): void {
    switch (notice.type) {
      case 'bound':
        this.#bound(notice.pairs, notice.failed)
        return
      case 'reported':
      case 'closed': {
        const waiting = this.#pending.get(notice.bridge)
        waiting?.shift()?.resolve(notice.report)
        if (waiting?.length === 0) this.#pending.delete(notice.bridge)
        return
      }
      case 'tick':
        this.#options.onTick(notice)
        return
      case 'ready':
    }
  }

  #bound(pairs: readonly PairName[], failed: readonly PairName[]): void {
    const address = (pairs[0] ?? failed[0])?.address
    if (address !== undefined) this.#pools.get(address)?.bound(pairs, failed)
  }

  #pool(address: string): PortPool | undefined {
    const known = this.#pools.get(address)
    if (known !== undefined || this.#worker === undefined || this.#pools.size >= MAXIMUM_ADDRESSES) return known
    const pool = new PortPool({
      address,
      ports: this.#options.ports,
      clock: this.#options.clock,
      quarantineMs: this.#options.quarantineMs,
      bind: pairs => this.#post({ type: 'bind', pairs }),
      unbind: pairs => this.#post({ type: 'unbind', pairs }),
    })
    this.#pools.set(address, pool)
    return pool
  }
}
