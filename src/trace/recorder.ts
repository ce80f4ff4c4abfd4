/**
 * Joins messages to calls while they pass, and hands them on each second. What is not of a call is forgotten: what a stranger
 * sends costs a place in a small table, for a moment. A busy system traces fewer calls, whole ones, and counts the others.
 */
import { BoundedMap } from '../base/bounded.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { SipMessage } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { redactSip } from './redact-sip.ts'
import type { TraceChunk, TracedLeg, TracedMessage, TraceSink } from './types.ts'

/** Characters of one message. */
export const MAXIMUM_TEXT = 16_384

export interface RecorderLimits {
  /** Legs that are traced at once. */
  readonly legs: number
  /** Messages of one leg; what comes later is counted. */
  readonly messages: number
  /** Messages in a second, above which no further call is traced. */
  readonly rate: number
  /** Call-IDs that may become a call's, and messages of each. */
  readonly candidates: number
}

export const RECORDER_LIMITS: RecorderLimits = { legs: 4_000, messages: 200, rate: 1_000, candidates: 1_000 }

const FLUSH_MS = 1_000
/** An INVITE that made no leg by then makes none (RFC 3261 §17.1.1.2: 64*T1). */
const CANDIDATE_MS = 32_000
const CANDIDATE_MESSAGES = 6
/** What comes after the end of a call: answers to BYE, repetitions. */
const AFTER_END_MS = 10_000

export interface RecorderOptions {
  readonly clock: Clock
  readonly sinks: readonly TraceSink[]
  readonly limits?: RecorderLimits
}

export interface TraceRecorder {
  received(flow: Flow, bytes: Uint8Array, message: SipMessage): void
  sent(flow: Flow, bytes: string | Uint8Array): void
  /** From now on what has this Call-ID is of this leg, and what had it a moment ago. A transfer takes it to another call. */
  legBegan(sipCallId: string, describe: () => TracedLeg): void
  legEnded(sipCallId: string): void
  /** What of a call was not handed on yet. */
  waiting(callId: string): readonly TraceChunk[]
  readonly counts: { readonly legs: number; readonly skippedCalls: number; readonly droppedMessages: number }
  /** Hands on what waits. */
  flush(): void
  stop(): void
}

interface Raw {
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly flow: Pick<Flow, 'protocol' | 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>
  /** Latin-1: one character an octet. */
  readonly text: string
}

interface Traced {
  readonly describe: () => TracedLeg
  waiting: Raw[]
  count: number
  endedAt: number | undefined
}

interface Candidate {
  readonly since: number
  readonly messages: Raw[]
}

export function createTraceRecorder(options: RecorderOptions): TraceRecorder {
  return new Recorder(options)
}

class Recorder implements TraceRecorder {
  readonly #clock: Clock
  readonly #sinks: readonly TraceSink[]
  readonly #limits: RecorderLimits
  readonly #traced = new Map<string, Traced>()
  readonly #candidates: BoundedMap<string, Candidate>
  #skippedCalls = 0
  #droppedMessages = 0
  #thisSecond = 0
  #timer: Timer

  constructor({ clock, sinks, limits = RECORDER_LIMITS }: RecorderOptions) {
    this.#clock = clock
    this.#sinks = sinks
    this.#limits = limits
    this.#candidates = new BoundedMap(limits.candidates)
    this.#timer = this.#schedule()
  }

