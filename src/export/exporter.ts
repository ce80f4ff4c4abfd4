/**
 * Brings the log to one destination: in order, each event at least once, from where it had got to. While the destination is
 * away nothing is held but the place in the log.
 */
import type { Clock } from '../base/clock.ts'
import type { Result } from '../base/result.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { pauseAfter } from './back-off.ts'
import type { ExportProgress } from './repository.ts'
import type { Tail, TailItem } from './tail.ts'
import { BATCH, type SendFailure, type Sender, type Sent } from './types.ts'

export interface ExporterOptions {
  readonly clock: Clock
  readonly tail: Tail
  readonly sender: Sender
  readonly progress: ExportProgress
  /** When the export was made: what the log forgot before is not missed. Milliseconds since the epoch. */
  readonly since: number
  /** Whether the destination wants it. */
  wants(event: RingfenceEvent): boolean
  /** The place that is kept. Undefined, or rejected: not now, somebody else sends or the database is away. */
  claim(): Promise<number | undefined>
  save(progress: ExportProgress): Promise<void>
  readonly observer: ExporterObserver
}

export interface ExporterObserver {
  failing(detail: string): void
  working(): void
  refused(count: number, first: number, detail: string): void
  lost(count: number, after: number): void
}

export interface Exporter {
  readonly progress: ExportProgress
  /** Milliseconds since the epoch of the oldest event that is known to wait. */
  readonly oldest: number | undefined
  readonly failing: boolean
  start(): void
  /** Tries now instead of at the end of the pause. */
  hurry(): void
  /** Ends after what is under way, with its place saved. */
  stop(): Promise<void>
}

/** Milliseconds: between two claims, receipts asked for, and places saved. */
const CLAIM_MS = 8_000
const CONFIRM_MS = 3_000
const SAVE_MS = 500
const IDLE_MS = 2_000
/** Events tried one by one behind one that is refused, to learn whether it or the destination is at fault. */
const SUSPECTS = 20

export function createExporter(options: ExporterOptions): Exporter {
  return new RunningExporter(options)
}

class RunningExporter implements Exporter {
  readonly #options: ExporterOptions
  #progress: ExportProgress
  /** Handed over up to here; a receipt is there up to `#progress.position`. */
  #sent: number
  /** Events handed over without a receipt. */
  #unconfirmed = 0
  #unconfirmedSince = 0
  #saved: ExportProgress
  #savedAt = 0
  #claimedUntil = 0
  #failures = 0
  #oldest: number | undefined
  #limit: number = BATCH.events
  #stopped = false
  #wake: (() => void) | undefined
  #running: Promise<void> | undefined

  constructor(options: ExporterOptions) {
    this.#options = options
    this.#progress = options.progress
    this.#saved = options.progress
    this.#sent = options.progress.position
  }

  get progress(): ExportProgress {
    return this.#progress
  }

  get oldest(): number | undefined {
    return this.#oldest
  }

  get failing(): boolean {
    return this.#failures > 0
  }

  start(): void {
    this.#running ??= this.#run()
  }

