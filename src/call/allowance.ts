/** How long an outside leg may last. It goes with the leg, whatever call takes it over. */
import type { Timer } from '../base/clock.ts'
import type { Admission } from './admission.ts'
import type { CallContext } from './context.ts'

type Admitted = Extract<Admission, { verdict: 'allow' }>

export interface Allowance {
  /** Who answers for it: as `AdmissionRequest`. */
  readonly payer: string
  /** Undefined: nobody counts. */
  readonly reservation: string | undefined
  paidMs: number | undefined
  answeredMonotonic: number | undefined
  timer: Timer | undefined
  /** A leg was answered and has it: it is given back with that. */
  taken: boolean
  /** INVITEs that went out on it and have not come to their end: each may still be answered, and that costs. */
  pending: number
  /** Nobody wants it any more: it is given back when none is pending. */
  abandoned: boolean
  released: boolean
}

export function allowanceOf({ reservation, paidMs }: Admitted, payer: string): Allowance {
  return {
    payer,
    reservation,
    paidMs,
    answeredMonotonic: undefined,
    timer: undefined,
    taken: false,
    pending: 0,
    abandoned: false,
    released: false,
  }
}

type Admitting = Pick<CallContext, 'admission' | 'clock'>

/** Nobody took it: it goes back as soon as nobody can answer any more. */
export function abandonAllowance(context: Admitting, allowance: Allowance): void {
  allowance.abandoned = true
  giveBackUnused(context, allowance)
}

/** An INVITE that went out on it has come to its end. */
export function settleAllowance(context: Admitting, allowance: Allowance): void {
  allowance.pending--
  giveBackUnused(context, allowance)
}

function giveBackUnused(context: Admitting, allowance: Allowance): void {
  const { abandoned, taken, pending } = allowance
  if (abandoned && !taken && pending === 0) releaseAllowance(context, allowance)
}

/** Milliseconds that a BYE may take to end what the provider counts. */
const GOODBYE_MS = 1_000

/** Answered when it was given up already: the provider bills it until it has our BYE. */
export function chargeLateAnswer(context: Admitting, allowance: Allowance): void {
  tellAnswered(context, allowance)
  context.clock.schedule(GOODBYE_MS, () => settleAllowance(context, allowance))
}

/** False: it was told before, or nobody counts. */
export function tellAnswered(context: Admitting, allowance: Allowance): boolean {
  const { reservation, answeredMonotonic, released } = allowance
  if (reservation === undefined || answeredMonotonic !== undefined || released) return false
  allowance.answeredMonotonic = context.clock.monotonic()
  context.admission.answered?.(reservation, context.clock.now())
  return true
}

/** Idempotent. */
export function releaseAllowance(context: Admitting, allowance: Allowance): void {
  allowance.timer?.cancel()
  if (allowance.released) return
  allowance.released = true
  const { reservation } = allowance
  if (reservation !== undefined) context.admission.released?.(reservation, context.clock.now())
}
