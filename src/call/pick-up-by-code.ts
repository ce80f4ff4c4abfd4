/** `*8101` takes the call that rings at 101, `*8` one that rings at a colleague of a ring group. */
import type { SessionAnswer } from '../sip/dialog/session-timer.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Extension } from '../directory/types.ts'
import type { Call } from './call.ts'
import type { CallContext } from './context.ts'
import type { Caller } from './identify-caller.ts'
import { pickUp } from './pick-up.ts'
import { reply } from './reply.ts'

type AcceptedSession = Extract<SessionAnswer, { kind: 'accepted' }>

/** 404 when nothing rings there. */
export function pickUpByCode(
  context: CallContext,
  transaction: ServerTransaction,
  caller: Caller,
  argument: string,
  session: AcceptedSession,
): void {
  const call = colleaguesOf(context, caller, argument)
    .map(each => ringingCallOf(context, each, caller))
    .find(Boolean)
  if (call === undefined) return void reply(transaction, 404)
  if (transaction.request.body.length === 0) return void reply(transaction, 488)
  const data = { callId: call.id, by: caller.extension.number, from: call.to }
  context.events.publish('call.picked-up', data, caller.organisation.id)
  pickUp(context, transaction, caller, call, session)
}

function colleaguesOf(
  { directory }: CallContext,
  { organisation, extension }: Caller,
  argument: string,
): readonly Extension[] {
  const group = argument === '' ? undefined : directory.groupByNumber(organisation.id, argument)
  const groups = argument === '' ? directory.groups(organisation.id) : group === undefined ? [] : [group]
  const mine = groups.filter(each => argument !== '' || each.members.includes(extension.number))
  const numbers = argument === '' || group !== undefined ? mine.flatMap(each => each.members) : [argument]
  return numbers.flatMap(number => directory.extensionByNumber(organisation.id, number) ?? [])
}

/** The one that rings for the longest time. */
function ringingCallOf({ table }: CallContext, extension: Extension, { device }: Caller): Call | undefined {
  const legs = table.legsOfExtension(extension.id)
  const ringing = legs.find(({ direction, state, call, party }) => {
    return (
      direction === 'out' &&
      state === 'ringing' &&
      call.state === 'ringing' &&
      party.deviceId !== device.id &&
      !call.emergency
    )
  })
  return ringing?.call
}