  hurry(): void {
    this.#wake?.()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        if (!(await this.#claim())) await this.#pause(IDLE_MS)
        else if (!(await this.#turn())) await this.#idle()
      } catch {
        // The database is away: what is in the log is sent when it is back.
        await this.#pause(IDLE_MS)
      }
    }
    try {
      if (this.#unconfirmed > 0 && this.#failures === 0) await this.#confirm()
      await this.#save(true)
    } catch {
      // It is sent again after the next start.
    }
    this.#options.sender.close()
  }

  async #claim(): Promise<boolean> {
    const now = this.#options.clock.monotonic()
    if (now < this.#claimedUntil) return true
    const position = await this.#options.claim()
    if (position === undefined) return false
    // Another process sent meanwhile, and got further.
    if (position > this.#progress.position) {
      this.#progress = { ...this.#progress, position }
      this.#sent = Math.max(this.#sent, position)
    }
    this.#claimedUntil = now + CLAIM_MS
    return true
  }

  /** False: there is nothing to do. */
  async #turn(): Promise<boolean> {
    const { tail, clock } = this.#options
    if (this.#unconfirmed > 0 && clock.monotonic() - this.#unconfirmedSince >= CONFIRM_MS) {
      return this.#settle(await this.#confirm())
    }
    const read = await tail.read(this.#sent, this.#limit)
    if (read.items.length === 0) return false
    if (read.lost > 0 && read.items[0]!.event.at >= this.#options.since) this.#lost(read.lost)
    this.#oldest = read.items[0]!.event.at
    const batch = within(read.items)
    const wanted = batch.filter(({ event }) => this.#options.wants(event))
    const last = batch.at(-1)!.position
    if (wanted.length === 0) return this.#passed(last)
    const outcome = await this.#options.sender.send(wanted)
    if (outcome.ok) this.#taken(wanted.length, last, outcome.value)
    else if (outcome.error.kind === 'later') return this.#settle(outcome)
    else return this.#tooMuch(batch, wanted, outcome.error)
    await this.#save(false)
    return true
  }

  /** None of them was wanted. */
  async #passed(last: number): Promise<boolean> {
    this.#sent = last
    if (this.#unconfirmed === 0) this.#progress = { ...this.#progress, position: last }
    await this.#save(false)
    return true
  }

  #taken(count: number, last: number, { refused }: Sent): void {
    const { sender, clock, observer } = this.#options
    this.#sent = last
    this.#limit = Math.min(BATCH.events, this.#limit * 2)
    if (refused !== undefined) {
      this.#progress = { ...this.#progress, refused: this.#progress.refused + refused.count }
      observer.refused(refused.count, refused.first, refused.detail)
    }
    if (sender.confirm === undefined) {
      this.#received(count - (refused?.count ?? 0))
      return
    }
    if (this.#unconfirmed === 0) this.#unconfirmedSince = clock.monotonic()
    this.#unconfirmed += count
  }

  /** The destination has what was handed over. */
  #received(count: number): void {
    const { clock, observer } = this.#options
    const delivered = this.#progress.delivered + count
    this.#progress = { ...this.#progress, position: this.#sent, delivered, lastSuccessAt: clock.now() }
    this.#failures = 0
    observer.working()
  }

  async #confirm(): Promise<Result<undefined, SendFailure>> {
    const outcome = (await this.#options.sender.confirm?.()) ?? ({ ok: true, value: undefined } as const)
    const count = this.#unconfirmed
    this.#unconfirmed = 0
    if (outcome.ok) this.#received(count)
    return outcome
  }

  /** After a failure: back to what is surely there, and a pause. */
  async #settle(outcome: Result<unknown, SendFailure>): Promise<boolean> {
    if (outcome.ok) {
      await this.#save(false)
      return true
    }
    const { clock, observer } = this.#options
    const { detail, retryAfter } = outcome.error
    this.#sent = this.#progress.position
    this.#unconfirmed = 0
    this.#failures++
    this.#progress = { ...this.#progress, lastError: detail, lastErrorAt: clock.now() }
    observer.failing(detail)
    await this.#save(false).catch(() => undefined)
    await this.#pause(pauseAfter(this.#failures, retryAfter))
    return true
  }

  /** Refused as a whole: by halves, until what is at fault stands alone. */
  async #tooMuch(batch: readonly TailItem[], wanted: readonly TailItem[], error: SendFailure): Promise<boolean> {
    if (batch.length > 1) {
      this.#limit = Math.max(1, batch.length >> 1)
      return true
    }
    const passed = await this.#findGood(wanted[0]!.position)
    if (!passed) return this.#settle({ ok: false, error: { ...error, kind: 'later' } })
    await this.#save(true)
    return true
  }

  /**
   * One event is refused. Is it the event, or would the destination refuse any? Only when one behind it is taken are those
   * before it given up: a wrong token or index loses nothing.
   */
  async #findGood(first: number): Promise<boolean> {
    const { tail, sender, observer, wants } = this.#options
    let detail = ''
    const { items } = await tail.read(first - 1, BATCH.events)
    const candidates = items.filter(({ event }) => wants(event)).slice(0, SUSPECTS + 1)
    for (const [index, item] of candidates.entries()) {
      if (this.#stopped) return false
      const outcome = await sender.send([item])
      if (outcome.ok) {
        if (index > 0) {
          this.#progress = { ...this.#progress, refused: this.#progress.refused + index }
          observer.refused(index, first, detail)
        }
        this.#taken(1, item.position, outcome.value)
        return true
      }
      if (outcome.error.kind === 'later') return false
      detail = outcome.error.detail
    }
    return false
  }

  #lost(count: number): void {
    this.#progress = { ...this.#progress, lost: this.#progress.lost + count }
    this.#options.observer.lost(count, this.#sent)
  }

  async #idle(): Promise<void> {
    const { tail, clock } = this.#options
    this.#oldest = undefined
    await this.#save(false)
    const untilReceipt = CONFIRM_MS - (clock.monotonic() - this.#unconfirmedSince)
    const limit = this.#unconfirmed > 0 ? Math.max(1, Math.min(IDLE_MS, untilReceipt)) : IDLE_MS
    await Promise.race([tail.more(this.#sent, limit), this.#pause(limit)])
  }

  async #save(now: boolean): Promise<void> {
    const at = this.#options.clock.monotonic()
    if (this.#progress === this.#saved || (!now && at - this.#savedAt < SAVE_MS)) return
    const saving = this.#progress
    this.#savedAt = at
    await this.#options.save(saving)
    this.#saved = saving
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#stopped) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#options.clock.schedule(milliseconds, resolve)
    this.#wake = resolve
    await promise
    timer.cancel()
    this.#wake = undefined
  }
}

/** The first ones that have room in a batch; at least one. */
function within(items: readonly TailItem[]): readonly TailItem[] {
  let octets = 0
  const end = items.findIndex(({ weight }, index) => {
    octets += weight
    return index > 0 && octets > BATCH.octets
  })
  return end < 0 ? items : items.slice(0, end)
}
