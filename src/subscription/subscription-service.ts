/** A notifier (RFC 6665): phones subscribe to lamps and waiting messages, and hear of every change while they are allowed to. */
import { randomInteger, randomToken } from '../base/random.ts'
import type { ExtensionId } from '../base/ids.ts'
import { createUasDialog } from '../sip/dialog/dialog.ts'
import { dialogIdOfRequest } from '../sip/dialog/dialog-id.ts'
import { buildResponse, type HeaderPair } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { ServerTransaction } from '../sip/transaction/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { type EventPackage, eventPackages } from './event-packages.ts'
import {
  type Fault,
  limitsOf,
  type SubscriptionLimits,
  type SubscriptionServiceOptions,
  type Watcher,
} from './options.ts'
import { eventOf, grantedExpires, missingContact, unacceptableBody, unknownRequirement } from './subscribe-request.ts'
import { Subscription } from './subscription.ts'
import { SubscriptionTable } from './subscription-table.ts'

export interface SubscriptionService {
  /** A SUBSCRIBE outside a dialog, and every request of a dialog that `owns` says is ours. */
  onSubscribe(request: SipRequest, transaction: ServerTransaction): void
  /** A request within the dialog of a subscription. */
  owns(request: SipRequest): boolean
  /** Subscriptions that live. */
  readonly count: number
  /** Tells every phone that it may come back later. Idempotent. */
  stop(): void
}

/** Throws RangeError on limits out of range. */
export function createSubscriptionService(options: SubscriptionServiceOptions): SubscriptionService {
  return new Service(options)
}

interface Asked {
  readonly eventPackage: EventPackage
  readonly eventId: string | undefined
  readonly expires: number
}

/** Seconds after which phones come back, chosen for each, so that they do not come at once. */
const RETRY_FIRST_SECONDS = 5
const RETRY_SPREAD_SECONDS = 30
const OVERLOADED: readonly HeaderPair[] = [['Retry-After', '60']]

class Service implements SubscriptionService {
  readonly #context: SubscriptionServiceOptions & { readonly limits: SubscriptionLimits }
  readonly #packages: ReadonlyMap<string, EventPackage>
  readonly #table: SubscriptionTable
  readonly #unsubscribe: () => void
  #stopped = false

  constructor(options: SubscriptionServiceOptions) {
    const limits = limitsOf(options.limits)
    this.#context = { ...options, limits }
    this.#packages = eventPackages(options)
    this.#table = new SubscriptionTable(limits)
    options.dialogs.onDialogsChanged(id => this.#changed('dialog', id))
    options.mailboxes.onMailboxChanged(id => this.#changed('message-summary', id))
    this.#unsubscribe = options.events.subscribe(event => {
      if (event.type === 'registration.accepted') this.#registered(event.data.username)
      if (event.type === 'directory.device-removed' || event.type === 'directory.extension-removed') this.#sweep()
    })
  }

  get count(): number {
    return this.#table.size
  }

  owns(request: SipRequest): boolean {
    return request.toTag !== undefined && this.#table.get(dialogIdOfRequest(request)) !== undefined
  }

