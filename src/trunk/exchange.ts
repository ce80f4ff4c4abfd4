/** One request of our own to a trunk, and the proof that it asks for: REGISTER and OPTIONS. */
import type { Clock } from '../base/clock.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import { safeForLog } from '../sip/message/text.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { ClientTransaction, TransactionLayer } from '../sip/transaction/types.ts'
import type { Flow } from '../sip/transport/types.ts'

export type ExchangeOutcome =
  | {
      readonly kind: 'answered'
      readonly request: SipRequest
      readonly response: SipResponse
      /** Milliseconds of the last round trip. */
      readonly roundTrip: number
      /** A challenge came that was not answered. */
      readonly unproven: boolean
    }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'failed'; readonly detail: string }

export interface ExchangeParts {
  readonly clock: Clock
  readonly transactions: Pick<TransactionLayer, 'send'>
  readonly flow: Flow
  /** Called for each attempt: with the next CSeq number, and with the proofs so far. */
  readonly build: (proofs: readonly HeaderPair[]) => SipRequest
  readonly answer: (request: SipRequest, response: SipResponse) => HeaderPair | undefined
  /** For each answer. */
  readonly answerMs: number
}

/** A challenge, one of a proxy beside it, and a nonce that grew old meanwhile. */
const MAXIMUM_ROUNDS = 4

export interface Exchange {
  /** Never rejects. */
  readonly outcome: Promise<ExchangeOutcome>
  /** Forgets it; `outcome` says failed. */
  abandon(): void
}

export function startExchange(parts: ExchangeParts): Exchange {
  const { clock, transactions, flow } = parts
  const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
  let current: ClientTransaction | undefined
  let over = false

  function finish(outcome: ExchangeOutcome): void {
    over = true
    resolve(outcome)
  }

  function round(number: number, proofs: readonly HeaderPair[]): void {
    const request = parts.build(proofs)
    const startedAt = clock.monotonic()
    const timer = clock.schedule(parts.answerMs, () => {
      current?.abandon()
      finish({ kind: 'timeout' })
    })
    current = transactions.send(request, flow, {
      onProvisional() {},
      onFinal(response, transaction) {
        timer.cancel()
        if (over) return
        const roundTrip = Math.round(clock.monotonic() - startedAt)
        const challenged = response.status === 401 || response.status === 407
        const proof = challenged ? parts.answer(transaction.request, response) : undefined
        if (proof === undefined || number >= MAXIMUM_ROUNDS) {
          finish({ kind: 'answered', request, response, roundTrip, unproven: challenged && proofs.length === 0 })
        } else {
          round(number + 1, [...proofs.filter(([name]) => name !== proof[0]), proof])
        }
      },
      onTimeout() {
        timer.cancel()
        finish({ kind: 'timeout' })
      },
      onTransportError(error) {
        timer.cancel()
        finish({ kind: 'failed', detail: safeForLog(error.message, 200) })
      },
    })
  }

  round(1, [])
  return {
    outcome: promise,
    abandon() {
      if (over) return
      current?.abandon()
      finish({ kind: 'failed', detail: 'given up' })
    },
  }
}
