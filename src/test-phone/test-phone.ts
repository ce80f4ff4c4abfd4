/** A scriptable phone without a loudspeaker: registers, calls, answers, holds, transfers, and measures what it hears. */
import { buildResponse } from '../sip/message/build.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { ServerTransaction, TransactionUser } from '../sip/transaction/types.ts'
import type { PhoneCall } from './call.ts'
import { createPhoneEndpoint, type PhoneEndpoint } from './endpoint.ts'
import { ALLOW } from './in-call.ts'
import { type IncomingCall, takeCall } from './incoming-call.ts'
import type { TestPhoneOptions } from './options.ts'
import { type CallOptions, type OutgoingCall, placeCall } from './outgoing-call.ts'
import { createPhoneContext } from './phone-context.ts'
import { createRegistration, type RegistrationOutcome } from './registration.ts'

/** Calls at once; further ones are answered 486. */
const MAXIMUM_CALLS = 1000

export interface TestPhone {
  readonly username: string
  readonly endpoint: PhoneEndpoint
  /** The contact that it registers, once connected. */
  contact(): Promise<string>
  readonly calls: readonly PhoneCall[]
  /** `expires` in seconds, 600 by default; refreshed until `unregister` or `stop`. */
  register(expires?: number): Promise<RegistrationOutcome>
  unregister(): Promise<RegistrationOutcome>
  /** Calls an extension or a URI. */
  call(target: string, options?: CallOptions): PhoneCall
  /** Called for each call that comes in; it rings until the handler answers or rejects. Without a handler: 480. */
  onIncoming(handler: (call: PhoneCall) => void): void
  /** The next call that comes in; rejects after `timeoutMs`. */
  nextIncoming(timeoutMs?: number): Promise<PhoneCall>
  /** Loses its connection without a word; calls live on in the server only. */
  vanish(): void
  /** Forgets calls and closes what it owns, without a word to the other side. Idempotent. */
  stop(): Promise<void>
}

/** Nothing happens until `register` or `call`. Throws RangeError for a suite or codec that does not exist. */
export function createTestPhone(options: TestPhoneOptions): TestPhone {
  const owned = 'endpoint' in options ? undefined : createPhoneEndpoint(options)
  const endpoint = 'endpoint' in options ? options.endpoint : owned!
  const context = createPhoneContext(options, endpoint)
  const registration = createRegistration(context)
  const calls = new Map<string, OutgoingCall | IncomingCall>()
  let incoming: ((call: PhoneCall) => void) | undefined

  function inDialog(request: SipRequest): OutgoingCall | IncomingCall | undefined {
    return request.toTag === undefined ? undefined : calls.get(request.toTag)
  }

  function ring(request: SipRequest, transaction: ServerTransaction): void {
    if (incoming === undefined) return void transaction.respond(buildResponse(request, 480))
    if (calls.size >= MAXIMUM_CALLS) return void transaction.respond(buildResponse(request, 486))
    const call = takeCall(context, request, transaction, () => calls.delete(call.localTag))
    calls.set(call.localTag, call)
    incoming(call.handle)
  }

  const user: TransactionUser = {
    onRequest(request, transaction) {
      const call = inDialog(request)
      if (call?.inCall !== undefined) call.inCall.onRequest(request, transaction)
      else if (request.toTag !== undefined && request.method !== 'NOTIFY') {
        transaction.respond(buildResponse(request, 481))
      } else if (request.method === 'INVITE') ring(request, transaction)
      else if (request.method === 'OPTIONS' || request.method === 'NOTIFY') {
        transaction.respond(buildResponse(request, 200, undefined, { headers: [['Allow', ALLOW]] }))
      } else transaction.respond(buildResponse(request, 405, undefined, { headers: [['Allow', ALLOW]] }))
    },
    onCancel(invite, cancel) {
      for (const call of calls.values()) {
        if ('transaction' in call && call.transaction.id === invite.id) call.onCancel(cancel)
      }
    },
    onAck(ack) {
      const call = inDialog(ack)
      if (call === undefined) return
      if ('onAck' in call) call.onAck(ack)
      else call.inCall?.onAck(ack)
    },
    onServerTransactionFailed() {},
    onStrayResponse(response) {
      const call = response.fromTag === undefined ? undefined : calls.get(response.fromTag)
      if (call !== undefined && 'onStrayAnswer' in call) call.onStrayAnswer(response)
    },
  }
  const detach = endpoint.attach(context.contactUser, user)

  const phone: TestPhone = {
    username: options.username,
    endpoint,
    contact: async () => context.identity(await endpoint.connect()).contact,
    get calls() {
      return [...calls.values()].map(call => call.handle)
    },
    register: expires => registration.register(expires),
    unregister: () => registration.remove(),
    call(target, callOptions = {}) {
      const call = placeCall(context, target, callOptions, () => calls.delete(call.localTag))
      calls.set(call.localTag, call)
      return call.handle
    },
    onIncoming(handler) {
      incoming = handler
    },
    nextIncoming(timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const timer = endpoint.clock.schedule(timeoutMs, () => reject(new Error(`no call within ${timeoutMs} ms`)))
        phone.onIncoming(call => {
          timer.cancel()
          resolve(call)
        })
      })
    },
    vanish() {
      registration.stop()
      for (const call of calls.values()) call.handle.vanish()
      owned?.drop()
    },
    async stop() {
      registration.stop()
      for (const call of calls.values()) call.handle.vanish()
      detach()
      await owned?.stop()
    },
  }
  return phone
}
