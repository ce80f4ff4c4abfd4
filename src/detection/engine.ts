/** Rules over a stream of events: single events, and correlations of several. State is bounded; the least lately seen group makes room. */
import { BoundedMap } from '../base/bounded.ts'
import { createCorrelation, placeOf, type RunningCorrelation } from './correlation.ts'
import { compileRule, type Matcher } from './matcher.ts'
import { typesOf } from './type-index.ts'
import type { CorrelationRule, DetectedEvent, Detection, EventRule, RuleFault, SigmaRule } from './types.ts'

export interface DetectionEngine {
  readonly rules: readonly SigmaRule[]
  /** Rules that name others which do not exist. */
  readonly faults: readonly RuleFault[]
  /** False: no rule looks at events of this type. */
  wants(type: string): boolean
  /** Types that rules look at; undefined: all. */
  readonly types: readonly string[] | undefined
  /** What this event makes true. The same group is not told of again within the time span of its rule. */
  observe(event: DetectedEvent): readonly Detection[]
  /** What it has seen, for an engine with other rules that takes its place. */
  readonly memory: DetectionMemory
}

/** Of rules by what they say: a rule that did not change goes on. */
export interface DetectionMemory {
  readonly correlations: ReadonlyMap<string, RunningCorrelation>
  readonly quiet: BoundedMap<string, number>
}

type Compiled = readonly [rule: EventRule, matches: Matcher]

const MAXIMUM_GROUPS = 10_000
/** Of single events: the same rule for the same event type and source tells once in this time. */
export const QUIET_MS = 60_000

/** Own events, and alerts, which may be about them: looking at those would go in circles. */
export function isOwnEvent(type: string): boolean {
  return type.startsWith('detection.') || type.startsWith('alert.')
}

export function createDetectionEngine(rules: readonly SigmaRule[], before?: DetectionMemory): DetectionEngine {
  const events = rules.filter((each): each is EventRule => each.kind === 'event')
  const correlations = rules.filter((each): each is CorrelationRule => each.kind === 'correlation')
  const whole = founded(events, correlations)
  const running = new Map(
    whole.map(rule => {
      const key = JSON.stringify(rule)
      return [key, before?.correlations.get(key) ?? createCorrelation(rule)] as const
    }),
  )
  const standingOn = new Map<string, RunningCorrelation[]>()
  for (const each of running.values()) {
    for (const name of new Set(each.rule.rules)) standingOn.set(name, [...(standingOn.get(name) ?? []), each])
  }
  const { byType, ofAny } = indexed(events)
  const quiet = before?.quiet ?? new BoundedMap<string, number>(MAXIMUM_GROUPS)
  return {
    rules: [...events, ...whole],
    faults: correlations.filter(each => !whole.includes(each)).map(each => danglingFault(each, [...events, ...whole])),
    memory: { correlations: running, quiet },
    types: ofAny.length > 0 ? undefined : [...byType.keys()],
    wants: type => !isOwnEvent(type) && (ofAny.length > 0 || byType.has(type)),
    observe(event) {
      if (isOwnEvent(event.type)) return []
      const found: Detection[] = []
      for (const [rule, matches] of byType.get(event.type) ?? ofAny) {
        if (!matches(event.fields)) continue
        if (!rule.base && !isQuiet(quiet, rule, event)) found.push(single(rule, event))
        found.push(...completed(rule.name, event, standingOn))
      }
      return found
    },
  }
}

/** By the type of event that they ask for: most events are looked at by no rule, and others by few. */
function indexed(events: readonly EventRule[]): {
  readonly byType: ReadonlyMap<string, readonly Compiled[]>
  readonly ofAny: readonly Compiled[]
} {
  const compiled = events.map(rule => ({ rule: [rule, compileRule(rule)] as Compiled, types: typesOf(rule) }))
  const types = new Set(compiled.flatMap(each => [...(each.types ?? [])]))
  const byType = new Map(
    [...types].map(type => {
      const asking = compiled.filter(each => each.types === undefined || each.types.has(type))
      return [type, asking.map(each => each.rule)] as const
    }),
  )
  return { byType, ofAny: compiled.filter(each => each.types === undefined).map(each => each.rule) }
}

/** Correlations that stand, over others or not, on rules that there are: none on itself. */
function founded(events: readonly EventRule[], correlations: readonly CorrelationRule[]): readonly CorrelationRule[] {
  const named = new Set(events.map(each => each.name))
  const whole: CorrelationRule[] = []
  for (let before = -1; before < whole.length; ) {
    before = whole.length
    for (const each of correlations) {
      if (whole.includes(each) || !each.rules.every(name => named.has(name))) continue
      whole.push(each)
      named.add(each.name)
    }
  }
  return whole
}

/** What one event completes, one correlation on another. Names are those of rules that stand: it ends. */
function completed(
  first: string,
  event: DetectedEvent,
  standingOn: ReadonlyMap<string, readonly RunningCorrelation[]>,
): readonly Detection[] {
  const found: Detection[] = []
  const names = new Set([first])
  // A set that grows while it is walked over: each name once, however many lead to it.
  for (const name of names) {
    for (const each of standingOn.get(name) ?? []) {
      const done = each.observe(name, event)
      if (done === undefined) continue
      names.add(each.rule.name)
      if (!done.isQuiet && !each.rule.base) found.push(done.detection)
    }
  }
  return found
}

function danglingFault({ source, title, rules }: CorrelationRule, known: readonly SigmaRule[]): RuleFault {
  const missing = rules.filter(name => !known.some(each => each.name === name))
  const message = `"${title}" names ${missing.join(', ')}, and there is no such rule, or it stands on this one`
  return { source, where: 'correlation.rules', message }
}

function single(rule: EventRule, event: DetectedEvent): Detection {
  const { id, type, at, organisationId } = event
  return { rule, at, group: {}, count: 1, events: [{ id, type, at }], organisationId, ...placeOf(event) }
}

function isQuiet(quiet: BoundedMap<string, number>, rule: EventRule, event: DetectedEvent): boolean {
  const { at, type, organisationId, fields } = event
  const about = ['source', 'extension', 'actor'].map(field => fields.values(field)[0])
  const key = JSON.stringify([rule.id, type, organisationId, ...about])
  const before = quiet.touch(key)
  if (before !== undefined && Math.abs(at - before) < QUIET_MS) return true
  quiet.set(key, at)
  return false
}
