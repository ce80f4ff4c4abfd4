/** One phone's subscription to one state: at most one NOTIFY on its way, the latest state wins (RFC 6665 §4.2.2). */
import type { Timer } from '../base/clock.ts'
import { randomInteger } from '../base/random.ts'
import type { ExtensionId } from '../base/ids.ts'
import type { Dialog } from '../sip/dialog/dialog.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipResponse } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { EventPackage, StateWriter } from './event-packages.ts'
import type { SubscriptionLimits, SubscriptionServiceOptions, Watcher } from './options.ts'
import { eventHeader } from './subscribe-request.ts'

/** Why a subscription ends, as the last NOTIFY says it (§4.1.3). `gone`: the phone knows nothing of it, and is told nothing. */
export type EndReason = 'timeout' | 'noresource' | 'rejected' | 'probation' | 'gone'

export interface SubscriptionParts {
  readonly context: SubscriptionServiceOptions & { readonly limits: SubscriptionLimits }
  readonly watcher: Watcher
  readonly package: EventPackage
  readonly eventId: string | undefined
  readonly watchedId: ExtensionId
  readonly writer: StateWriter
  readonly dialog: Dialog
  readonly flow: Flow
  /** Called once, when it is over. */
  onEnd(subscription: Subscription): void
}

/** Answers that say that the phone has no such subscription, or never will take one (RFC 5057 §5.1); others pass. */
const ENDING: ReadonlySet<number> = new Set([404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604])

/** Milliseconds until a state that did not arrive is told again: doubled each time, and a little more, so that phones do not hear at once. */
const FIRST_RETRY_MS = 5_000
const LAST_RETRY_MS = 300_000

export class Subscription {
  readonly parts: SubscriptionParts
  flow: Flow
  #expiresAt = 0
  #expiry: Timer | undefined
  #pause: Timer | undefined
  /** Until what did not arrive is told again. */
  #again: Timer | undefined
  #failures = 0
  /** Monotonic time of the last NOTIFY. */
  #lastSent: number | undefined
  #onItsWay = false
  /** `changed`: where there is news, it is told; `asked`: the phone asked, and is told whatever there is. */
  #pending: 'nothing' | 'changed' | 'asked' = 'nothing'
  #over = false

  constructor(parts: SubscriptionParts) {
    this.parts = parts
    this.flow = parts.flow
  }

  get over(): boolean {
    return this.#over
  }

  /** It lasts `seconds` from now. 0: one last NOTIFY, with the state. */
  renew(seconds: number): void {
    const { clock, transport } = this.parts.context
    this.#expiry?.cancel()
    if (seconds === 0) return void this.end('timeout')
    this.#expiresAt = clock.monotonic() + seconds * 1_000
    this.#expiry = clock.schedule(seconds * 1_000, () => this.end('timeout'))
    transport.keepAlive(this.flow, seconds)
    this.#want('asked')
  }

