/** Calls, as the rest of the system sees them: requests come in, media reports come in, and everything ends in one cause. */
import type { CallId, DeviceId } from '../base/ids.ts'
import type { BridgeReport, MediaBridge, Side } from '../media/media-engine.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { ServerTransaction, TransactionUser } from '../sip/transaction/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { Call } from './call.ts'
import { createCallTable } from './call-table.ts'
import type { CallContext } from './context.ts'
import { callerForHelp } from './emergency-caller.ts'
import { endCall } from './end-call.ts'
import type { CallRule } from './errors.ts'
import { crossingReason } from './passing/may-cross.ts'
import { onRequestInDialog } from './in-dialog.ts'
import { acknowledge, releaseLeg } from './leg.ts'
import { type LiveCallView, liveView } from './live-view.ts'
import { onMediaFailed, onMediaKeyExpired, onMediaQuality, onMediaSilent } from './media-events.ts'
import { onNewRequest } from './new-request.ts'
import { type CallServiceOptions, limitsOf } from './options.ts'
import { createRecordWriter } from './record-writer.ts'
import { isKnownFlow } from './trust-flow.ts'
import { onFlowClosed } from './vanished-phone.ts'
import type { DialogSource } from '../subscription/types.ts'
import { createDialogSource } from './watched-dialogs.ts'

export interface CallService extends TransactionUser {
  /** Every request but REGISTER, ACK and CANCEL, inside or outside a dialog. */
  onRequest(request: SipRequest, transaction: ServerTransaction): void
  mediaQuality(bridge: MediaBridge, report: BridgeReport): void
  mediaSilent(bridge: MediaBridge, side: Side, silentForMs: number): void
  mediaKeyExpired(bridge: MediaBridge, side: Side): void
  mediaFailed(bridge: MediaBridge, detail: string): void
  live(): readonly LiveCallView[]
  /** For busy lamps. */
  readonly dialogs: DialogSource
  /** A request for help of a phone that we know: refused by nothing, overload included. */
  isCallForHelp(request: SipRequest, flow: Flow): boolean
  readonly liveCount: number
  /** Legs that live, those included that only wait for an ACK to say BYE. */
  readonly legCount: number
  /** Ends the calls of a device that was taken away: its credentials are no longer worth a call. */
  endCallsOfDevice(deviceId: DeviceId): void
  /** Ends what this payer has caused outside (`AdmissionRequest.payer`), wherever it was transferred; internal and emergency calls go on. */
  endOutsideCallsOf(payer: string): void
  /** Ends one call; false where there is none, or somebody calls for help. */
  endCall(callId: CallId): boolean
  /** New calls get 503 from now on; resolves when the last one has ended and its record is on its way. */
  drain(): Promise<void>
  /** BYE to everybody; resolves when records and media are done. Idempotent. */
  stop(): Promise<void>
}

/** Refusals that come by the thousand are told of at most once in this time, each kind. */
const SAMPLE_MS = 1_000

/** Throws RangeError on options out of range. */
export function createCallService(options: CallServiceOptions): CallService {
  return new Service(options)
}

class Service implements CallService {
  readonly dialogs: DialogSource
  readonly #context: CallContext
  readonly #idle: (() => void)[] = []
  /** When a rule was told of last; as many as there are rules. */
  readonly #told = new Map<CallRule, number>()
  #draining = false
  #stopping: Promise<void> | undefined

