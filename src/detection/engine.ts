/** Rules over the live stream: single events, and correlations of several. State is bounded; the least lately seen group makes room. */
import { BoundedMap } from '../base/bounded.ts'
import { compileRule, type Matcher } from './matcher.ts'
import type { CorrelationRule, DetectedEvent, Detection, EventRule, RuleFault, SigmaRule } from './types.ts'

export interface DetectionEngine {
  readonly rules: readonly SigmaRule[]
  /** Rules that name others which do not exist. */
  readonly faults: readonly RuleFault[]
  /** What this event makes true. The same group is not told of again within the time span of its rule. */
  observe(event: DetectedEvent): readonly Detection[]
}

interface Seen {
  readonly at: number
  readonly id: string
  readonly rule: string
  readonly value: string | undefined
}

interface Group {
  seen: Seen[]
  toldAt: number
}

const MAXIMUM_GROUPS = 10_000
const MAXIMUM_EVIDENCE = 20
/** Of single events: the same rule for the same event type and source tells once in this time. */
const QUIET_MS = 60_000

export function createDetectionEngine(rules: readonly SigmaRule[]): DetectionEngine {
  const events = rules.filter((each): each is EventRule => each.kind === 'event')
  const known = new Set(rules.map(each => each.name))
  const correlations = rules.filter((each): each is CorrelationRule => each.kind === 'correlation')
  const whole = correlations.filter(each => each.rules.every(name => known.has(name)))
  const matchers = events.map(rule => [rule, compileRule(rule)] as const satisfies readonly [EventRule, Matcher])
  const running = whole.map(rule => ({ rule, groups: new BoundedMap<string, Group>(MAXIMUM_GROUPS) }))
  const quiet = new BoundedMap<string, number>(MAXIMUM_GROUPS)
  return {
    rules: [...events, ...whole],
    faults: correlations
      .filter(each => !whole.includes(each))
      .map(each => ({
        source: each.source,
        where: 'correlation.rules',
        message: `names ${each.rules.filter(name => !known.has(name)).join(', ')}, and there is no such rule`,
      })),
    observe(event) {
      const found: Detection[] = []
      const matched = matchers.filter(([, matches]) => matches(event.fields)).map(([rule]) => rule)
      for (const rule of matched) {
        if (rule.base || isQuiet(quiet, rule, event)) continue
        found.push({ rule, at: event.at, group: '', count: 1, events: [event.id] })
      }
      for (const { rule, groups } of running) {
        for (const base of matched) {
          if (!rule.rules.includes(base.name)) continue
          const detection = correlate(rule, groups, base.name, event)
          if (detection !== undefined) found.push(detection)
        }
      }
      return found
    },
  }
}

function isQuiet(quiet: BoundedMap<string, number>, rule: EventRule, { at, fields }: DetectedEvent): boolean {
  const key = JSON.stringify([rule.id, fields.values('source'), fields.values('extension'), fields.values('actor')])
  const before = quiet.touch(key)
  if (before !== undefined && at - before < QUIET_MS) return true
  quiet.set(key, at)
  return false
}

function correlate(
  rule: CorrelationRule,
  groups: BoundedMap<string, Group>,
  base: string,
  event: DetectedEvent,
): Detection | undefined {
  const parts = rule.groupBy.map(field => event.fields.values(field)[0])
  // What has no value for the grouping belongs to no group.
  if (parts.some(part => part === undefined)) return undefined
  const key = parts.join('\u0000')
  const group = groups.touch(key) ?? { seen: [], toldAt: Number.NEGATIVE_INFINITY }
  const value = rule.field === undefined ? undefined : event.fields.values(rule.field)[0]
  if (rule.type === 'value_count' && value === undefined) return undefined
  const from = event.at - rule.timespanMs
  const seen = group.seen.filter(each => each.at > from)
  seen.push({ at: event.at, id: event.id, rule: base, value: value === undefined ? undefined : String(value) })
  group.seen = seen.slice(-boundOf(rule))
  groups.set(key, group)
  const count = countOf(rule, group.seen)
  if (count < rule.threshold || group.toldAt > from) return undefined
  group.toldAt = event.at
  const text = rule.groupBy.map((field, index) => `${field} ${String(parts[index])}`).join(', ')
  return { rule, at: event.at, group: text, count, events: group.seen.slice(-MAXIMUM_EVIDENCE).map(each => each.id) }
}

/** Enough to reach the threshold; for different values some more, since they repeat. */
function boundOf({ type, threshold }: CorrelationRule): number {
  return type === 'event_count' ? threshold : Math.min(threshold * 10, 20_000)
}

function countOf({ type, rules, threshold }: CorrelationRule, seen: readonly Seen[]): number {
  switch (type) {
    case 'event_count':
      return seen.length
    case 'value_count':
      return new Set(seen.map(each => each.value)).size
    case 'temporal':
      return new Set(seen.map(each => each.rule)).size
    case 'temporal_ordered': {
      let next = 0
      for (const each of seen) if (each.rule === rules[next]) next++
      return Math.min(next, threshold)
    }
  }
}
