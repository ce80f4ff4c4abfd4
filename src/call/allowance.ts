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
  released: boolean
}

export function allowanceOf({ reservation, paidMs }: Admitted, payer: string): Allowance {
  return { payer, reservation, paidMs, answeredMonotonic: undefined, timer: undefined, taken: false, released: false }
}

/** Idempotent. */
export function releaseAllowance(context: Pick<CallContext, 'admission' | 'clock'>, allowance: Allowance): void {
  allowance.timer?.cancel()
  if (allowance.released) return
  allowance.released = true
  const { reservation } = allowance
  if (reservation !== undefined) context.admission.released?.(reservation, context.clock.now())
}
