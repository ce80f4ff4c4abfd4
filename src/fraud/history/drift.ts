/**
 * Slow drift of what is spent: a one-sided CUSUM of hourly spend over a learned mean (Page 1954), on event time. It starts from a
 * prior, so that it is useful in the first hour: nobody has spent anything yet.
 */
import type { Micros } from '../rating/money.ts'
import type { Drift } from './types.ts'

const HOUR_MS = 3_600_000
/** A day of hours: half of what was learned is forgotten in about two weeks of them. */
const RATE = 1 / 480
/** What a quiet extension spends in an hour, in millionths: small money. */
const PRIOR_MEAN = 100_000
const PRIOR_DEVIATION = 200_000
/** Hours with nothing that are caught up with at once at most. */
const MAXIMUM_GAP_HOURS = 24 * 28

export const NO_DRIFT: Drift = {
  mean: PRIOR_MEAN,
  deviation: PRIOR_DEVIATION,
  sum: 0,
  hours: 0,
  hour: Number.NaN,
  spent: 0,
}

/** `cost` was spent at `at`. */
export function noteSpend(drift: Drift, at: number, cost: Micros): Drift {
  const hour = Math.floor(at / HOUR_MS)
  let next = Number.isNaN(drift.hour) ? { ...drift, hour } : drift
  if (hour > next.hour) {
    const gap = Math.min(hour - next.hour, MAXIMUM_GAP_HOURS)
    next = closeHour(next)
    for (let passed = 1; passed < gap; passed++) next = closeHour({ ...next, spent: 0 })
    next = { ...next, hour, spent: 0 }
  }
  return { ...next, spent: next.spent + cost }
}

/** The sum as it stands at that moment: quiet hours since have let it sink, and what this hour has brought counts already. */
export function driftNow(drift: Drift, at: number): number {
  const { sum, mean, deviation, spent, hour } = drift
  const habit = mean + slack(deviation)
  const quiet = Math.max(0, Math.floor(at / HOUR_MS) - hour)
  return Math.max(0, Math.max(0, sum + spent - (quiet > 0 ? habit : 0)) - (quiet - 1 > 0 ? (quiet - 1) * habit : 0))
}

function slack(deviation: number): number {
  return deviation / 2
}

function closeHour(drift: Drift): Drift {
  const { mean, deviation, spent, hours } = drift
  // An hour that is far out teaches little: an attacker must not teach that pumping is normal.
  const learned = Math.min(spent, mean + 3 * deviation)
  return {
    ...drift,
    sum: Math.max(0, drift.sum + spent - mean - slack(deviation)),
    mean: mean + RATE * (learned - mean),
    deviation: deviation + RATE * (Math.abs(learned - mean) - deviation),
    hours: hours + 1,
  }
}
