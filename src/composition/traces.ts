/** Traces of calls: from the transport to the store, off the way of the calls. */
import { readFileSync } from 'node:fs'
import type { CallServiceOptions } from '../call/options.ts'
import { createHepSender, type HepSender } from '../export/hep/hep-sender.ts'
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

export function createTraces(core: Core): Traces {
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
  const homer = createHomer(core)
  const sinks = [...(keep === 'calls' ? [write] : []), ...(homer === undefined ? [] : [homer.take])]
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
      homer?.stop()
      await Promise.all(writing)
    },
  }
}

/** Throws on a file of authorities that cannot be read. */
function createHomer({ configuration, clock, bus }: Core): HepSender | undefined {
  const { homer } = configuration.trace
  if (homer === undefined) return undefined
  const { host, port, captureId, caFile, allowInsecurePlaintext, allowInsecureUdp } = homer
  const destination = `${host}:${port}`
  return createHepSender({
    host,
    port,
    captureId,
    clock,
    transport: allowInsecureUdp ? 'udp' : allowInsecurePlaintext ? 'tcp' : 'tls',
    caPem: caFile === undefined ? undefined : readFileSync(caFile, 'utf8'),
    onState(state) {
      if ('awayForMs' in state) {
        bus.publish('export.recovered', { export: 'homer', destination, ...state })
        return
      }
      const { detail, waiting: behind } = state
      bus.publish('export.failing', { export: 'homer', destination, detail, behind })
    },
  })
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
