/**
 * Detections: what they cost whoever publishes an event, how many events a second rules are asked about, and for how long at a
 * time calls have to wait for them.
 *   npm run bench:detections -- --events 300000
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/base/clock.ts'
import { createDetectionEngine } from '../src/detection/engine.ts'
import { createLiveDetection } from '../src/detection/live.ts'
import { packagedRules } from '../src/detection/packaged-rules.ts'
import { readRules } from '../src/detection/read-rule.ts'
import type { SigmaRule } from '../src/detection/types.ts'
import { createEventBus, type EventBus } from '../src/events/bus.ts'

const { values } = parseArgs({ options: { events: { type: 'string' } } })
const EVENTS = Number(values.events ?? 300_000)
/** As many as one process writes at most, in bursts: between them others have their turn. */
const BURST = 50

/** Calls, registrations, guesses and changes in about the shares of an office of a thousand under attack. */
function publish(bus: EventBus, number: number): void {
  const extension = String(1_000 + ((number * 7_919) % 1_000))
  const source = { address: `198.51.${number % 100}.${number % 250}`, port: 5061, protocol: 'TLS', tls: 'TLSv1.3' }
  const leg = { number: extension, username: 'u', signalling: 'TLS', tls: 'TLSv1.3', media: 'SRTP', codec: 'opus' }
  const callId = `call-${number}`
  switch (number % 10) {
    case 0:
      bus.publish('authentication.failed', {
        username: `guess${number % 300}`,
        source,
        method: 'REGISTER',
        userAgent: 'x',
        reason: 'wrong-secret',
      })
      return
    case 1:
      bus.publish('registration.accepted', {
        extension,
        username: `user${extension}`,
        contact: 'sip:x',
        userAgent: 'x',
        source,
        expires: 600,
        refreshed: number % 100 !== 1,
        authentication: 'SHA-256',
        weaker: false,
      })
      return
    case 2: {
      const quality = { packets: 1, lost: 0, jitterMs: 1, roundTripMs: 1, mos: 3 + (number % 15) / 10 }
      bus.publish('call.ended', {
        callId,
        from: extension,
        to: '102',
        side: 'caller',
        cause: 'normal',
        sipCode: 200,
        durationMs: 60_000,
        caller: leg,
        callee: leg,
        callerQuality: quality,
        calleeQuality: quality,
      })
      return
    }
    default:
      bus.publish('call.started', { callId, from: extension, to: '102', caller: leg })
  }
}

interface Measured {
  readonly publishNs: number
  readonly perSecond: number
  readonly longestMs: number
  readonly found: number
  readonly missed: number
}

async function measure(rules: readonly SigmaRule[] | undefined): Promise<Measured> {
  const bus = createEventBus(systemClock, error => console.error(error))
  const live =
    rules === undefined
      ? undefined
      : createLiveDetection({
          clock: systemClock,
          engine: createDetectionEngine(rules),
          tell: () => undefined,
          onMissed: () => undefined,
          onError: error => console.error(error),
        })
  if (live !== undefined) bus.subscribe(event => live.take(event))
  live?.begin(new Set())
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let publishing = 0
  const begun = performance.now()
  for (let number = 0; number < EVENTS; ) {
    const start = performance.now()
    for (const end = Math.min(EVENTS, number + BURST); number < end; number++) publish(bus, number)
    publishing += performance.now() - start
    await new Promise<void>(resolve => void setImmediate(resolve))
  }
  while ((live?.figures.waiting ?? 0) > 0) await new Promise<void>(resolve => void setImmediate(resolve))
  const took = performance.now() - begun
  delay.disable()
  const { found = 0, missed = 0 } = live?.figures ?? {}
  const perSecond = EVENTS / (took / 1_000)
  return { publishNs: (publishing / EVENTS) * 1e6, perSecond, longestMs: delay.max / 1e6, found, missed }
}

/** As an operator may add: each of an own word, in all calls. */
function ownRules(count: number): readonly SigmaRule[] {
  const rule = (index: number): string =>
    `title: own ${index}\nid: own-${index}\nlevel: low\nlogsource: {}\ndetection: { a: { type: call.started, data.to|contains: word${index} }, condition: a }`
  return Array.from({ length: count / 50 }, (_, file) =>
    readRules(Array.from({ length: 50 }, (_each, index) => rule(file * 50 + index)).join('\n---\n'), 'own.yml'),
  ).flatMap(each => each.rules)
}

const { rules: packaged } = packagedRules()
await measure(packaged)
const rows = [
  ['no detections', await measure(undefined)],
  [`${packaged.length} packaged rules`, await measure(packaged)],
  ['and 200 own ones for each call', await measure([...packaged, ...ownRules(200)])],
] as const
const [[, bare]] = rows
console.log(`${EVENTS} events in bursts of ${BURST}, Node.js ${process.version}`)
for (const [what, { publishNs, perSecond, longestMs, found, missed }] of rows) {
  console.log(
    `${what}: ${Math.round(perSecond)} events/s, publishing takes ${publishNs.toFixed(0)} ns (${(publishNs / bare.publishNs).toFixed(2)} x), ` +
      `longest pause ${longestMs.toFixed(1)} ms, ${found} found, ${missed} not looked at`,
  )
}
