/** REFER within a call (RFC 3515, RFC 5589): we carry the transfer out ourselves; no phone learns of another's address. */
import { routeDialled } from '../routing/route-dialled.ts'
import { decodeText } from '../sip/message/text.ts'
import { type ReferTo, referToOf } from '../sip/dialog/refer.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { attendedTransfer } from './attended-transfer.ts'
import { blindTransfer } from './blind-transfer.ts'
import { endSideOf, type Leg, negotiates, otherLeg, type TransferOrder } from './call.ts'
import { type CallContext, inBackground } from './context.ts'
import { endCall } from './end-call.ts'
import { park } from './park.ts'
import { acceptRefer } from './refer-subscription.ts'
import { reply } from './reply.ts'

export function startTransfer(context: CallContext, leg: Leg, transaction: ServerTransaction): void {
  const target = referToOf(transaction.request)
  const { call } = leg
  const transferee = otherLeg(leg)
  if (target === undefined) return void reply(transaction, 400)
  if (call.state !== 'up' || transferee?.state !== 'up') return void reply(transaction, 480)
  // RFC 3515 §2.4.2 lets us refuse what we do not do: anything but a call within the organisation.
  const dialled = dialledIn(context, leg, target)
  // A provider does not decide whom we call (product policy: transfer chains).
  if (leg.party.trunk?.purpose === 'provider') return void reply(transaction, 603)
  if (target.method !== 'INVITE' || dialled === undefined) return void reply(transaction, 603)
  if (call.transfer !== undefined || negotiates(call)) return void reply(transaction, 491)
  const order: TransferOrder = { transferor: leg, transferee, dialled }
  if (target.replaces === undefined) {
    const subscription = acceptRefer(context, leg, transaction)
    const route = routeDialled(context.directory, call.organisation.id, dialled)
    if (route.kind === 'feature' && route.feature === 'park') park(context, order, route.argument, subscription)
    else blindTransfer(context, order, subscription)
    return
  }
  const { callId, toTag, fromTag } = target.replaces
  const consulted = context.table.legByTags(callId, toTag, fromTag)
  const subscription = acceptRefer(context, leg, transaction)
  if (consulted === undefined || !mayTake(leg, consulted)) {
    return void inBackground(context, 'refusing a transfer', subscription.finish(481))
  }
  const second = consulted.call
  if (joinsOutsiders(context, transferee, consulted)) {
    return void inBackground(context, 'refusing a transfer', subscription.finish(403))
  }
  if (second.state === 'up') {
    return void inBackground(context, 'an attended transfer', attendedTransfer(context, order, consulted, subscription))
  }
  // The other call still rings: it is taken back, and its destination rings for the transferred party instead (RFC 5589 §7.6).
  endCall(context, second, { side: endSideOf(consulted), cause: 'transferred', sipCode: 487 })
  blindTransfer(context, { ...order, dialled: second.to }, subscription)
}

function dialledIn(context: CallContext, leg: Leg, { uri }: ReferTo): string | undefined {
  if (uri.kind !== 'sip' || uri.user === undefined) return undefined
  const named = context.directory.organisationByDomain(uri.host)
  return named !== undefined && named.id !== leg.call.organisation.id ? undefined : decodeText(uri.user)
}

/** Two strangers would talk at our expense. Closed with the forwards (product policy: transfer chains). */
function joinsOutsiders({ directory }: CallContext, transferee: Leg, consulted: Leg): boolean {
  const target = otherLeg(consulted)
  const providers = [transferee, target].filter(leg => leg?.party.trunk?.purpose === 'provider')
  return providers.length === 2 && !directory.callingOf(transferee.call.organisation.id).offNetForwarding
}

/** Only a call of the same extension may be given away. */
function mayTake(transferor: Leg, consulted: Leg): boolean {
  const { call, party } = consulted
  if (call === transferor.call || call.state === 'answering' || call.transfer !== undefined) return false
  if (call.organisation.id !== transferor.call.organisation.id) return false
  return party.extensionId !== undefined && party.extensionId === transferor.party.extensionId
}
