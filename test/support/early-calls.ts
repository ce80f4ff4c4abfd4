/** Two phones and a call between them that has begun: what several conformance files start from. */
import assert from 'node:assert/strict'
import { createUacDialog } from '../../src/sip/dialog/dialog.ts'
import type { HeaderPair } from '../../src/sip/message/build.ts'
import type { SipResponse } from '../../src/sip/message/types.ts'
import { type IncomingInvite, type OutgoingInvite, PhoneCall, type ScriptedPhone } from './scripted-phone.ts'

export const ALLOW: HeaderPair = ['Allow', 'INVITE, ACK, CANCEL, BYE, UPDATE, INFO, REFER, NOTIFY, PRACK']
export const SUPPORTED: HeaderPair = ['Supported', '100rel']
export const REQUIRED: HeaderPair = ['Require', '100rel']

export interface Ringing {
  readonly invite: OutgoingInvite
  readonly ring: IncomingInvite
}

export interface EarlyDialogs extends Ringing {
  readonly caller: PhoneCall
  readonly callee: PhoneCall
}

export function isReliable(response: SipResponse): boolean {
  return response.headerValues('Require').includes('100rel') && response.header('RSeq') !== undefined
}

export function rack(response: SipResponse, distance = 0, cseq = response.cseq.number): HeaderPair {
  return ['RAck', `${Number(response.header('RSeq')) + distance} ${cseq} INVITE`]
}

export async function startRinging(
  from: ScriptedPhone,
  to: ScriptedPhone,
  number: string,
  headers: readonly HeaderPair[] = [],
): Promise<Ringing> {
  // What a test that failed left behind is not this one's.
  for (const phone of [from, to]) phone.drain()
  const invite = await from.call(number, { headers })
  return { invite, ring: await to.ringing() }
}

/** The early dialog at the caller's end. */
export function earlyDialog({ invite }: Ringing, response: SipResponse): PhoneCall {
  return new PhoneCall(invite.phone, createUacDialog(invite.request, response), undefined)
}

export async function cancelled({ invite, ring }: Ringing): Promise<void> {
  invite.cancel()
  await invite.phone.expectResponse(200)
  await ring.cancelled()
  await invite.refused(487)
}

export interface EarlyOptions {
  /** Headers of the callee's 183 beside those that make it reliable. */
  readonly headers?: readonly HeaderPair[]
  /** Of the caller's PRACK: an offer. Its answer is not awaited then. */
  readonly acknowledges?: boolean
}

/** The callee's 183 with its answer is reliable on both legs and acknowledged: offers may be made again. */
export async function agreedEarly(
  from: ScriptedPhone,
  to: ScriptedPhone,
  number: string,
  { headers = [ALLOW], acknowledges = true }: EarlyOptions = {},
): Promise<EarlyDialogs & { readonly progress: SipResponse }> {
  const ringing = await startRinging(from, to, number, [SUPPORTED])
  const { ring } = ringing
  ring.respond(183, { headers: [REQUIRED, ['RSeq', '1'], ...headers], body: ring.sdpAnswer() })
  to.respond(await to.expectRequest('PRACK'), 200, '')
  const progress = await from.expectResponse(183)
  assert.ok(isReliable(progress))
  const caller = earlyDialog(ringing, progress)
  if (acknowledges) await caller.exchange('PRACK', 200, { headers: [rack(progress)] })
  return { ...ringing, caller, callee: new PhoneCall(to, ring.dialog, undefined), progress }
}

/** The callee answers a call that was agreed on early: no description is needed any more. */
export async function answerEarly({ invite, ring, caller }: EarlyDialogs): Promise<SipResponse> {
  const accepted = ring.answer({})
  const response = await invite.phone.expectResponse(200)
  caller.acknowledge(response.cseq.number)
  await accepted
  return response
}

export async function established(
  from: ScriptedPhone,
  to: ScriptedPhone,
  number: string,
): Promise<{ readonly caller: PhoneCall; readonly callee: PhoneCall }> {
  const { invite, ring } = await startRinging(from, to, number)
  const callee = await ring.answer()
  return { caller: await invite.answered(), callee }
}

export async function hangUp(caller: PhoneCall, callee: PhoneCall): Promise<void> {
  await caller.hangUp()
  await callee.obey('BYE')
}
