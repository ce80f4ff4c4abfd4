/** Making a leg, sending within its dialog, and letting it go. */
import { newId, type TrunkId } from '../base/ids.ts'
import { randomToken } from '../base/random.ts'
import type { Dialog, RequestParts } from '../sip/dialog/dialog.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { ClientTransaction, ClientTransactionUser } from '../sip/transaction/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { releaseAllowance } from './allowance.ts'
import type { Call, Leg, Party } from './call.ts'
import type { CallContext } from './context.ts'
import { contactFor } from './headers.ts'

export interface NewLeg {
  readonly direction: 'in' | 'out'
  readonly party: Party
  readonly call: Call
  readonly flow: Flow
  readonly sipCallId: string
  readonly userAgent: string
  readonly authentication: string | undefined
  readonly dialog: Dialog | undefined
  readonly localTag: string
}

/** 72 random bits: nobody guesses a dialog (RFC 3261 §19.3 asks for 32). */
export function newTag(): string {
  return randomToken(9)
}

export function createLeg(context: CallContext, parts: NewLeg): Leg {
  return {
    id: newId<'LegId'>(context.clock.now()),
    ...parts,
    state: 'ringing',
    invite: undefined,
    allows: undefined,
    heard: undefined,
    said: undefined,
    origin: undefined,
    holds: false,
    session: undefined,
    sessionTimer: undefined,
    vanishTimer: undefined,
    forgetInvite: undefined,
    allowance: undefined,
    onReleased: undefined,
    allowInsecureForEmergency: false,
    refers: 0,
  }
}

/** The flow that the phone can be reached by now: its own, or the one that it has registered over since. Never another. */
export function reachableFlow(context: CallContext, leg: Leg): Flow | undefined {
  if (leg.flow.open) return leg.flow
  const { extensionId, deviceId, trunk } = leg.party
  if (trunk !== undefined) return trunkFlow(context, leg, trunk.id)
  if (extensionId === undefined || deviceId === undefined) return undefined
  for (const binding of context.bindings.bindingsOf(extensionId)) {
    if (binding.deviceId !== deviceId) continue
    const flow = context.transport.flow(binding.flowId)
    if (flow?.open !== true || (leg.flow.secure && !flow.secure)) continue
    context.table.moveLeg(leg, flow)
    return flow
  }
  return undefined
}

function trunkFlow(context: CallContext, leg: Leg, trunkId: TrunkId): Flow | undefined {
  const flow = context.trunks?.openFlow(trunkId)
  if (flow === undefined || (leg.flow.secure && !flow.secure)) return undefined
  context.table.moveLeg(leg, flow)
  return flow
}

export interface RequestOutcome {
  onProvisional?(response: SipResponse): void
  onFinal(response: SipResponse): void
  /** No answer, or no way to the phone: `status` is 408 or 503. */
  onFailed(status: number): void
}

/** Sends a request within the leg's dialog. Undefined when the phone cannot be reached; `onFailed` is called later, then. */
export function sendInDialog(
  context: CallContext,
  leg: Leg,
  method: string,
  parts: RequestParts,
  outcome: RequestOutcome,
): ClientTransaction | undefined {
  const home = leg.flow
  const flow = leg.state === 'gone' ? undefined : reachableFlow(context, leg)
  const { dialog } = leg
  if (flow === undefined || dialog === undefined) {
    queueMicrotask(() => outcome.onFailed(503))
    return undefined
  }
  const headers: HeaderPair[] = [...(parts.headers ?? [])]
  // The phone is elsewhere: from there it reaches us at another address.
  if (flow !== home) headers.push(['Contact', contactFor(flow, dialog.secure, context)])
  const send = (proof: readonly HeaderPair[]): ClientTransaction => {
    const request = dialog.request(method, { ...parts, headers: [...headers, ...proof] })
    const user: ClientTransactionUser = {
      onProvisional: response => outcome.onProvisional?.(response),
      onFinal(response) {
        const answer = proof.length > 0 ? undefined : proofFor(context, leg, request, response)
        if (answer === undefined) outcome.onFinal(response)
        else send([answer])
      },
      onTimeout: () => outcome.onFailed(408),
      onTransportError: () => outcome.onFailed(503),
    }
    return context.transactions.send(request, flow, user)
  }
  return send([])
}

/** A provider may challenge within a dialog too (RFC 3261 §22.2). */
function proofFor(context: CallContext, leg: Leg, request: SipRequest, response: SipResponse): HeaderPair | undefined {
  const { trunk } = leg.party
  if (trunk === undefined || (response.status !== 401 && response.status !== 407)) return undefined
  return context.trunks?.answer(trunk, request, response)
}

/** The ACK of a 2xx to an INVITE of ours. */
export function acknowledge(context: CallContext, leg: Leg, cseq: number, body?: string): void {
  const flow = reachableFlow(context, leg)
  if (flow === undefined || leg.dialog === undefined) return
  const parts = body === undefined ? {} : { body, contentType: 'application/sdp' }
  context.transactions.sendAck(leg.dialog.ack(cseq, parts), flow)
}

const IGNORED: RequestOutcome = { onFinal() {}, onFailed() {} }

/**
 * Ends the dialog from our side. While our 2xx waits for its ACK "the callee's UA MUST NOT send a BYE" (RFC 3261 §15): the leg then
 * stays known until the ACK comes or is given up, and says goodbye there.
 */
export function sayGoodbye(context: CallContext, leg: Leg, reason: string | undefined): void {
  if (leg.state === 'gone') return
  if (leg.invite?.awaitingAck === true) {
    leg.state = 'leaving'
    stopLegTimers(leg)
    return
  }
  const speaks = leg.dialog?.state === 'confirmed'
  const headers: HeaderPair[] = reason === undefined ? [] : [['Reason', reason]]
  if (speaks) sendInDialog(context, leg, 'BYE', { headers }, IGNORED)
  releaseLeg(context, leg)
}

function stopLegTimers(leg: Leg): void {
  leg.sessionTimer?.cancel()
  leg.sessionTimer = undefined
  leg.vanishTimer?.cancel()
  leg.vanishTimer = undefined
}

/** Forgets the leg: nothing of it is sent or expected any more. Idempotent. */
export function releaseLeg(context: CallContext, leg: Leg): void {
  leg.state = 'gone'
  stopLegTimers(leg)
  leg.invite?.close(487)
  leg.invite = undefined
  leg.dialog?.terminate()
  leg.forgetInvite?.()
  leg.forgetInvite = undefined
  leg.onReleased?.()
  if (leg.allowance?.taken === true) releaseAllowance(context, leg.allowance)
  leg.onReleased = undefined
  context.table.removeLeg(leg)
}
