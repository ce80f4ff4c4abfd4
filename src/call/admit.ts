/** Asks whether a call may be made, before anything of it is sent out. */
import type { Refusal } from './best-response.ts'
import type { Call } from './call.ts'
import type { Admission, AdmissionRequest } from './admission.ts'
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
  const answer = await ask(context, call, payer, { dialled, destination: 'internal' })
  return 'verdict' in answer ? undefined : answer
}

export type AdmittedOutside =
  | { readonly refused: AdmissionRefusal }
  | { readonly refused: undefined; readonly allowance: Allowance | undefined }

/** May this number be called, on whose account, and for how long. Never asked for emergency calls. */
export async function admitOutside(
  context: CallContext,
  call: Call,
  payer: Payer,
  e164: string,
): Promise<AdmittedOutside> {
  // As it is now: a suspension counts from the moment that it is made.
  const extension = payer.extension === undefined ? undefined : context.directory.extension(payer.extension.id)
  if (payer.extension !== undefined && extension?.state !== 'active') {
    const { status, reason } = CALL_RULES.CALL_EXTENSION_SUSPENDED
    return { refused: { status, cause: 'not-admitted', rule: 'CALL_EXTENSION_SUSPENDED', reason } }
  }
  const answer = await ask(context, call, payer, { dialled: e164, destination: 'external' })
  return 'verdict' in answer ? { refused: undefined, allowance: allowanceOf(answer) } : { refused: answer }
}

/** A question that cannot be answered is a no. */
async function ask(
  context: CallContext,
  call: Call,
  payer: Payer,
  what: Pick<AdmissionRequest, 'dialled' | 'destination'>,
): Promise<Extract<Admission, { verdict: 'allow' }> | AdmissionRefusal> {
  try {
    const admission = await context.admission.admit({
      callId: call.id,
      organisationId: call.organisation.id,
      extensionId: payer.extension?.id,
      cause: payer.cause,
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
