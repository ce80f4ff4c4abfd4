/** What a call costs: a connection fee, a minimum, and then increment by increment (as carriers bill). */
import { addMicros, type Micros, microsOf } from './money.ts'

export interface Price {
  readonly perMinute: Micros
  /** Owed as soon as it is answered. */
  readonly connectionFee: Micros
  /** Seconds that are owed at least, once it is answered; 0: none. */
  readonly minimumSeconds: number
  /** Seconds that are billed at once; at least 1. */
  readonly incrementSeconds: number
}

/** Seconds that are billed for a call that lasted so long: the minimum, then whole increments. */
export function billedSeconds(price: Price, seconds: number): number {
  const { minimumSeconds, incrementSeconds } = price
  if (seconds <= minimumSeconds) return minimumSeconds
  return minimumSeconds + Math.ceil((seconds - minimumSeconds) / incrementSeconds) * incrementSeconds
}

/** Of an answered call. Rounded up to the millionth, so that a sum of parts is never less than the whole. */
export function costOf(price: Price, seconds: number): Micros {
  return costOfBilled(price, billedSeconds(price, Math.max(0, seconds)))
}

/** Of seconds that are billed as they are. */
export function costOfBilled(price: Price, billed: number): Micros {
  return addMicros(price.connectionFee, microsOf(Math.ceil((price.perMinute * billed) / 60)))
}
