/** Asks whether a call may be made, before anything of it is sent out. */
import type { Extension } from '../directory/types.ts'
import type { Refusal } from './best-response.ts'
import type { Call } from './call.ts'
import type { CallContext } from './context.ts'
import { CALL_RULES } from './errors.ts'
import { OVERLOADED } from './reply.ts'

export interface AdmissionRefusal extends Refusal {
  readonly rule: string
  readonly reason: string
}

/** Undefined: it may be made. A question that cannot be answered is a no. */
export async function askAdmission(
  context: CallContext,
  call: Call,
  payer: Extension,
  dialled: string,
): Promise<AdmissionRefusal | undefined> {
  try {
    const admission = await context.admission.admit({
      callId: call.id,
      organisationId: call.organisation.id,
      extensionId: payer.id,
      dialled,
      destination: 'internal',
      at: context.clock.now(),
    })
    if (admission.verdict === 'allow') return undefined
    const { sipCode, rule, reason } = admission
    return { status: sipCode, cause: 'not-admitted', rule, reason }
  } catch (error) {
    context.logger.error({ call: call.id, detail: String(error) }, 'admission could not be decided')
    const { status, reason } = CALL_RULES.CALL_ADMISSION_FAILED
    return { status, cause: 'system-error', rule: 'CALL_ADMISSION_FAILED', reason, headers: OVERLOADED }
  }
}
