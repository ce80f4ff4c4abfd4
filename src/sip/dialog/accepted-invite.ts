/** Repeats the 2xx to an INVITE until its ACK (RFC 3261 §13.3.1.4): over every transport, since the ACK comes end to end. */
import type { Clock, Timer } from '../../base/clock.ts'
import type { SipResponse } from '../message/types.ts'
import type { ServerTransaction } from '../transaction/types.ts'

export interface AcceptedInviteOptions {
  /** Of the INVITE; `respond` is called with the same response again and again. */
  readonly transaction: ServerTransaction
  readonly response: SipResponse
  readonly clock: Clock
  /** Milliseconds. Defaults 500 and 4,000. */
  readonly T1?: number | undefined
  readonly T2?: number | undefined
  /** No ACK within 64*T1: "the session SHOULD be terminated", with a BYE. */
  readonly onNoAck: () => void
}

export interface AcceptedInvite {
  readonly acknowledged: boolean
  /** The ACK for this INVITE's CSeq number came. Idempotent. */
  onAck(): void
  /** Ends without a word. Idempotent. */
  stop(): void
}

/** Sends the 2xx, and starts to wait for its ACK. */
export function acceptInvite(options: AcceptedInviteOptions): AcceptedInvite {
  const { transaction, response, clock, T1 = 500, T2 = 4_000, onNoAck } = options
  let acknowledged = false
  let interval = T1
  let repeat: Timer | undefined
  const deadline = clock.schedule(64 * T1, () => {
    stop()
    onNoAck()
  })

  function scheduleRepeat(): void {
    repeat = clock.schedule(interval, () => {
      transaction.respond(response)
      interval = Math.min(interval * 2, T2)
      scheduleRepeat()
    })
  }

  function stop(): void {
    repeat?.cancel()
    deadline.cancel()
  }

  transaction.respond(response)
  scheduleRepeat()
  return {
    get acknowledged() {
      return acknowledged
    },
    onAck() {
      acknowledged = true
      stop()
      transaction.confirmed()
    },
    stop,
  }
}
