/** The questions that `call` asks before a leg to the outside and while it lasts, and that toll-fraud control will answer. */
import type { CallId, ExtensionId, OrganisationId } from '../base/ids.ts'

export interface AdmissionRequest {
  readonly callId: CallId
  readonly organisationId: OrganisationId
  /** Who answers for it; undefined: a PBX behind us, or a number of ours that leads outside. */
  readonly extensionId: ExtensionId | undefined
  /** The same as a key: the id of the extension, `trunk:NAME` of a PBX behind us, `number:+49…` of a number that leads outside. */
  readonly payer: string
  readonly cause: 'dialled' | 'forwarded' | 'transferred' | 'routed'
  /** Internal: as dialled. External: E.164. */
  readonly dialled: string
  /** Emergency calls are never asked about. */
  readonly destination: 'internal' | 'external'
  /** What the outside is shown; E.164. */
  readonly callerId: string | undefined
  /** Where it comes from, if it is the payer's own phone or PBX that calls. */
  readonly source: AdmissionSource | undefined
  readonly at: number
}

export interface AdmissionSource {
  readonly address: string
  readonly userAgent: string
  /** User name of the device; empty for a trunk. */
  readonly device: string
}

/** Names what was reserved for one outside leg, whatever trunks it tries and whatever call it ends up in. */
export type ReservationId = string

export type Admission =
  | {
      readonly verdict: 'allow'
      readonly reservation?: ReservationId | undefined
      /** Milliseconds after the answer that are paid for; asked again before they are over. Undefined: no end. */
      readonly paidMs?: number | undefined
    }
  | { readonly verdict: 'refuse'; readonly sipCode: number; readonly rule: string; readonly reason: string }

export interface AdmissionControl {
  admit(request: AdmissionRequest): Admission | Promise<Admission>
  /** The leg was answered: time is money from now on. */
  answered?(reservation: ReservationId, at: number): void
  /** May it go on after what is paid for? `paidMs` counts from the answer, as before. A rejection is a no. */
  extend?(reservation: ReservationId, at: number): Admission | Promise<Admission>
  /** The leg is gone, or never came to be: what is left of the reservation is free. Told once. */
  released?(reservation: ReservationId, at: number): void
}
