/** The loop: change an input, judge it, keep it where it reached something new. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { BlockCount, Coverage } from './coverage.ts'
import { judge, judgeGrowth, TooSlow } from './judge.ts'
import { minimiseCorpus, minimiseCrasher } from './minimise.ts'
import { createRandom, type Random } from './random.ts'
import { type FuzzTarget, mutate } from './target.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly milliseconds: number
  readonly coverage: Coverage
  /** The saved corpus; the target's seeds are added. */
  readonly corpus: readonly Buffer[]
  /** Whether the result's corpus shall be as small as possible. */
  readonly minimise: boolean
  /** Told of every input before it is tried. */
  readonly onInput: (input: Buffer) => void
}

export interface FuzzResult {
  readonly executions: number
  readonly milliseconds: number
  readonly blocks: BlockCount
  /** Inputs that reached something new, the saved ones included. */
  readonly corpus: readonly Uint8Array[]
  readonly failure: { readonly input: Uint8Array; readonly message: string } | undefined
}

/** Inputs between two readings of the coverage. */
const BATCH = 128
const MAXIMUM_CORPUS = 4_000
/** Batches between two looks at how the cost grows. */
const GROWTH_EVERY = 24
const MAXIMUM_HEAP_GROWTH = 24 * 1024 * 1024

export function fuzz(target: FuzzTarget, options: FuzzOptions): FuzzResult {
  const run = new Run(target, options)
  const start = performance.now()
  let failure: FuzzResult['failure']
  try {
    run.start()
    run.until(start + options.milliseconds / 2)
    const heap = heapInUse()
    const kept = run.corpusBytes
    run.until(start + options.milliseconds)
    run.compareHeap(heap, kept)
  } catch (error) {
    failure = run.failureOf(error)
  }
  return run.finish(performance.now() - start, failure)
}

class Run {
  readonly #target: FuzzTarget
  readonly #options: FuzzOptions
  readonly #random: Random
  readonly #coverage: Coverage
  readonly #corpus: Buffer[]
  #executions = 0
  #current: Buffer = Buffer.alloc(0)

  constructor(target: FuzzTarget, options: FuzzOptions) {
    this.#target = target
    this.#options = options
    this.#random = createRandom(options.seed)
    this.#coverage = options.coverage
    this.#corpus = [...target.seeds, ...options.corpus].map(input => Buffer.from(input))
  }

  get corpusBytes(): number {
    return this.#corpus.reduce((sum, input) => sum + input.length, 0)
  }

  /** What is known already does not count as new. */
  start(): void {
    for (const input of this.#corpus) this.#try(input)
    this.#coverage.remember(this.#coverage.read())
  }

  until(end: number): void {
    for (let batches = 1; performance.now() < end; batches++) {
      const inputs = Array.from({ length: BATCH }, () => this.#next())
      for (const input of inputs) this.#try(input)
      const reading = this.#coverage.read()
      if (reading.isNew) {
        this.#adopt(inputs)
        // What no input reached on its own was reached by chance, a cache for example: it leads nowhere.
        this.#coverage.remember(reading)
      }
      if (batches % GROWTH_EVERY === 0) judgeGrowth(this.#target, this.#pick(), this.#random)
    }
  }

  /** Finds the inputs that reached something new, by halves. */
  #adopt(inputs: readonly Buffer[]): void {
    for (const input of inputs) this.#target.check(input)
    const reading = this.#coverage.read()
    if (!reading.isNew) return
    const [first] = inputs
    if (inputs.length === 1 && first !== undefined) {
      this.#coverage.remember(reading)
      if (this.#corpus.length >= MAXIMUM_CORPUS) this.#corpus[this.#random.below(MAXIMUM_CORPUS)] = first
      else this.#corpus.push(first)
      return
    }
    const middle = inputs.length >> 1
    this.#adopt(inputs.slice(0, middle))
    this.#adopt(inputs.slice(middle))
  }

  #try(input: Buffer): void {
    this.#current = input
    this.#executions++
    this.#options.onInput(input)
    judge(this.#target, input)
  }

  #next(): Buffer {
    return mutate(this.#target, this.#pick(), this.#pick(), this.#random)
  }

  /** Half of the time one of the newest. */
  #pick(): Buffer {
    const { length } = this.#corpus
    const recent = Math.min(length, 32)
    return this.#corpus[this.#random.oneIn(2) ? length - 1 - this.#random.below(recent) : this.#random.below(length)]!
  }

  /** Everything that a target was given is garbage by now: memory that grew is kept by somebody. */
  compareHeap(before: number, corpusBefore: number): void {
    const growth = heapInUse() - before - (this.corpusBytes - corpusBefore)
    if (growth <= MAXIMUM_HEAP_GROWTH) return
    this.#current = Buffer.alloc(0)
    throw new Error(`${Math.round(growth / 1024)} kB more are held after the second half of the inputs`)
  }

  failureOf(error: unknown): NonNullable<FuzzResult['failure']> {
    const { stack, message, cause } = error as Error
    const input = error instanceof TooSlow && Buffer.isBuffer(cause) ? cause : this.#current
    const small = error instanceof TooSlow ? input : minimiseCrasher(this.#target, input)
    return { input: small, message: stack ?? message }
  }

  finish(milliseconds: number, failure: FuzzResult['failure']): FuzzResult {
    const blocks = this.#coverage.blocks()
    return { executions: this.#executions, milliseconds, blocks, corpus: this.#smallCorpus(failure), failure }
  }

  #smallCorpus(failure: FuzzResult['failure']): readonly Buffer[] {
    if (!this.#options.minimise || failure !== undefined) return this.#corpus
    return minimiseCorpus(this.#target, this.#corpus, this.#coverage)
  }
}

let collect: (() => void) | undefined

/** Octets in use after a collection, those outside the heap included. */
function heapInUse(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
