/** REGISTER: binding the phone's contact, refreshing it, and taking it away (RFC 3261 §10, RFC 5626). */
import type { Timer } from '../base/clock.ts'
import { randomHex } from '../base/random.ts'
import { buildRequest } from '../sip/message/build.ts'
import type { SipResponse } from '../sip/message/types.ts'
import { type ExchangeOutcome, startExchange } from './exchange.ts'
import type { PhoneContext } from './phone-context.ts'

export type RegistrationOutcome =
  | { readonly ok: true; readonly expires: number; readonly algorithm: string | undefined }
  | { readonly ok: false; readonly status: number; readonly reason: string }

export interface Registration {
  /** `expires` in seconds. Refreshed by itself until `remove` or `stop`. */
  register(expires?: number): Promise<RegistrationOutcome>
  remove(): Promise<RegistrationOutcome>
  /** Ends the refreshing; the binding is left to expire. */
  stop(): void
}

export function createRegistration(context: PhoneContext): Registration {
  const callId = randomHex(12)
  const fromTag = randomHex(6)
  let sequence = 1
  let refresh: Timer | undefined
  let outbound = true

  async function send(expires: number): Promise<RegistrationOutcome> {
    const outcome = await attempt(expires)
    // RFC 5626 §4.2.1: a first hop without outbound support; once more without it.
    if (outcome.ok || outcome.status !== 439 || !outbound) return outcome
    outbound = false
    return attempt(expires)
  }

  async function attempt(expires: number): Promise<RegistrationOutcome> {
    let flow: Awaited<ReturnType<PhoneContext['endpoint']['connect']>>
    try {
      flow = await context.endpoint.connect()
    } catch (error) {
      return { ok: false, status: 503, reason: (error as Error).message }
    }
    const identity = context.identity(flow)
    const exchange = startExchange({
      transactions: context.endpoint.transactions,
      flow,
      credentials: context.credentials,
      sequence,
      remembered: ['REGISTER', `sip:${context.options.domain}`],
      build: (number, authorization) =>
        buildRequest({
          method: 'REGISTER',
          uri: `sip:${context.options.domain}`,
          headers: [
            ['Max-Forwards', '70'],
            ['From', `${identity.from};tag=${fromTag}`],
            ['To', identity.from],
            ['Call-ID', callId],
            ['CSeq', `${number} REGISTER`],
            [
              'Contact',
              `${identity.contact};+sip.instance="<urn:uuid:${context.instanceId}>"${outbound ? ';reg-id=1' : ''}`,
            ],
            ['Expires', String(expires)],
            ['Supported', outbound ? 'path, outbound' : 'path'],
            ['User-Agent', context.userAgent],
            ...authorization,
          ],
        }),
    })
    const outcome = await exchange.outcome
    sequence = exchange.sequence + 1
    return outcomeOf(outcome, context.contactUser)
  }

  const schedule = (expires: number, wished: number): void => {
    refresh?.cancel()
    refresh = context.endpoint.clock.schedule(expires * 900, () => void registration.register(wished))
  }

  const registration: Registration = {
    async register(expires = 600) {
      const outcome = await send(expires)
      if (outcome.ok && outcome.expires > 0) schedule(outcome.expires, expires)
      return outcome
    },
    remove() {
      refresh?.cancel()
      return send(0)
    },
    stop: () => refresh?.cancel(),
  }
  return registration
}

function outcomeOf(outcome: ExchangeOutcome, contactUser: string): RegistrationOutcome {
  if (outcome.kind === 'timeout') return { ok: false, status: 408, reason: 'no answer' }
  if (outcome.kind === 'unreachable') return { ok: false, status: 503, reason: outcome.detail }
  const { response, algorithm } = outcome
  if (response.status >= 300) return { ok: false, status: response.status, reason: response.reason }
  return { ok: true, expires: grantedExpiry(response, contactUser), algorithm }
}

/** The expiry of our own binding: its `expires` parameter, else the Expires header (RFC 3261 §10.2.4). */
function grantedExpiry(response: SipResponse, contactUser: string): number {
  const { contacts } = response
  if (contacts === '*') return 0
  const own = contacts.find(({ uri }) => uri.kind === 'sip' && uri.user === contactUser)
  if (own === undefined) return 0
  return Number(own.parameters.get('expires') ?? response.header('Expires') ?? 0)
}