  /** The state may have changed. */
  stateChanged(): void {
    if (this.#pending === 'nothing') this.#want('changed')
    else this.#sendWhenDue()
  }

  /** The phone is there again, perhaps elsewhere: it hears what it missed, after the answer to what it has just sent. */
  retry(): void {
    if (this.#pending !== 'nothing') this.#sendWhenDue('later')
  }

  /** Idempotent. */
  end(reason: EndReason, retryAfterSeconds?: number): void {
    if (this.#over) return
    this.#over = true
    this.#expiry?.cancel()
    this.#pause?.cancel()
    this.#again?.cancel()
    const retry = retryAfterSeconds === undefined ? '' : `;retry-after=${retryAfterSeconds}`
    const flow = reason === 'gone' ? undefined : this.#reachableFlow()
    // Who may watch no longer, or has nothing left to watch, is told that and no state.
    const state = reason === 'timeout' || reason === 'probation'
    if (flow !== undefined) this.#send(flow, `terminated;reason=${reason}${retry}`, state)
    this.parts.dialog.terminate()
    this.parts.onEnd(this)
  }

  #want(what: 'changed' | 'asked'): void {
    if (this.#over) return
    this.#pending = what
    this.#sendWhenDue()
  }

  #sendWhenDue(when: 'at once' | 'later' = 'at once'): void {
    if (this.#onItsWay || this.#pause !== undefined) return
    const { clock, limits } = this.parts.context
    const wait = this.#lastSent === undefined ? 0 : this.#lastSent + limits.notifyIntervalMs - clock.monotonic()
    if (wait <= 0 && when === 'at once') return void this.#sendPending()
    this.#pause = clock.schedule(Math.max(0, wait), () => {
      this.#pause = undefined
      this.#sendPending()
    })
  }

  #sendPending(): void {
    const { context, watcher, watchedId, writer } = this.parts
    if (this.#over || this.#pending === 'nothing') return
    // What was taken away since: the device that watches, or the one that is watched.
    if (context.directory.device(watcher.device.id) === undefined) return void this.end('rejected')
    if (context.directory.extension(watchedId) === undefined) return void this.end('noresource')
    if (this.#pending === 'changed' && !writer.changed()) {
      this.#pending = 'nothing'
      return
    }
    // Nowhere to be found: it is told when it registers again.
    const flow = this.#reachableFlow()
    if (flow === undefined) return
    this.#pending = 'nothing'
    const left = Math.max(0, Math.ceil((this.#expiresAt - context.clock.monotonic()) / 1_000))
    this.#send(flow, `active;expires=${left}`)
  }

  #send(flow: Flow, state: string, withBody = true): void {
    const {
      context,
      dialog,
      eventId,
      package: { name, contentType },
      writer,
    } = this.parts
    const headers: HeaderPair[] = [
      ['Event', eventHeader(name, eventId)],
      ['Subscription-State', state],
      ['Contact', context.contactFor(flow, dialog.secure)],
    ]
    this.#again?.cancel()
    this.#onItsWay = true
    this.#lastSent = context.clock.monotonic()
    const request = dialog.request('NOTIFY', { headers, ...(withBody ? { body: writer.write(), contentType } : {}) })
    context.transactions.send(request, flow, {
      onProvisional() {},
      onFinal: response => this.#answered(response),
      onTimeout: () => this.#unanswered(flow),
      onTransportError: () => this.#undelivered(),
    })
  }

  #answered(response: SipResponse): void {
    this.#onItsWay = false
    // "the notifier MUST remove the corresponding subscription" (§4.2.2).
    if (ENDING.has(response.status)) this.end('gone')
    else if (!this.#over) this.#answeredAndOn(response)
  }

  /** An answer that ends nothing (RFC 5057 §5.1) and is no 2xx says that the phone does not have this state. */
  #answeredAndOn({ status }: SipResponse): void {
    if (status < 300) this.#failures = 0
    else this.#later()
    if (this.#pending !== 'nothing') this.#sendWhenDue()
  }

  /** The connection may be half open, of a phone that is back by another: only where there is none is it gone (§4.2.2). */
  #unanswered(flow: Flow): void {
    this.#onItsWay = false
    const other = this.#over ? undefined : this.#registeredFlow(flow)
    if (other === undefined) return void this.end('gone')
    this.flow = other
    this.#want('asked')
  }

  /** Its connection broke: the state waits for the next one. Or we are overloaded: it waits for better times. */
  #undelivered(): void {
    this.#onItsWay = false
    if (this.#over) return
    this.#pending = 'asked'
    // Over the flow that has just failed it would fail again, at once.
    if (this.flow.open) this.#later()
    else this.#sendWhenDue()
  }

  #later(): void {
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 10))
    this.#again?.cancel()
    this.#again = this.parts.context.clock.schedule(wait + randomInteger(FIRST_RETRY_MS), () => this.#want('asked'))
  }

  /** Its own flow, or the one that its device has registered over since. */
  #reachableFlow(): Flow | undefined {
    if (this.flow.open) return this.flow
    const flow = this.#registeredFlow()
    if (flow !== undefined) this.flow = flow
    return flow
  }

  /** One that its device is registered over; what was encrypted stays so. */
  #registeredFlow(except?: Flow): Flow | undefined {
    const { context, watcher } = this.parts
    for (const binding of context.bindings.bindingsOf(watcher.extension.id)) {
      if (binding.deviceId !== watcher.device.id || binding.flowId === except?.id) continue
      const flow = context.transport.flow(binding.flowId)
      if (flow?.open === true && (flow.secure || !this.flow.secure)) return flow
    }
    return undefined
  }
}
