/** A request and its final response, with one answer to a digest challenge in between (RFC 3261 §22). */
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { ClientTransaction, TransactionLayer } from '../sip/transaction/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { Credentials } from './credentials.ts'

export type ExchangeOutcome =
  | {
      readonly kind: 'response'
      readonly request: SipRequest
      readonly response: SipResponse
      /** Digest algorithm that the request was authenticated with, if it was. */
      readonly algorithm: string | undefined
    }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable'; readonly detail: string }

export interface ExchangeOptions {
  readonly transactions: TransactionLayer
  readonly flow: Flow
  readonly credentials: Credentials
  /** CSeq number of the first request; a repeated one has the next. */
  readonly sequence: number
  /** Method and Request-URI, where the nonce of an earlier challenge may be used at once. */
  readonly remembered?: readonly [method: string, uri: string]
  /** Builds the request anew for each attempt. */
  build(sequence: number, authorization: readonly HeaderPair[]): SipRequest
  readonly onProvisional?: (response: SipResponse, request: SipRequest) => void
  /** A further 2xx to an INVITE, after the first. */
  readonly onRepeatedAnswer?: (response: SipResponse, request: SipRequest) => void
}

export interface Exchange {
  readonly outcome: Promise<ExchangeOutcome>
  /** CSeq number used last. */
  readonly sequence: number
  cancel(): void
  abandon(): void
}

/** How often a challenge is answered: once, and once more when the nonce was stale (RFC 7616 §3.3). */
const MAXIMUM_ANSWERS = 2

export function startExchange(options: ExchangeOptions): Exchange {
  const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
  let sequence = options.sequence
  let transaction: ClientTransaction | undefined
  let answers = 0
  let algorithm: string | undefined
  let cancelled = false
  let answered = false

  const attempt = (authorization: readonly HeaderPair[]): void => {
    const request = options.build(sequence, authorization)
    transaction = options.transactions.send(request, options.flow, {
      onProvisional: response => options.onProvisional?.(response, request),
      onFinal(response) {
        if (answered) options.onRepeatedAnswer?.(response, request)
        else if (!answerChallenge(response, request)) {
          answered = true
          resolve({ kind: 'response', request, response, algorithm })
        }
      },
      onTimeout: () => resolve({ kind: 'timeout' }),
      onTransportError: error => resolve({ kind: 'unreachable', detail: error.message }),
    })
  }
  const answerChallenge = (response: SipResponse, request: SipRequest): boolean => {
    if ((response.status !== 401 && response.status !== 407) || cancelled) return false
    if (answers >= MAXIMUM_ANSWERS || (answers > 0 && !isStale(response))) return false
    // A remembered nonce that is not taken any more is no failure; a fresh one that is not taken is.
    const answer = options.credentials.answer(response, request)
    if (answer === undefined) return false
    answers++
    algorithm = answer.algorithm
    sequence++
    attempt(answer.headers)
    return true
  }

  const remembered =
    options.remembered === undefined ? undefined : options.credentials.remembered(...options.remembered)
  algorithm = remembered?.algorithm
  attempt(remembered?.headers ?? [])
  return {
    outcome: promise,
    get sequence() {
      return sequence
    },
    cancel() {
      cancelled = true
      transaction?.cancel()
    },
    abandon() {
      transaction?.abandon()
      resolve({ kind: 'unreachable', detail: 'abandoned' })
    },
  }
}

function isStale(response: SipResponse): boolean {
  const challenges = [...response.headerValues('WWW-Authenticate'), ...response.headerValues('Proxy-Authenticate')]
  return challenges.some(value => /\bstale\s*=\s*"?true/i.test(value))
}
