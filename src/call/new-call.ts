/** A call from nothing, and the words that announce it. */
import { type CallId, newId } from '../base/ids.ts'
import type { Organisation } from '../directory/types.ts'
import type { Call, Leg } from './call.ts'
import type { CallContext } from './context.ts'
import type { CallRule } from './errors.ts'
import { eventLeg } from './record.ts'

export interface NewCall {
  readonly organisation: Organisation
  readonly from: string
  readonly to: string
  readonly emergency?: boolean
  /** The leg on side `a`: a new one, or one that comes from another call. */
  caller(call: Call): Leg
  readonly transferredFrom?: CallId
}

export function createCall(context: CallContext, parts: NewCall): Call {
  const { organisation, from, to, transferredFrom } = parts
  const startedAt = context.clock.now()
  const call: Omit<Call, 'caller'> & { caller: Leg | undefined } = {
    id: newId<'CallId'>(startedAt),
    organisation,
    from,
    to,
    emergency: parts.emergency === true,
    chargedTo: undefined,
    startedAt,
    startedMonotonic: context.clock.monotonic(),
    answeredAt: undefined,
    answeredMonotonic: undefined,
    state: 'ringing',
    caller: undefined,
    callee: undefined,
    bridge: undefined,
    ringing: undefined,
    ringTimer: undefined,
    exchange: undefined,
    owesAck: undefined,
    transfer: undefined,
    parked: undefined,
    transferredFrom,
    lastReport: undefined,
    rung: [],
    end: undefined,
  }
  const made = call as Call
  call.caller = parts.caller(made)
  context.table.addCall(made)
  return made
}

export function publishStarted(context: CallContext, call: Call): void {
  const { id: callId, from, to, organisation } = call
  context.events.publish('call.started', { callId, from, to, caller: eventLeg(call, call.caller) }, organisation.id)
}

export interface RefusalWords {
  readonly sipCode: number
  readonly rule: CallRule | (string & {})
  readonly reason: string
}

export function publishRefused(context: CallContext, call: Call, words: RefusalWords): void {
  const { id: callId, from, to, organisation } = call
  context.events.publish('call.refused', { callId, from, to, ...words }, organisation.id)
}

export function publishTransferred(
  context: CallContext,
  old: Call,
  next: Call,
  how: { readonly by: string; readonly attended: boolean },
): void {
  const data = { callId: old.id, by: how.by, to: next.to, attended: how.attended, newCallId: next.id }
  context.events.publish('call.transferred', data, old.organisation.id)
}
