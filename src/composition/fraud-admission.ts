/** Toll-fraud control as calls ask for it. */
import type { Clock, Timer } from '../base/clock.ts'
import type { Admission, AdmissionControl, AdmissionRequest } from '../call/admission.ts'
import type { EventBus } from '../events/bus.ts'
import type { FraudControl, LegAllowed, LegRefusal, LegRequest } from '../fraud/control/types.ts'
import type { PayerKey } from '../fraud/types.ts'

export interface AdmissionOptions {
  readonly control: FraudControl
  readonly clock: Clock
  readonly bus: EventBus
  numberOf(payer: PayerKey): string
}

/** How long the end of a call may wait for the report of its media. */
const REPORT_MS = 2_000

interface OpenReservation {
  readonly callId: string
  /** Our side's media is the caller's: it dialled. */
  readonly dialled: boolean
  answered: { readonly at: number; readonly monotonic: number } | undefined
  report: { resolve(packets: number | undefined): void; readonly timer: Timer } | undefined
}

export function createAdmission(options: AdmissionOptions): { readonly admission: AdmissionControl; stop(): void } {
  const { control, clock, bus, numberOf } = options
  /** As many as calls may be. */
  const open = new Map<string, OpenReservation>()
  const waiting = new Map<string, Set<OpenReservation>>()

  /** A wall clock that was set meanwhile neither shortens nor lengthens a call. */
  const momentOf = ({ answered }: OpenReservation, at: number): number =>
    answered === undefined ? at : answered.at + Math.round(clock.monotonic() - answered.monotonic)

  function told(known: OpenReservation, packets: number | undefined): void {
    waiting.get(known.callId)?.delete(known)
    if (waiting.get(known.callId)?.size === 0) waiting.delete(known.callId)
    known.report?.timer.cancel()
    known.report?.resolve(known.dialled ? packets : undefined)
  }

  /** The media of a call are counted when its bridge is closed, a little after its end. */
  function reportOf(known: OpenReservation): Promise<number | undefined> {
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    known.report = { resolve, timer: clock.schedule(REPORT_MS, () => told(known, undefined)) }
    waiting.set(known.callId, (waiting.get(known.callId) ?? new Set()).add(known))
    return promise
  }

  const unsubscribe = bus.subscribe(event => {
    if (event.type !== 'call.ended') return
    for (const known of waiting.get(event.data.callId) ?? []) told(known, event.data.callerQuality?.packets)
  })

  return {
    admission: {
      async admit(request): Promise<Admission> {
        if (request.destination === 'internal') return { verdict: 'allow' }
        const verdict = await control.attempt(legOf(request, numberOf))
        if (verdict.verdict !== 'allow') return refusalOf(verdict)
        const { callId, cause } = request
        const dialled = cause === 'dialled' && request.extensionId !== undefined
        open.set(verdict.reservation, { callId, dialled, answered: undefined, report: undefined })
        return allowedOf(verdict)
      },
      answered(reservation, at) {
        const known = open.get(reservation)
        if (known !== undefined) known.answered = { at, monotonic: clock.monotonic() }
        control.answered(reservation, at)
      },
      async extend(reservation, at): Promise<Admission> {
        const known = open.get(reservation)
        const verdict = await control.extend(reservation, known === undefined ? at : momentOf(known, at))
        return verdict.verdict === 'allow' ? allowedOf(verdict) : refusalOf(verdict)
      },
      released(reservation, at) {
        const known = open.get(reservation)
        if (known === undefined) return
        open.delete(reservation)
        const talked = known.answered !== undefined
        control.released(reservation, momentOf(known, at), talked ? reportOf(known) : undefined)
      },
    },
    stop() {
      unsubscribe()
      for (const each of waiting.values()) for (const known of each) told(known, undefined)
      for (const [reservation, known] of open) control.released(reservation, momentOf(known, clock.now()))
      open.clear()
    },
  }
}

/** The request of a call, as control asks for it. */
function legOf(request: AdmissionRequest, numberOf: (payer: PayerKey) => string): LegRequest {
  const { callId, organisationId, extensionId, payer, cause, dialled, callerId, source, at } = request
  const extension = extensionId === undefined ? undefined : numberOf(payer)
  return { callId, organisationId, payer, extension, cause, e164: dialled, callerId, source, at }
}

function allowedOf({ reservation, paidMs }: LegAllowed): Admission {
  return { verdict: 'allow', reservation, paidMs }
}

function refusalOf({ sipCode, rule, reason }: LegRefusal): Admission {
  return { verdict: 'refuse', sipCode, rule, reason }
}
