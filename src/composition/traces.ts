/** Traces of calls: from the transport to the store, off the way of the calls. */
import type { CallServiceOptions } from '../call/options.ts'
import type { TransportObserver } from '../sip/transport/types.ts'
import { createTraceRecorder, RECORDER_LIMITS, type TraceRecorder } from '../trace/recorder.ts'
import type { TraceChunk, TraceSink } from '../trace/types.ts'
import type { Core } from './core.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Writes that may wait for the database; what comes then is lost, and counted. */
const MAXIMUM_WRITES = 4

export interface Traces {
  readonly recorder: TraceRecorder | undefined
  readonly observer: Pick<TransportObserver, 'messageReceived' | 'messageSent'>
  readonly onLeg: CallServiceOptions['onLeg']
  /** What is known of a call's messages, those of this second included. */
  messages(callId: string): Promise<readonly TraceChunk[]>
  readonly lost: number
  stop(): Promise<void>
}

export function createTraces(core: Core, more: readonly TraceSink[] = []): Traces {
  const { configuration, store, clock, logger } = core
  const { keep, retention, messagesPerSecond } = configuration.trace
  const writing = new Set<Promise<void>>()
  let lost = 0
  const write: TraceSink = chunks => {
    if (writing.size >= MAXIMUM_WRITES || !store.available) {
      lost += chunks.length
      return
    }
    const written = store.traces
      .append(chunks)
      .catch(() => {
        lost += chunks.length
      })
      .finally(() => writing.delete(written))
    writing.add(written)
  }
  const sinks = [...(keep === 'calls' ? [write] : []), ...more]
  if (sinks.length === 0) return without(core)
  const limits = { ...RECORDER_LIMITS, rate: messagesPerSecond }
  const recorder = createTraceRecorder({ clock, sinks, limits })
  let forgetting = clock.schedule(HOUR, forget)
  function forget(): void {
    const failed = (error: unknown): void => logger.warn({ detail: String(error) }, 'old traces were not removed')
    store.traces.forget(clock.now() - retention * DAY).catch(failed)
    forgetting = clock.schedule(HOUR, forget)
  }
  return {
    recorder,
    observer: {
      messageReceived: (flow, bytes, message) => recorder.received(flow, bytes, message),
      messageSent: (flow, bytes) => recorder.sent(flow, bytes),
    },
    onLeg(leg, what) {
      if (what === 'ended') return recorder.legEnded(leg.sipCallId)
      const { id: legId, direction, party } = leg
      recorder.legBegan(leg.sipCallId, () => {
        const { id: callId, organisation } = leg.call
        return { callId, legId, organisationId: organisation.id, direction, number: party.number }
      })
    },
    async messages(callId) {
      return [...(await store.traces.find(callId)), ...recorder.waiting(callId)]
    },
    get lost() {
      return lost
    },
    async stop() {
      forgetting.cancel()
      recorder.stop()
      await Promise.all(writing)
    },
  }
}

function without({ store }: Core): Traces {
  return {
    recorder: undefined,
    observer: {},
    onLeg: undefined,
    messages: callId => store.traces.find(callId),
    lost: 0,
    stop: async () => undefined,
  }
}
