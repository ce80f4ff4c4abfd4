/** How long an outside leg may last. It goes with the leg, whatever call takes it over. */
import type { Timer } from '../base/clock.ts'
import type { Admission } from './admission.ts'
import type { CallContext } from './context.ts'

export interface Allowance {
  readonly reservation: string
  paidMs: number | undefined
  answeredMonotonic: number | undefined
  timer: Timer | undefined
  /** A leg was answered and has it: it is given back with that. */
  taken: boolean
  released: boolean
}

/** Undefined: nobody counts. */
export function allowanceOf(admission: Admission): Allowance | undefined {
  if (admission.verdict !== 'allow' || admission.reservation === undefined) return undefined
  const { reservation, paidMs } = admission
  return { reservation, paidMs, answeredMonotonic: undefined, timer: undefined, taken: false, released: false }
}

/** Idempotent. */
export function releaseAllowance(context: Pick<CallContext, 'admission' | 'clock'>, allowance: Allowance): void {
  allowance.timer?.cancel()
  if (allowance.released) return
  allowance.released = true
  context.admission.released?.(allowance.reservation, context.clock.now())
}
