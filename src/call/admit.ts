/** Asks whether a call may be made, before anything of it is sent out. */
import type { Refusal } from './best-response.ts'
import type { Call } from './call.ts'
import type { Admission, AdmissionRequest, AdmissionSource } from './admission.ts'
import { type Allowance, allowanceOf } from './allowance.ts'
import type { CallContext } from './context.ts'
import { CALL_RULES } from './errors.ts'
import { OVERLOADED } from './reply.ts'
import type { Payer } from './steps/trip.ts'

export interface AdmissionRefusal extends Refusal {
  readonly rule: string
  readonly reason: string
}

/** Undefined: a call within the house may be made. */
export async function askAdmission(
  context: CallContext,
  call: Call,
  payer: Payer,
  dialled: string,
): Promise<AdmissionRefusal | undefined> {
  const answer = await ask(context, call, payer, { dialled, destination: 'internal', callerId: undefined })
  return 'verdict' in answer ? undefined : answer
}

export type AdmittedOutside =
  | { readonly refused: AdmissionRefusal }
  | { readonly refused: undefined; readonly allowance: Allowance }

export interface OutsideCall {
  readonly e164: string
  readonly callerId: string | undefined
  /** The number of ours that was called, where that leads outside. */
  readonly called: string | undefined
}

/** May this number be called, on whose account, and for how long. Never asked for emergency calls. */
export async function admitOutside(
  context: CallContext,
  call: Call,
  payer: Payer,
  { e164, callerId, called }: OutsideCall,
): Promise<AdmittedOutside> {
  // As it is now: a suspension counts from the moment that it is made.
  const extension = payer.extension === undefined ? undefined : context.directory.extension(payer.extension.id)
  if (payer.extension !== undefined && extension?.state !== 'active') {
    const { status, reason } = CALL_RULES.CALL_EXTENSION_SUSPENDED
    return { refused: { status, cause: 'not-admitted', rule: 'CALL_EXTENSION_SUSPENDED', reason } }
  }
  const answer = await ask(context, call, payer, { dialled: e164, destination: 'external', callerId }, called)
  if (!('verdict' in answer)) return { refused: answer }
  return { refused: undefined, allowance: allowanceOf(answer, payerKey(payer, called)) }
}

/** A question that cannot be answered is a no. */
async function ask(
  context: CallContext,
  call: Call,
  payer: Payer,
  what: Pick<AdmissionRequest, 'dialled' | 'destination' | 'callerId'>,
  called?: string,
): Promise<Extract<Admission, { verdict: 'allow' }> | AdmissionRefusal> {
  try {
    const admission = await context.admission.admit({
      callId: call.id,
      organisationId: call.organisation.id,
      extensionId: payer.extension?.id,
      payer: payerKey(payer, called),
      cause: payer.cause,
      source: sourceOf(call, payer),
      ...what,
      at: context.clock.now(),
    })
    if (admission.verdict === 'allow') return admission
    const { sipCode, rule, reason } = admission
    return { status: sipCode, cause: 'not-admitted', rule, reason }
  } catch (error) {
    context.logger.error({ call: call.id, detail: String(error) }, 'admission could not be decided')
    const { status, reason } = CALL_RULES.CALL_ADMISSION_FAILED
    return { status, cause: 'system-error', rule: 'CALL_ADMISSION_FAILED', reason, headers: OVERLOADED }
  }
}

function payerKey({ extension, trunk, cause }: Payer, called: string | undefined): string {
  if (extension !== undefined) return extension.id
  return cause === 'routed' && called !== undefined ? `number:${called}` : `trunk:${trunk?.name ?? ''}`
}

/** Of a forward or a transfer it is not known: the caller is somebody else. */
function sourceOf({ caller }: Call, { extension, cause }: Payer): AdmissionSource | undefined {
  if (cause !== 'dialled' || caller.party.extensionId !== extension?.id) return undefined
  return { address: caller.flow.remoteAddress, userAgent: caller.userAgent, device: caller.party.username ?? '' }
}
