/** Reliable provisional responses (RFC 3262): the sender, which repeats until PRACK, and the receiver, which keeps their order. */
import type { Clock, Timer } from '../../base/clock.ts'
import { randomInteger } from '../../base/random.ts'
import { withHeader } from '../message/change.ts'
import { parseCSeq } from '../message/headers.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'

/** RAck: `response-number CSeq-number method` (§7.2). */
export interface RAck {
  readonly rseq: number
  readonly cseq: number
  readonly method: string
}

export function parseRAck(value: string): RAck | undefined {
  const match = /^(\d{1,10})[ \t]+(\S.*)$/.exec(value.trim())
  const cseq = match === null ? undefined : parseCSeq(match[2]!)
  const rseq = Number(match?.[1])
  if (cseq === undefined || rseq < 1 || rseq > 0xffff_ffff) return undefined
  return { rseq, cseq: cseq.number, method: cseq.method }
}

export function rseqOf(response: SipResponse): number | undefined {
  const value = response.header('RSeq')
  if (value === undefined || !/^\d{1,10}$/.test(value)) return undefined
  const number = Number(value)
  return number >= 1 && number <= 0xffff_ffff ? number : undefined
}

/** True for a provisional response that has to be acknowledged with PRACK (§4): more than 100, `Require: 100rel` and RSeq. */
export function isReliable(response: SipResponse): boolean {
  if (response.status <= 100 || response.status >= 200 || rseqOf(response) === undefined) return false
  return response.headerValues('Require').some(tag => tag.toLowerCase() === '100rel')
}

/** The RAck value for a PRACK of `response`. */
export function rackFor(response: SipResponse): string {
  return `${rseqOf(response) ?? 0} ${response.cseq.number} ${response.cseq.method}`
}

/** At most so many wait behind the one that is not acknowledged yet. */
const MAXIMUM_WAITING = 16
/** "between 1 and 2**31 - 1" (§3). Room is left above. */
const HIGHEST_FIRST_RSEQ = 0x4000_0000

export interface ReliableProvisionalsOptions {
  readonly clock: Clock
  readonly send: (response: SipResponse) => void
  /** Milliseconds. Default 500. */
  readonly T1?: number | undefined
  /** No PRACK within 64*T1: "the UAS SHOULD reject the original request with a 5xx response" (§3). */
  readonly onNoPrack: () => void
}

export interface ReliableProvisionals {
  /** Sends a provisional response reliably, after those before it were acknowledged. False when too many wait. */
  send(response: SipResponse): boolean
  /** Takes a PRACK: `matched` is answered 200, `unknown` 481 (§3). */
  onPrack(prack: SipRequest): 'matched' | 'unknown'
  /** All that was sent was acknowledged: a final 2xx with an answer in it may be sent (§3). */
  readonly settled: boolean
  /** A final response was sent, or the call ended. Idempotent. */
  stop(): void
}

/** For one INVITE that said `Supported` or `Require: 100rel`. */
export function createReliableProvisionals(options: ReliableProvisionalsOptions): ReliableProvisionals {
  const { clock, send, T1 = 500, onNoPrack } = options
  const waiting: SipResponse[] = []
  let rseq = randomInteger(HIGHEST_FIRST_RSEQ)
  let pending: SipResponse | undefined
  let repeat: Timer | undefined
  let deadline: Timer | undefined

  function transmit(response: SipResponse): void {
    rseq++
    const required = [...response.headerValues('Require').filter(tag => tag.toLowerCase() !== '100rel'), '100rel']
    pending = withHeader(withHeader(response, 'Require', required.join(', ')), 'RSeq', String(rseq))
    send(pending)
    deadline = clock.schedule(64 * T1, () => {
      stop()
      onNoPrack()
    })
    scheduleRepeat(T1)
  }

  /** "retransmitted … with an exponential backoff": without the bound T2 that final responses have (§3). */
  function scheduleRepeat(interval: number): void {
    repeat = clock.schedule(interval, () => {
      if (pending === undefined) return
      send(pending)
      scheduleRepeat(interval * 2)
    })
  }

  function cancelTimers(): void {
    repeat?.cancel()
    deadline?.cancel()
  }

  function stop(): void {
    cancelTimers()
    pending = undefined
    waiting.length = 0
  }

  return {
    send(response) {
      if (pending === undefined) transmit(response)
      else if (waiting.length < MAXIMUM_WAITING) waiting.push(response)
      else return false
      return true
    },
    onPrack(prack) {
      const rack = parseRAck(prack.header('RAck') ?? '')
      if (pending === undefined || rack === undefined || rack.rseq !== rseq) return 'unknown'
      if (rack.cseq !== pending.cseq.number || rack.method !== pending.cseq.method) return 'unknown'
      cancelTimers()
      pending = undefined
      const next = waiting.shift()
      if (next !== undefined) transmit(next)
      return 'matched'
    },
    get settled() {
      return pending === undefined
    },
    stop,
  }
}

/** `deliver` it and send PRACK; drop a `retransmission` or one behind a `gap` (§4); `unreliable` ones have no order. */
export type ProvisionalVerdict = 'deliver' | 'retransmission' | 'gap' | 'unreliable'

export interface ProvisionalReceiver {
  judge(response: SipResponse): ProvisionalVerdict
}

/** For one dialog that our INVITE made: each fork counts by itself (§4). */
export function createProvisionalReceiver(): ProvisionalReceiver {
  let last: number | undefined
  return {
    judge(response) {
      const rseq = rseqOf(response)
      if (rseq === undefined || !isReliable(response)) return 'unreliable'
      if (last !== undefined && rseq <= last) return 'retransmission'
      // "MUST NOT be acknowledged with PRACK, and MUST NOT be processed" while one before it is missing (§4).
      if (last !== undefined && rseq !== last + 1) return 'gap'
      last = rseq
      return 'deliver'
    },
  }
}
