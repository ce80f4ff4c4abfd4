/** The question that `call` asks before a leg to the outside, and that toll-fraud control will answer. */
import type { CallId, ExtensionId, OrganisationId } from '../base/ids.ts'

export interface AdmissionRequest {
  readonly callId: CallId
  readonly organisationId: OrganisationId
  readonly extensionId: ExtensionId
  /** As dialled, before any routing. */
  readonly dialled: string
  readonly destination: 'internal' | 'external' | 'emergency'
  readonly at: number
}

export type Admission =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'refuse'; readonly sipCode: number; readonly rule: string; readonly reason: string }

export interface AdmissionControl {
  admit(request: AdmissionRequest): Admission | Promise<Admission>
}
