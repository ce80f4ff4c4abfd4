/** Detections of the running system: rules over what happens now, and over what a stop kept from being looked at. */
import type { Timer } from '../base/clock.ts'
import { createDetectionEngine } from '../detection/engine.ts'
import { createLiveDetection, type LiveFigures } from '../detection/live.ts'
import type { Detection } from '../detection/types.ts'
import type { Actor } from '../events/system-events.ts'
import type { Core } from './core.ts'
import { catchUpDetections } from './detection-catch-up.ts'
import { type DetectionRules, readDetectionRules, rulesFingerprint } from './detection-rules.ts'

export interface RunningDetections {
  readonly current: DetectionRules
  readonly figures: LiveFigures
  /** Reads the folder anew. */
  reload(actor: Actor): Promise<DetectionRules>
  start(): Promise<void>
  stop(): Promise<void>
}

const LOOK_MS = 10_000
/** Of one reading. */
const MAXIMUM_PROBLEMS = 50
const LONGEST_REASON = 500
const SYSTEM: Actor = { kind: 'system', name: 'detections' }

/** Listens from now on: what is published before `start` has read the rules waits. */
export async function createDetections(core: Core): Promise<RunningDetections> {
  const { configuration, clock, bus, logger } = core
  let current = await readDetectionRules(configuration)
  let engine = createDetectionEngine(current.running)
  let timer: Timer | undefined
  let stopped = false
  let reading: Promise<unknown> = Promise.resolve()
  let told = new Set<string>()

  const live = createLiveDetection({
    clock,
    engine,
    tell: (detection, unsaid) => publish(core, detection, unsaid),
    onMissed: count =>
      void bus.publish('system.overloaded', {
        what: 'detections',
        detail: `${count} events were not looked at: more came than rules could be asked`,
      }),
    onError: error => logger.error({ detail: String(error) }, 'a detection failed'),
  })
  const unsubscribe = bus.subscribe(event => live.take(event))

  function say(actor: Actor, isFirst: boolean): void {
    const { rules, faults } = current
    const own = rules.filter(each => each.own).length
    const disabled = rules.filter(each => each.disabled).map(({ rule }) => rule.id)
    if (!isFirst || own > 0 || disabled.length > 0 || faults.length > 0) {
      bus.publish('detection.rules-changed', { actor, rules: rules.length, own, disabled, problems: faults.length })
    }
    const problems = faults.slice(0, MAXIMUM_PROBLEMS)
    for (const { source: file, where, message: problem } of problems) {
      if (!told.has(JSON.stringify([file, where, problem]))) {
        bus.publish('detection.rule-problem', { file, where, problem: problem.slice(0, LONGEST_REASON) })
      }
    }
    told = new Set(problems.map(({ source, where, message }) => JSON.stringify([source, where, message])))
  }

  async function reload(actor: Actor): Promise<DetectionRules> {
    const next = reading.then(async () => {
      current = await readDetectionRules(configuration)
      engine = createDetectionEngine(current.running, engine.memory)
      live.use(engine)
      say(actor, false)
    })
    reading = next.catch(() => undefined)
    await next
    return current
  }

  async function look(): Promise<void> {
    const fingerprint = await rulesFingerprint(configuration)
    if (!stopped && fingerprint !== current.fingerprint) await reload(SYSTEM)
  }

  function plan(): void {
    timer = clock.schedule(LOOK_MS, () => {
      look()
        .catch((error: unknown) => logger.warn({ detail: String(error) }, 'the folder of detections was not read'))
        .finally(() => {
          if (!stopped) plan()
        })
    })
  }

  return {
    get current() {
      return current
    },
    get figures() {
      return live.figures
    },
    reload,
    async start() {
      say(SYSTEM, true)
      const seen = await catchUpDetections(core, engine, live.found).catch((error: unknown) => {
        logger.warn({ detail: String(error) }, 'what happened before the start was not looked at')
        return new Set<string>()
      })
      live.begin(seen)
      if (!stopped) plan()
    },
    async stop() {
      stopped = true
      timer?.cancel()
      await reading
      live.stop()
      unsubscribe()
    },
  }
}

function publish({ bus }: Core, detection: Detection, unsaid: number): void {
  const { rule, group, count, events, organisationId, address, extension } = detection
  const { id, title, level, description, tags } = rule
  bus.publish(
    'detection.found',
    {
      rule: id,
      title,
      level,
      reason: description.slice(0, LONGEST_REASON),
      address,
      extension,
      group,
      count,
      events,
      tags: tags.slice(0, 20).map(each => each.slice(0, 64)),
      unsaid,
    },
    organisationId,
  )
}