  get counts(): TraceRecorder['counts'] {
    return { legs: this.#traced.size, skippedCalls: this.#skippedCalls, droppedMessages: this.#droppedMessages }
  }

  received(flow: Flow, bytes: Uint8Array, message: SipMessage): void {
    const { callId } = message
    const mayBegin = message.kind === 'request' && message.method === 'INVITE'
    if (!mayBegin && !this.#traced.has(callId) && !this.#candidates.has(callId)) return
    this.#keep(callId, 'in', flow, bytes, mayBegin)
  }

  sent(flow: Flow, bytes: string | Uint8Array): void {
    if (this.#traced.size === 0 && this.#candidates.size === 0) return
    const callId = callIdOf(bytes)
    if (callId !== undefined) this.#keep(callId, 'out', flow, bytes, false)
  }

  #keep(callId: string, direction: 'in' | 'out', flow: Flow, bytes: string | Uint8Array, mayBegin: boolean): void {
    const traced = this.#traced.get(callId)
    if (traced !== undefined) {
      this.#thisSecond++
      if (traced.count++ < this.#limits.messages) traced.waiting.push(this.#raw(direction, flow, bytes))
      else this.#droppedMessages++
      return
    }
    let candidate = this.#candidates.get(callId)
    if (candidate === undefined) {
      if (!mayBegin) return
      candidate = { since: this.#clock.monotonic(), messages: [] }
      this.#candidates.set(callId, candidate)
    }
    if (candidate.messages.length < CANDIDATE_MESSAGES) candidate.messages.push(this.#raw(direction, flow, bytes))
  }

  #raw(direction: 'in' | 'out', flow: Flow, bytes: string | Uint8Array): Raw {
    const { protocol, localAddress, localPort, remoteAddress, remotePort } = flow
    return {
      at: this.#clock.now(),
      direction,
      flow: { protocol, localAddress, localPort, remoteAddress, remotePort },
      text: latin1(bytes).slice(0, MAXIMUM_TEXT * 2),
    }
  }

  legBegan(sipCallId: string, describe: () => TracedLeg): void {
    const candidate = this.#candidates.get(sipCallId)
    this.#candidates.delete(sipCallId)
    const isBusy = this.#thisSecond >= this.#limits.rate || this.#traced.size >= this.#limits.legs
    if (isBusy || this.#traced.has(sipCallId)) {
      this.#skippedCalls++
      return
    }
    const waiting = candidate?.messages ?? []
    this.#traced.set(sipCallId, { describe, waiting, count: waiting.length, endedAt: undefined })
  }

  legEnded(sipCallId: string): void {
    const traced = this.#traced.get(sipCallId)
    if (traced !== undefined) traced.endedAt = this.#clock.monotonic()
  }

  waiting(callId: string): readonly TraceChunk[] {
    return [...this.#traced.values()]
      .filter(each => each.waiting.length > 0 && each.describe().callId === callId)
      .map(({ describe, waiting }) => ({ leg: describe(), messages: waiting.map(shown) }))
  }

  flush(): void {
    const chunks: TraceChunk[] = []
    for (const traced of this.#traced.values()) {
      if (traced.waiting.length === 0) continue
      chunks.push({ leg: traced.describe(), messages: traced.waiting.map(shown) })
      traced.waiting = []
    }
    if (chunks.length > 0) for (const sink of this.#sinks) sink(chunks)
  }

  stop(): void {
    this.#timer.cancel()
    this.flush()
  }

  #schedule(): Timer {
    return this.#clock.schedule(FLUSH_MS, () => {
      this.flush()
      this.#thisSecond = 0
      this.#forget(this.#clock.monotonic())
      this.#timer = this.#schedule()
    })
  }

  #forget(now: number): void {
    for (const [callId, { endedAt }] of this.#traced) {
      if (endedAt !== undefined && now - endedAt > AFTER_END_MS) this.#traced.delete(callId)
    }
    for (const [callId, { since }] of this.#candidates.entries()) {
      if (now - since > CANDIDATE_MS) this.#candidates.delete(callId)
    }
  }
}

function shown({ at, direction, flow, text }: Raw): TracedMessage {
  const redacted = Buffer.from(redactSip(text), 'latin1').toString('utf8')
  return {
    at,
    direction,
    protocol: flow.protocol,
    local: { address: flow.localAddress, port: flow.localPort },
    remote: { address: flow.remoteAddress, port: flow.remotePort },
    text: redacted.length > MAXIMUM_TEXT ? `${redacted.slice(0, MAXIMUM_TEXT)}…` : redacted,
  }
}

function latin1(bytes: string | Uint8Array): string {
  if (typeof bytes === 'string') return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

const CALL_ID = Buffer.from('\r\nCall-ID: ', 'latin1')

/** What we send is written by ourselves: the name of the header is in its long form. */
function callIdOf(bytes: string | Uint8Array): string | undefined {
  if (typeof bytes === 'string') return /\r\nCall-ID: ([^\r\n]+)\r\n/.exec(bytes)?.[1]
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = buffer.indexOf(CALL_ID)
  if (start === -1) return undefined
  const end = buffer.indexOf('\r\n', start + CALL_ID.length, 'latin1')
  return end === -1 ? undefined : buffer.toString('latin1', start + CALL_ID.length, end)
}
