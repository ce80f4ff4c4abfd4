/** How far a call is paid for, in whole increments: the next chunk, and how much of it can be afforded. */
import type { Micros } from '../rating/money.ts'
import { costOf, type Price } from '../rating/price.ts'

/** So that a call with increments of a second does not ask the store each second. */
const CHUNK_SECONDS = 15
const MARGIN_MS = 1_000

export interface Chunk {
  /** After the answer, all that was paid before included. */
  readonly seconds: number
  /** Of all these seconds. */
  readonly cost: Micros
}

/** The next chunk after `paid` seconds, as long as it may be: to be shortened until it fits. Undefined: beyond all money. */
export function nextChunk(price: Price, paid: number, maximumSeconds: number): Chunk | undefined {
  const wanted = Math.min(paid + Math.max(price.incrementSeconds, CHUNK_SECONDS), maximumSeconds)
  return chunkOf(price, Math.max(stepAfter(price, paid), stepCovering(price, wanted)))
}

/** One increment, or what it costs to begin with. */
export function leastChunk(price: Price, paid: number): Chunk | undefined {
  return chunkOf(price, stepAfter(price, paid))
}

/** The longest chunk up to `chunk`, and beyond `paid`, whose whole cost is at most `most`. */
export function affordable(price: Price, chunk: Chunk, paid: number, most: number): Chunk | undefined {
  const first = stepAfter(price, paid)
  if (chunk.cost <= most) return chunk
  for (let step = stepCovering(price, chunk.seconds) - 1; step >= first; step--) {
    const shorter = chunkOf(price, step)
    if (shorter !== undefined && shorter.cost <= most) return shorter
  }
  return undefined
}

/** Milliseconds after the answer that a call may last which paid for so many seconds: its BYE needs a moment to arrive. */
export function paidMsOf(price: Price, seconds: number, maximumSeconds: number): number {
  const margin = Math.min(MARGIN_MS, Math.floor(price.incrementSeconds * 250))
  return Math.max(0, Math.min(seconds * 1_000 - margin, maximumSeconds * 1_000))
}

/** Step 0 is the minimum; each further one an increment. */
function chunkOf(price: Price, step: number): Chunk | undefined {
  const seconds = price.minimumSeconds + step * price.incrementSeconds
  try {
    return { seconds, cost: costOf(price, seconds) }
  } catch {
    return undefined
  }
}

function stepAfter({ minimumSeconds, incrementSeconds }: Price, paid: number): number {
  return paid < minimumSeconds ? 0 : Math.floor((paid - minimumSeconds) / incrementSeconds) + 1
}

function stepCovering({ minimumSeconds, incrementSeconds }: Price, seconds: number): number {
  return seconds <= minimumSeconds ? 0 : Math.ceil((seconds - minimumSeconds) / incrementSeconds)
}
