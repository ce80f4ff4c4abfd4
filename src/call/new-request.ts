/** Requests outside a dialog: the ordered checks of a new INVITE, and the plain answers to everything else. */
import { isEmergencyUrn } from '../routing/emergency.ts'
import { replacesOf } from '../sip/dialog/replaces.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import { breadthOf } from './breadth.ts'
import type { CallContext } from './context.ts'
import { CALL_RULES, type CallRule } from './errors.ts'
import { CAPABILITIES } from './headers.ts'
import { identifyCaller } from './identify-caller.ts'
import { safeForLog } from '../sip/message/text.ts'
import { replaceCall } from './replace-call.ts'
import {
  faultOf,
  hasForeignReplaces,
  type Fault,
  OVERLOADED,
  refusedMethod,
  answerStranger,
  reply,
  unacceptableAnswer,
  unknownExtension,
} from './reply.ts'
import { startCall } from './start-call.ts'
import { callerForHelp } from './emergency-caller.ts'
import { takeInbound } from './inbound-call.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { Organisation } from '../directory/types.ts'

type Check = (context: CallContext, transaction: ServerTransaction) => Fault | undefined

/** Cheap ones first: nothing of a stranger's costs a digest. First fault wins. */
const INVITE_CHECKS: readonly Check[] = [
  refuseExhausted,
  refuseTooBroad,
  refuseLoop,
  refuseForeignScheme,
  (_context, { request }) => faultOf(request),
  (_context, { request }) => unacceptableAnswer(request),
  requireContact,
  refuseOverload,
]

export function onNewRequest(context: CallContext, transaction: ServerTransaction): void {
  const { request } = transaction
  if (request.method === 'INVITE') return void onNewInvite(context, transaction)
  if (hasForeignReplaces(request)) return void answerStranger(context, transaction, 400)
  if (request.method === 'OPTIONS') return void answerOptions(context, transaction)
  const fault = ANSWERS[request.method] ?? refusedMethod(request.method)
  answerStranger(context, transaction, fault.status, fault.headers)
}

/** Outside a dialog these mean nothing to us: no dialog (481), no subscriptions (489), no transfers of nothing (403). */
const ANSWERS: Readonly<Record<string, Fault>> = {
  BYE: { status: 481 },
  INFO: { status: 481 },
  NOTIFY: { status: 481 },
  PRACK: { status: 481 },
  UPDATE: { status: 481 },
  PUBLISH: { status: 489 },
  SUBSCRIBE: { status: 489 },
  REFER: { status: 403 },
}

function answerOptions(context: CallContext, transaction: ServerTransaction): void {
  const fault = unknownExtension(transaction.request)
  if (fault !== undefined) return void answerStranger(context, transaction, fault.status, fault.headers)
  answerStranger(context, transaction, 200, CAPABILITIES)
}

function onNewInvite(context: CallContext, transaction: ServerTransaction): void {
  for (const check of INVITE_CHECKS) {
    const fault = check(context, transaction)
    if (fault !== undefined) return void answerStranger(context, transaction, fault.status, fault.headers)
  }
  const trunk = context.trunks?.trunkOf(transaction.flow, transaction.request)
  const organisation = trunk === undefined ? undefined : organisationOf(context, trunk)
  if (trunk !== undefined && organisation !== undefined) {
    // No dialog of ours is a trunk's to replace (RFC 3891 §3).
    const replaces = replacesOf(transaction.request)
    if (replaces === 'none') takeInbound(context, transaction, trunk, organisation)
    else reply(transaction, replaces === 'malformed' ? 400 : 481)
    return
  }
  const helped = callerForHelp(context, transaction.request, transaction.flow)
  if (helped !== undefined) {
    startCall(context, transaction, helped)
    return
  }
  const identified = identifyCaller(transaction.request, transaction.flow, context)
  if (identified.kind === 'challenged') {
    const { status, headers, toTag } = identified.fault
    return void reply(transaction, status, headers, toTag)
  }
  if (identified.kind === 'refused') {
    tellRefused(context, transaction, identified.rule)
    return void answerStranger(context, transaction, CALL_RULES[identified.rule].status)
  }
  const replaces = replacesOf(transaction.request)
  // "another header field with contradictory semantics": Join (RFC 3911 §4, RFC 3891 §3).
  const contradicts = replaces !== 'none' && transaction.request.header('Join') !== undefined
  if (replaces === 'malformed' || contradicts) return void reply(transaction, 400)
  if (replaces === 'none') startCall(context, transaction, identified.caller)
  else replaceCall(context, transaction, identified.caller, replaces)
}

function refuseExhausted(_context: CallContext, { request }: ServerTransaction): Fault | undefined {
  return request.maxForwards === 0 ? { status: CALL_RULES.CALL_TOO_MANY_HOPS.status } : undefined
}

/** A call rings at least one phone (RFC 5393 §5.3.3). */
function refuseTooBroad(_context: CallContext, { request }: ServerTransaction): Fault | undefined {
  const breadth = breadthOf(request)
  if (breadth === undefined) return { status: 400 }
  return breadth === 0 ? { status: CALL_RULES.CALL_TOO_BROAD.status } : undefined
}

/** A new INVITE with the Call-ID of one that we sent out: a proxy or a phone sent it back (RFC 3261 §16.3 step 4). */
function refuseLoop(context: CallContext, transaction: ServerTransaction): Fault | undefined {
  if (!context.table.isOurCallId(transaction.request.callId)) return undefined
  tellRefused(context, transaction, 'CALL_LOOP')
  return { status: CALL_RULES.CALL_LOOP.status }
}

/** A number without a domain names nobody here: 416 (RFC 3261 §8.2.2.1). */
function refuseForeignScheme(_context: CallContext, { request }: ServerTransaction): Fault | undefined {
  return request.requestUri.kind === 'sip' || isEmergencyUrn(request.requestUriText) ? undefined : { status: 416 }
}

function requireContact(_context: CallContext, { request }: ServerTransaction): Fault | undefined {
  const { contacts } = request
  // "The Contact header field MUST be present and contain exactly one SIP or SIPS URI" (§8.1.1.8).
  return contacts !== '*' && contacts.length === 1 && contacts[0]!.uri.kind === 'sip' ? undefined : { status: 400 }
}

function organisationOf({ directory }: CallContext, trunk: Trunk): Organisation | undefined {
  return directory.organisations().find(each => each.id === trunk.organisationId)
}

function refuseOverload(context: CallContext, transaction: ServerTransaction): Fault | undefined {
  if (callerForHelp(context, transaction.request, transaction.flow) !== undefined) return undefined
  if (context.draining()) return { status: CALL_RULES.CALL_DRAINING.status, headers: OVERLOADED }
  if (context.table.roomForCall()) return undefined
  tellRefused(context, transaction, 'CALL_OVERLOAD')
  return { status: CALL_RULES.CALL_OVERLOAD.status, headers: OVERLOADED }
}

/** There is no call yet: the event has its SIP Call-ID. */
function tellRefused(context: CallContext, { request }: ServerTransaction, rule: CallRule): void {
  if (rule !== 'CALL_WRONG_IDENTITY' && !context.mayTell(rule)) return
  const { status: sipCode, reason } = CALL_RULES[rule]
  const { uri } = request.from
  const from = safeForLog(uri.kind === 'sip' ? (uri.user ?? '') : '', 64)
  const to = safeForLog(request.requestUriText, 128)
  context.events.publish('call.refused', { callId: safeForLog(request.callId, 128), from, to, sipCode, rule, reason })
}