  constructor(options: CallServiceOptions) {
    const limits = limitsOf(options)
    this.#context = {
      ...options,
      limits,
      table: createCallTable(limits, options.onLeg),
      recordWriter: createRecordWriter(options.records, options.clock, options.logger),
      closing: new Set(),
      parked: new Map(),
      onFinished: () => this.#onFinished(),
      draining: () => this.#draining,
      mayTell: rule => this.#mayTell(rule),
    }
    this.dialogs = createDialogSource(this.#context.table)
    options.transport.onFlowClosed(flow => onFlowClosed(this.#context, flow))
  }

  isCallForHelp(request: SipRequest, flow: Flow): boolean {
    return request.method === 'INVITE' && callerForHelp(this.#context, request, flow) !== undefined
  }

  get liveCount(): number {
    return this.#context.table.calls.size
  }

  get legCount(): number {
    return this.#context.table.legCount
  }

  onRequest(request: SipRequest, transaction: ServerTransaction): void {
    if (request.toTag === undefined) onNewRequest(this.#context, transaction)
    else onRequestInDialog(this.#context, transaction)
  }

  onCancel(invite: ServerTransaction, cancel: SipRequest): void {
    const leg = this.#context.table.legOfInvite(invite.request)
    if (leg?.invite?.request === invite.request) leg.invite.onCancel(crossingReason(cancel))
  }

  onAck(ack: SipRequest, flow: Flow): void {
    const leg = this.#context.table.legOf(ack)
    if (leg === undefined || !isKnownFlow(this.#context, leg, flow)) return
    leg.invite?.onAck(ack)
  }

  onServerTransactionFailed(transaction: ServerTransaction, reason: 'transport' | 'no-ack'): void {
    // A refusal that nobody acknowledged: the phone has what it needs, or is gone.
    if (reason === 'no-ack') return
    const leg = this.#context.table.legOfInvite(transaction.request)
    if (leg?.invite?.request === transaction.request && !leg.invite.answered) leg.invite.onCancel(undefined)
  }

  onStrayResponse(response: SipResponse, flow: Flow): void {
    // A 2xx that is repeated after its transaction: its ACK was lost (RFC 3261 §13.2.2.4).
    const leg = this.#context.table.legByLocalTag(response.fromTag ?? '')
    if (leg?.dialog === undefined || leg.flow.id !== flow.id || leg.call.owesAck !== undefined) return
    if (leg.sipCallId !== response.callId || leg.dialog.remoteTag !== response.toTag) return
    acknowledge(this.#context, leg, response.cseq.number)
  }

  mediaQuality(bridge: MediaBridge, report: BridgeReport): void {
    onMediaQuality(this.#context, bridge, report)
  }

  mediaSilent(bridge: MediaBridge, side: Side, _silentForMs: number): void {
    onMediaSilent(this.#context, bridge, side)
  }

  mediaKeyExpired(bridge: MediaBridge, side: Side): void {
    onMediaKeyExpired(this.#context, bridge, side)
  }

  mediaFailed(bridge: MediaBridge, detail: string): void {
    onMediaFailed(this.#context, bridge, detail)
  }

  live(): readonly LiveCallView[] {
    return Array.from(this.#context.table.calls, liveView)
  }

  endCallsOfDevice(deviceId: DeviceId): void {
    for (const call of this.#context.table.calls) {
      const { caller, callee } = call
      if (caller.party.deviceId !== deviceId && callee?.party.deviceId !== deviceId) continue
      if (call.emergency) continue
      endCall(this.#context, call, { side: 'system', cause: 'not-admitted', sipCode: 403 }, { reason: 'SIP;cause=403' })
    }
  }

  endOutsideCallsOf(payer: string): void {
    for (const call of this.#context.table.calls) {
      const tried = call.state === 'ringing' && call.chargedTo === payer
      const talks = [call.caller, call.callee].some(leg => leg?.allowance?.payer === payer)
      if (call.emergency || !(tried || talks)) continue
      endCall(this.#context, call, { side: 'system', cause: 'not-admitted', sipCode: 403 }, { reason: 'SIP;cause=403' })
    }
  }

  endCall(callId: CallId): boolean {
    const call = [...this.#context.table.calls].find(each => each.id === callId)
    if (call === undefined || call.emergency) return false
    endCall(this.#context, call, { side: 'system', cause: 'not-admitted', sipCode: 403 }, { reason: 'SIP;cause=403' })
    return true
  }

  drain(): Promise<void> {
    this.#draining = true
    return this.liveCount === 0 ? Promise.resolve() : new Promise(resolve => this.#idle.push(resolve))
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#draining = true
    const { table, closing, recordWriter } = this.#context
    for (const call of table.calls) this.#endForStop(call)
    await Promise.all(closing)
    // Whoever has not acknowledged its 200 by now hears no BYE.
    for (const leg of table.legs()) releaseLeg(this.#context, leg)
    await recordWriter.stop()
  }

  #endForStop(call: Call): void {
    const end = { side: 'system', cause: call.state === 'up' ? 'normal' : 'system-error', sipCode: 503 } as const
    endCall(this.#context, call, end, { reason: 'SIP;cause=503;text="System stops"' })
  }

  #onFinished(): void {
    if (this.liveCount > 0) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #mayTell(rule: CallRule): boolean {
    const now = this.#context.clock.monotonic()
    const last = this.#told.get(rule)
    if (last !== undefined && now - last < SAMPLE_MS) return false
    this.#told.set(rule, now)
    return true
  }
}