  onSubscribe(request: SipRequest, transaction: ServerTransaction): void {
    const subscription = request.toTag === undefined ? undefined : this.#table.get(dialogIdOfRequest(request))
    if (subscription !== undefined) return void this.#inDialog(subscription, transaction)
    // A dialog of ours that is over, or never was (§4.2.1): the phone subscribes anew.
    if (request.toTag !== undefined) return void refuse(transaction, { status: 481 })
    // Cheap ones first: what cannot be asked for here costs no digest.
    const asked = this.#asked(request)
    if ('status' in asked) {
      return void refuseStranger(transaction, { ...asked, toTag: this.#context.strangerTag(request) })
    }
    const identified = this.#context.identify(request, transaction.flow)
    if (identified.kind !== 'known') return void refuseStranger(transaction, identified.fault)
    const fault = this.#subscribe(identified.caller, asked, transaction)
    if (fault !== undefined) refuse(transaction, fault)
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#unsubscribe()
    for (const subscription of this.#table.all()) {
      subscription.end('probation', RETRY_FIRST_SECONDS + randomInteger(RETRY_SPREAD_SECONDS))
    }
  }

  #subscribe(
    watcher: Watcher,
    { eventPackage, eventId, expires }: Asked,
    transaction: ServerTransaction,
  ): Fault | undefined {
    const { request, flow } = transaction
    if (this.#stopped) return { status: 503, headers: OVERLOADED }
    const watched = this.#watched(request, watcher, eventPackage)
    if (watched === undefined) return { status: 404 }
    const room = this.#table.roomFor(watcher.device.id, eventPackage.name, watched.id)
    if (room === 'device-full' || room === 'full') {
      this.#context.logger.debug({ username: watcher.device.username, room }, 'a subscription was refused')
      return room === 'full' ? { status: 503, headers: OVERLOADED } : { status: 403 }
    }
    // Not `deactivated`: a phone that has more of them than it may would come back at once, and again.
    if (room !== 'room') room.end('rejected')
    const toTag = randomToken(9)
    const secure = request.requestUri.kind === 'sip' && request.requestUri.scheme === 'sips'
    const dialog = createUasDialog(request, toTag, { localContact: this.#context.contactFor(flow, secure), flow })
    const subscription = new Subscription({
      context: this.#context,
      watcher,
      package: eventPackage,
      eventId,
      watchedId: watched.id,
      writer: eventPackage.writer(watched, watcher),
      dialog,
      flow,
      onEnd: ended => this.#table.remove(ended),
    })
    this.#table.add(subscription)
    this.#accept(subscription, transaction, expires, toTag)
    return undefined
  }

  /** 200, and a NOTIFY at once, whatever there is to say (§4.2.1.2). */
  #accept(subscription: Subscription, transaction: ServerTransaction, expires: number, toTag?: string): void {
    const { dialog } = subscription.parts
    const headers: HeaderPair[] = [
      ['Contact', this.#context.contactFor(transaction.flow, dialog.secure)],
      ['Expires', String(expires)],
      ['Allow-Events', [...this.#packages.keys()].join(', ')],
    ]
    const response = buildResponse(transaction.request, 200, undefined, { toTag, headers })
    dialog.confirm(response)
    transaction.respond(response)
    subscription.renew(expires)
  }

  #asked(request: SipRequest): Fault | Asked {
    const requirement = unknownRequirement(request)
    if (requirement !== undefined) return requirement
    const event = eventOf(request)
    if (event === undefined && request.header('Event') !== undefined) return { status: 400 }
    const eventPackage = this.#packages.get(event?.name ?? '')
    if (event === undefined || eventPackage === undefined) {
      return { status: 489, headers: [['Allow-Events', [...this.#packages.keys()].join(', ')]] }
    }
    // One dialog of many (RFC 4235 §3.2): its Call-ID and tags are nobody's to name, for we are between the two ends.
    if (event.oneDialog) return { status: 481 }
    const fault = missingContact(request) ?? unacceptableBody(request, eventPackage)
    if (fault !== undefined) return fault
    const expires = grantedExpires(request, this.#context.limits)
    return typeof expires === 'number' ? { eventPackage, eventId: event.id, expires } : expires
  }

  /** Within the watcher's own organisation, whatever host a phone writes that knows us by address. */
  #watched(request: SipRequest, watcher: Watcher, eventPackage: EventPackage) {
    const { requestUri } = request
    if (requestUri.kind !== 'sip' || requestUri.user === undefined) return undefined
    const named = this.#context.directory.organisationByDomain(requestUri.host)
    if (named !== undefined && named.id !== watcher.organisation.id) return undefined
    return eventPackage.watched(requestUri.user, watcher)
  }

  #inDialog(subscription: Subscription, transaction: ServerTransaction): void {
    const { request, flow } = transaction
    const { dialog, eventId, package: eventPackage } = subscription.parts
    const distrust = this.#distrust(subscription, request, flow)
    if (distrust !== undefined) return void refuseStranger(transaction, distrust)
    if (dialog.accept(request) === 'out-of-order') {
      return void refuse(transaction, { status: 500, headers: [['Retry-After', String(randomInteger(11))]] })
    }
    // We subscribe to nothing (§4.1.3); the dialog serves nothing but its subscription.
    if (request.method === 'NOTIFY') return void refuse(transaction, { status: 481 })
    if (request.method !== 'SUBSCRIBE')
      return void refuse(transaction, { status: 405, headers: [['Allow', 'SUBSCRIBE']] })
    const asked = this.#asked(request)
    if ('status' in asked) return void refuse(transaction, asked)
    // A refresh names the same package and id (§8.2.1); a dialog has one subscription here.
    if (asked.eventPackage !== eventPackage || asked.eventId !== eventId)
      return void refuse(transaction, { status: 481 })
    if (flow.id !== subscription.flow.id) subscription.flow = flow
    dialog.updateTarget(request)
    this.#accept(subscription, transaction, asked.expires)
  }

  /** Knowing the tags is not enough: it is the phone's own flow, one that it is registered over, or it proves itself. */
  #distrust({ flow: own, parts: { watcher } }: Subscription, request: SipRequest, flow: Flow): Fault | undefined {
    const { bindings, directory, identify } = this.#context
    if (directory.device(watcher.device.id) === undefined) return { status: 403 }
    if (own.secure && !flow.secure) return { status: 403 }
    if (flow.id === own.id || bindings.isRegisteredFlow(flow.id, watcher.device.id)) return undefined
    const identified = identify(request, flow, watcher.organisation)
    if (identified.kind !== 'known') return identified.fault
    return identified.caller.device.id === watcher.device.id ? undefined : { status: 403 }
  }

  #changed(packageName: string, watchedId: ExtensionId): void {
    for (const subscription of this.#table.watching(packageName, watchedId)) subscription.stateChanged()
  }

  #registered(username: string): void {
    const device = this.#context.directory.deviceByUsername(username)
    if (device === undefined) return
    for (const subscription of this.#table.ofDevice(device.id)) subscription.retry()
  }

  /** Something was removed: rare, so all are looked through. */
  #sweep(): void {
    const { directory } = this.#context
    for (const subscription of this.#table.all()) {
      const { watcher, watchedId } = subscription.parts
      if (directory.device(watcher.device.id) === undefined) subscription.end('rejected')
      else if (directory.extension(watchedId) === undefined) subscription.end('noresource')
    }
  }
}

function refuse(transaction: ServerTransaction, fault: Fault): void {
  transaction.respond(refusal(transaction.request, fault))
}

/** Nothing is kept of who has proved nothing (RFC 3261 §8.2.7). */
function refuseStranger(transaction: ServerTransaction, fault: Fault): void {
  transaction.respondOnce(refusal(transaction.request, fault))
}

function refusal(request: SipRequest, { status, headers, toTag }: Fault) {
  const tag = request.toTag === undefined ? (toTag ?? randomToken(9)) : undefined
  return buildResponse(request, status, undefined, { toTag: tag, headers })
}
