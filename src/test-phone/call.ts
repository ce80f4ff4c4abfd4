/** A call as the one who scripts a phone sees it, and how far it has come. */
import type { AudioStatistics } from './audio-statistics.ts'
import type { ToneMeasurement } from './tone.ts'

export type CallState = 'calling' | 'ringing' | 'answered' | 'ended'

export type CallOutcome =
  | { readonly ok: true; readonly setupMs: number }
  | {
      readonly ok: false
      readonly status: number
      readonly reason: string
      /** Text of a Warning header, where one came (RFC 3261 §20.43). */
      readonly warning: string | undefined
      /** Seconds of a Retry-After header, where one came. */
      readonly retryAfter?: number
    }

export interface CallEnding {
  readonly by: 'us' | 'them' | 'network'
  /** Value of a Reason header in their BYE or CANCEL (RFC 3326), or what went wrong. */
  readonly reason: string | undefined
}

export interface TransferOutcome {
  /** Of the REFER itself. */
  readonly status: number
  /** Of the call that it made, as the last NOTIFY told it; undefined when none came. */
  readonly finalStatus: number | undefined
}

export interface PhoneCall {
  readonly direction: 'outgoing' | 'incoming'
  readonly callId: string
  readonly state: CallState
  /** URI of the other side as this phone sees it: what was dialled, or From. */
  readonly remoteUri: string
  readonly remoteName: string | undefined
  /** Resolves when the other side rings, or when the outcome is known. */
  readonly ringing: Promise<void>
  readonly outcome: Promise<CallOutcome>
  readonly ended: Promise<CallEnding>
  /** SRTP suite agreed on, undefined before or for plain RTP. */
  readonly suite: string | undefined
  /** Where the other side takes our audio, once agreed. */
  readonly remoteAudio: { readonly address: string; readonly port: number } | undefined
  /** True while the other side has us on hold. */
  readonly held: boolean
  /** Digits received so far, by telephone event or INFO. */
  readonly digits: string
  /** Incoming: rings with 183 and audio before the answer. */
  progress(): Promise<void>
  /** Incoming: 200. Resolves when it is sent; throws when the offer cannot be answered (488 was sent). */
  answer(): Promise<void>
  /** Incoming: a final refusal, 486 by default. */
  reject(status?: number): void
  /** CANCEL, BYE, or a refusal, whichever fits. Resolves when the other side has confirmed or the time is over. */
  hangup(): Promise<void>
  /** Final status of the re-INVITE. */
  hold(): Promise<number>
  resume(): Promise<number>
  /** Blind transfer to an extension or URI (RFC 3515). */
  transfer(target: string): Promise<TransferOutcome>
  /** Attended: the other side of this call is to replace us in `consultation` (RFC 3891). */
  transferTo(consultation: PhoneCall): Promise<TransferOutcome>
  /** Telephone events in RTP (RFC 4733). */
  sendDigits(digits: string): void
  /** One digit by INFO (application/dtmf-relay). Final status. */
  sendDigitByInfo(digit: string): Promise<number>
  /** A request of any method within the dialog; final status, 408 when none came. */
  request(method: string, headers?: readonly (readonly [string, string])[]): Promise<number>
  /** Speaks a tone of whole hertz from now on; undefined: silence. */
  speak(frequency: number | undefined): void
  /** Speaks a tone for a while, then falls silent. */
  sendTone(frequency: number, milliseconds: number): Promise<void>
  measureTone(frequency: number, milliseconds: number): Promise<ToneMeasurement>
  statistics(): AudioStatistics
  /** Stops audio and forgets the call without a word: a phone that lost its power. */
  vanish(): void
}

/** The promises behind a call; each is settled once. */
export interface CallProgress {
  readonly state: CallState
  readonly ringing: Promise<void>
  readonly outcome: Promise<CallOutcome>
  readonly ended: Promise<CallEnding>
  rang(): void
  answered(setupMs: number): void
  failed(status: number, reason: string, warning?: string, retryAfter?: number): void
  end(ending: CallEnding): void
}

export function createCallProgress(onEnd: () => void): CallProgress {
  const ringing = Promise.withResolvers<void>()
  const outcome = Promise.withResolvers<CallOutcome>()
  const ended = Promise.withResolvers<CallEnding>()
  let state: CallState = 'calling'
  const end = (ending: CallEnding): void => {
    if (state === 'ended') return
    state = 'ended'
    ringing.resolve()
    ended.resolve(ending)
    onEnd()
  }
  return {
    get state() {
      return state
    },
    ringing: ringing.promise,
    outcome: outcome.promise,
    ended: ended.promise,
    rang() {
      if (state === 'calling') state = 'ringing'
      ringing.resolve()
    },
    answered(setupMs) {
      if (state === 'ended') return
      state = 'answered'
      ringing.resolve()
      outcome.resolve({ ok: true, setupMs })
    },
    failed(status, reason, warning, retryAfter) {
      outcome.resolve({ ok: false, status, reason, warning, ...(retryAfter === undefined ? {} : { retryAfter }) })
      end({ by: 'them', reason })
    },
    end(ending) {
      outcome.resolve({ ok: false, status: 487, reason: 'the call was ended', warning: undefined })
      end(ending)
    },
  }
}
