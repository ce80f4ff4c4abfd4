/** Keeps the kernel's own table like the decisions in force: together, at most every quarter of a second, and anew after a failure. */
import type { Timer } from '../../base/clock.ts'
import type { SourceDecision } from '../sources/types.ts'
import { createRunNft } from './run-nft.ts'
import { checkNames, presenceScript, removalScript, tableScript } from './script.ts'
import type { KernelBans, KernelBansOptions, KernelStatus, NftOutcome, RunNft } from './types.ts'
import { Wanted } from './wanted.ts'

const DEFAULT_TABLE = 'ringfence'
const DEFAULT_LIMIT = 100_000
const GATHER_MS = 250
const LOOK_MS = 1_000
/** Somebody may take our table away: the system's firewall, read anew. */
const PRESENCE_MS = 15_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 300_000

export function createKernelBans(
  options: KernelBansOptions,
  run: RunNft = createRunNft(options.command ?? ['nft']),
): KernelBans {
  checkNames(options.table ?? DEFAULT_TABLE, options.ports)
  return new Mirror(options, run)
}

class Mirror implements KernelBans {
  readonly #options: KernelBansOptions
  readonly #run: RunNft
  readonly #table: string
  readonly #limit: number
  #wanted: Wanted
  #state: KernelStatus['state'] = 'off'
  #detail = 'not started'
  #timer: Timer | undefined
  #lookTimer: Timer | undefined
  #presentAt = 0
  #pause = FIRST_PAUSE_MS
  /** One transaction at a time. */
  #running: Promise<void> = Promise.resolve()
  #isRunning = false

  constructor(options: KernelBansOptions, run: RunNft) {
    this.#options = options
    this.#run = run
    this.#table = options.table ?? DEFAULT_TABLE
    this.#limit = options.limit ?? DEFAULT_LIMIT
    this.#wanted = this.#nothing()
  }

  get status(): KernelStatus {
    const { banned, allowed } = this.#wanted
    return { state: this.#state, detail: this.#detail, banned, allowed }
  }

  async start(): Promise<void> {
    if (this.#state !== 'off') return
    this.#state = 'failing'
    this.#detail = 'starting'
    for (const decision of this.#options.decisions()) this.#wanted.place(decision)
    await this.#rewrite(true)
  }

  async stop(): Promise<void> {
    const hadTable = this.#state === 'on' || this.#state === 'failing'
    this.#state = 'off'
    this.#timer?.cancel()
    this.#timer = undefined
    this.#lookTimer?.cancel()
    this.#lookTimer = undefined
    await this.#running
    this.#wanted = this.#nothing()
    if (!hadTable) return
    const { ok, detail } = await this.#run(removalScript(this.#table))
    this.#detail = ok ? 'stopped' : `the table ${this.#table} was not removed: ${detail}`
  }

  placed(decision: SourceDecision): void {
    if (!this.#isAlive) return
    this.#wanted.place(decision)
    this.#gather()
  }

  removed(decision: SourceDecision): void {
    if (!this.#isAlive) return
    this.#wanted.remove(decision)
    this.#gather()
  }

  spare(address: string): void {
    if (!this.#isAlive) return
    this.#wanted.spare(address)
    this.#gather()
  }

  get #isAlive(): boolean {
    return this.#state === 'on' || this.#state === 'failing'
  }

  #nothing(): Wanted {
    return new Wanted(this.#limit, address => this.#options.isSpared(address))
  }

  #gather(): void {
    if (this.#state !== 'on' || this.#timer !== undefined || this.#isRunning || !this.#wanted.hasChanged) return
    this.#schedule(GATHER_MS, () => this.#update())
  }

  #schedule(delay: number, work: () => Promise<void>): void {
    this.#timer = this.#options.clock.schedule(delay, () => {
      this.#timer = undefined
      void work()
    })
  }

  #update(): Promise<void> {
    if (this.#wanted.isLost) return this.#rewrite(false)
    const { now } = this.#options
    return this.#transaction(this.#wanted.changes(this.#table, now()), outcome => {
      if (!outcome.ok) this.#fail(outcome)
    })
  }

  /** The whole table in one transaction: until it is there, the one before it is. */
  #rewrite(isFirst: boolean): Promise<void> {
    return this.#transaction(this.#whole(), outcome => {
      if (outcome.ok) this.#succeed()
      else if (isFirst && outcome.unavailable) this.#giveUp(outcome.detail)
      else this.#fail(outcome)
    })
  }

  *#whole(): Generator<string> {
    yield* tableScript(this.#table, this.#options.ports, this.#limit + (this.#limit >> 2) + 1)
    yield* this.#wanted.whole(this.#table, this.#options.now())
  }

  #transaction(script: Iterable<string>, done: (outcome: NftOutcome) => void): Promise<void> {
    this.#isRunning = true
    this.#running = this.#run(script).then(outcome => {
      this.#isRunning = false
      // Stopped meanwhile: the table goes, whatever came of it.
      if (this.#state === 'off') return
      done(outcome)
      this.#gather()
    })
    return this.#running
  }

  #succeed(): void {
    this.#pause = FIRST_PAUSE_MS
    this.#presentAt = this.#options.clock.monotonic()
    this.#say('on', `table inet ${this.#table}`)
    this.#lookTimer ??= this.#options.clock.schedule(LOOK_MS, () => this.#look())
  }

  #fail({ detail }: NftOutcome): void {
    this.#say('failing', detail)
    this.#timer?.cancel()
    this.#schedule(this.#pause, () => this.#rewrite(false))
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS)
  }

  #giveUp(detail: string): void {
    this.#wanted = this.#nothing()
    this.#say('unavailable', detail)
  }

  #look(): void {
    const { clock, now } = this.#options
    this.#lookTimer = clock.schedule(LOOK_MS, () => this.#look())
    this.#wanted.look(now())
    this.#gather()
    if (this.#state !== 'on' || this.#isRunning || clock.monotonic() - this.#presentAt < PRESENCE_MS) return
    this.#presentAt = clock.monotonic()
    void this.#transaction(presenceScript(this.#table), outcome => {
      if (!outcome.ok) this.#fail(outcome)
    })
  }

  /** Told when it is another state; the same trouble again is no news. */
  #say(state: KernelStatus['state'], detail: string): void {
    const isNews = state !== this.#state || this.#detail === 'starting'
    this.#state = state
    this.#detail = detail
    if (isNews) this.#options.onStatus?.(this.status)
  }
}
