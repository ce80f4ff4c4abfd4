/** What a notifier is given, and its bounds. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Device, DirectoryReader, Extension, Organisation } from '../directory/types.ts'
import type { EventBus } from '../events/bus.ts'
import type { BindingLookup } from '../registrar/types.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { TransactionLayer } from '../sip/transaction/types.ts'
import type { Flow, Transport } from '../sip/transport/types.ts'
import type { DialogSource, MailboxSource } from './types.ts'

export interface Fault {
  readonly status: number
  readonly headers?: readonly HeaderPair[] | undefined
  readonly toTag?: string | undefined
}

/** Who watches: the device that has proved itself, and whose it is. */
export interface Watcher {
  readonly device: Device
  readonly extension: Extension
  readonly organisation: Organisation
}

export type Identified =
  | { readonly kind: 'known'; readonly caller: Watcher }
  /** Not known, or not allowed: `fault` is the answer, of which nothing is kept. */
  | { readonly kind: 'challenged' | 'refused'; readonly fault: Fault }

export interface SubscriptionLimits {
  /** Subscriptions of one device. Default 200. */
  readonly perDevice: number
  /** Subscriptions of one device to the same state; a newer one takes the place of the oldest. Default 4. */
  readonly alike: number
  /** Subscriptions in all. Default 20,000. */
  readonly maximum: number
  /** Seconds that a subscription lasts at least and at most. Default 60 and 3,600. */
  readonly minimumExpires: number
  readonly maximumExpires: number
  /** Milliseconds between two NOTIFYs of a subscription. Default 250. */
  readonly notifyIntervalMs: number
}

export const DEFAULT_LIMITS: SubscriptionLimits = {
  perDevice: 200,
  alike: 4,
  maximum: 20_000,
  minimumExpires: 60,
  maximumExpires: 3_600,
  notifyIntervalMs: 250,
}

export interface SubscriptionServiceOptions {
  readonly clock: Clock
  readonly transactions: Pick<TransactionLayer, 'send'>
  readonly transport: Pick<Transport, 'flow' | 'keepAlive'>
  readonly directory: DirectoryReader
  readonly bindings: BindingLookup
  readonly dialogs: DialogSource
  readonly mailboxes: MailboxSource
  /** `inDialog`: the organisation of the subscription that the request says it belongs to. */
  readonly identify: (request: SipRequest, flow: Flow, inDialog?: Organisation) => Identified
  /** The To tag of an answer of which nothing is kept: the same each time (RFC 3261 §8.2.7). */
  readonly strangerTag: (request: SipRequest) => string
  /** Registrations, and what is taken out of the directory, are heard here. */
  readonly events: Pick<EventBus, 'subscribe'>
  readonly logger: Logger
  readonly limits?: Partial<SubscriptionLimits> | undefined
  /** The value of our Contact on a flow. */
  readonly contactFor: (flow: Flow, secure: boolean) => string
}

/** Throws RangeError on a bound that is none. */
export function limitsOf(given: Partial<SubscriptionLimits> = {}): SubscriptionLimits {
  const limits = { ...DEFAULT_LIMITS, ...given }
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer`)
  }
  if (limits.minimumExpires > limits.maximumExpires) throw new RangeError('minimumExpires is above maximumExpires')
  return limits
}
