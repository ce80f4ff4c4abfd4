/** The question that `call` asks before a leg to the outside and while it lasts, and that toll-fraud control will answer. */
import type { CallId, ExtensionId, OrganisationId } from '../base/ids.ts'

export interface AdmissionRequest {
  readonly callId: CallId
  readonly organisationId: OrganisationId
  /** Who answers for it; undefined: a PBX behind us, or a number of ours that leads outside. */
  readonly extensionId: ExtensionId | undefined
  readonly cause: 'dialled' | 'forwarded' | 'transferred' | 'routed'
  /** Internal: as dialled. External: E.164. */
  readonly dialled: string
  /** Emergency calls are never asked about. */
  readonly destination: 'internal' | 'external'
  readonly at: number
}

export type Admission =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'refuse'; readonly sipCode: number; readonly rule: string; readonly reason: string }

export interface AdmissionControl {
  admit(request: AdmissionRequest): Admission | Promise<Admission>
  /** A leg to the outside was answered. */
  started?(callId: CallId, at: number): void
  /** The call is over, whether it was answered or not: what was held for it is free. */
  ended?(callId: CallId, at: number): void
}
