/** The SIP messages of a call, as they are kept and shown: without what proves who somebody is. */
import type { CallId, LegId, OrganisationId } from '../base/ids.ts'

/** One end of the way that a message took. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

export interface TracedMessage {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** `in` came to us. */
  readonly direction: 'in' | 'out'
  readonly protocol: 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS'
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Redacted (`redactSip`), cut at `MAXIMUM_TEXT`. UTF-8 where the octets were. */
  readonly text: string
}

/** A leg of a call: what joins the messages with one Call-ID to the call. */
export interface TracedLeg {
  readonly callId: CallId
  readonly legId: LegId
  readonly organisationId: OrganisationId
  readonly direction: 'in' | 'out'
  readonly number: string
}

/** Messages of one leg, in order. */
export interface TraceChunk {
  readonly leg: TracedLeg
  readonly messages: readonly TracedMessage[]
}

/** Takes what was traced; it may not throw, and nobody waits for it. */
export type TraceSink = (chunks: readonly TraceChunk[]) => void

export interface TraceRepository {
  /** Rejects when the store is gone: a trace is then lost, a call is not. */
  append(chunks: readonly TraceChunk[]): Promise<void>
  /** Of one call, by leg, in order. */
  find(callId: string, organisationId?: OrganisationId): Promise<readonly TraceChunk[]>
  /** Removes what began before `before`; gives how many chunks that were. */
  forget(before: number): Promise<number>
}
