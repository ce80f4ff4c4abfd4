/** What a phone that asked for a transfer hears of it: one NOTIFY at a time, each with the status line of the new call (RFC 3515 §2.4). */
import type { Timer } from '../base/clock.ts'
import { referNotifyHeaders, SIPFRAG_TYPE, sipfragBody } from '../sip/dialog/refer.ts'
import { buildResponse, defaultReason, type HeaderPair } from '../sip/message/build.ts'
import type { SipResponse } from '../sip/message/types.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Leg } from './call.ts'
import type { CallContext } from './context.ts'
import { contactFor } from './headers.ts'
import { sendInDialog } from './leg.ts'

export interface ReferSubscription {
  progress(status: number): void
  /** The last NOTIFY. Resolves when the phone has it, or does not say so within two seconds. Idempotent. */
  finish(status: number): Promise<void>
}

const PATIENCE_MS = 2_000

/** Answers the REFER with 202 and tells of 100 at once. With `Refer-Sub: false` nothing more is said (RFC 4488 §4). */
export function acceptRefer(context: CallContext, leg: Leg, transaction: ServerTransaction): ReferSubscription {
  const { request, flow } = transaction
  const silent = request.header('Refer-Sub')?.trim().toLowerCase() === 'false'
  const contact: HeaderPair = ['Contact', contactFor(flow, leg.dialog?.secure === true, context)]
  const headers: HeaderPair[] = silent ? [contact, ['Refer-Sub', 'false']] : [contact]
  transaction.respond(buildResponse(request, 202, undefined, { headers }))
  leg.refers++
  if (silent) return { progress() {}, finish: () => Promise.resolve() }
  return new Subscription(context, leg, leg.refers > 1 ? request.cseq.number : undefined)
}

class Subscription implements ReferSubscription {
  readonly #context: CallContext
  readonly #leg: Leg
  readonly #id: number | undefined
  readonly #told = Promise.withResolvers<void>()
  #busy = false
  #over = false
  #waiting: number | undefined
  #last: number | undefined
  #patience: Timer | undefined

  constructor(context: CallContext, leg: Leg, id: number | undefined) {
    this.#context = context
    this.#leg = leg
    this.#id = id
    this.#send(100, false)
  }

  progress(status: number): void {
    if (this.#over || this.#last !== undefined) return
    if (this.#busy) this.#waiting = status
    else this.#send(status, false)
  }

  finish(status: number): Promise<void> {
    if (this.#over || this.#last !== undefined) return this.#told.promise
    this.#last = status
    this.#waiting = undefined
    this.#patience = this.#context.clock.schedule(PATIENCE_MS, () => this.#told.resolve())
    if (!this.#busy) this.#send(status, true)
    return this.#told.promise
  }

  #send(status: number, final: boolean): void {
    if (this.#leg.state !== 'up') return void this.#done(true)
    this.#busy = true
    const expires = Math.ceil(this.#context.limits.ringTimeMs / 1_000)
    const state = final ? ({ kind: 'terminated' } as const) : ({ kind: 'active', expires } as const)
    const headers = referNotifyHeaders(state, this.#id)
    const body = sipfragBody(status, defaultReason(status))
    const outcome = {
      // 481, or no answer: "the notifier MUST remove the corresponding subscription" (RFC 6665 §4.2.2).
      onFinal: (response: SipResponse) => this.#done(final || response.status === 481),
      onFailed: () => this.#done(true),
    }
    sendInDialog(this.#context, this.#leg, 'NOTIFY', { headers, body, contentType: SIPFRAG_TYPE }, outcome)
  }

  #done(over: boolean): void {
    this.#busy = false
    if (over) {
      this.#over = true
      this.#patience?.cancel()
      this.#told.resolve()
    } else if (this.#last !== undefined) {
      this.#send(this.#last, true)
    } else if (this.#waiting !== undefined) {
      const status = this.#waiting
      this.#waiting = undefined
      this.#send(status, false)
    }
  }
}
