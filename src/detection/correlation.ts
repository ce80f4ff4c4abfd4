/**
 * One correlation while events come in (Sigma's "Correlation Rules", 2.1). What is kept of a group has the size of what its
 * rule asks for: nobody pushes the beginning of an attack out of it by noise, and nobody fills the memory.
 */
import { BoundedMap } from '../base/bounded.ts'
import type { OrganisationId } from '../base/ids.ts'
import type { CorrelationRule, DetectedEvent, Detection } from './types.ts'

export interface RunningCorrelation {
  readonly rule: CorrelationRule
  /** `name`: of the rule that the event answers to, or of the correlation that it completed. Undefined: not enough yet. */
  observe(name: string, event: DetectedEvent): Completed | undefined
}

export interface Completed {
  readonly detection: Detection
  /** It was told of within the time of the rule. */
  readonly isQuiet: boolean
}

interface Seen {
  readonly at: number
  readonly id: string
  readonly type: string
  readonly organisationId: OrganisationId | undefined
}

/** Takes what was seen, and gives what is known now: how much of what the rule asks for, and on what it rests. */
interface Memory {
  take(
    name: string,
    seen: Seen,
    from: number,
    value: string | undefined,
  ): { readonly count: number; seen: readonly Seen[] }
}

interface Group {
  readonly memory: Memory
  toldAt: number
}

/** What all groups of a rule remember together, at most. */
const MAXIMUM_SEEN = 200_000
const MAXIMUM_GROUPS = 10_000
const MAXIMUM_EVIDENCE = 20
const LONGEST_VALUE = 256
/** Of these it does not matter whose phones they are about; of all others, 101 here is not 101 there. */
const OF_THE_WORLD = new Set(['source', 'client', 'type'])

export function createCorrelation(rule: CorrelationRule): RunningCorrelation {
  const capacity = Math.max(100, Math.min(MAXIMUM_GROUPS, Math.floor(MAXIMUM_SEEN / rule.threshold)))
  const groups = new BoundedMap<string, Group>(capacity)
  const apart = rule.groupBy.some(field => !OF_THE_WORLD.has(field))
  return {
    rule,
    observe(name, event) {
      const { at, id, type, organisationId } = event
      const parts = rule.groupBy.map(field => event.fields.values(field)[0])
      // What has no value for the grouping belongs to no group.
      if (parts.some(part => part === undefined)) return undefined
      const value = rule.field === undefined ? undefined : event.fields.values(rule.field)[0]
      if (rule.type === 'value_count' && value === undefined) return undefined
      const texts = parts.map(part => String(part).slice(0, LONGEST_VALUE))
      const key = JSON.stringify([apart ? organisationId : undefined, ...texts])
      const group = groups.touch(key) ?? { memory: memoryOf(rule), toldAt: Number.NEGATIVE_INFINITY }
      groups.set(key, group)
      const from = at - rule.timespanMs
      const known = group.memory.take(name, { at, id, type, organisationId }, from, textOf(value))
      if (known.count < rule.threshold) return undefined
      const isQuiet = group.toldAt > from
      if (!isQuiet) group.toldAt = at
      const detection = {
        rule,
        at,
        group: Object.fromEntries(rule.groupBy.map((field, index) => [field, texts[index]!])),
        count: known.count,
        events: known.seen.slice(-MAXIMUM_EVIDENCE).map(each => ({ id: each.id, type: each.type, at: each.at })),
        organisationId: known.seen.every(each => each.organisationId === organisationId) ? organisationId : undefined,
        ...placeOf(event),
      }
      return { detection, isQuiet }
    },
  }
}

/** Where the event that completed it came from, and whose it is. */
export function placeOf({ fields }: DetectedEvent): Pick<Detection, 'address' | 'extension'> {
  return { address: textOf(fields.values('source')[0]), extension: textOf(fields.values('extension')[0]) }
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value).slice(0, LONGEST_VALUE)
}

function memoryOf(rule: CorrelationRule): Memory {
  switch (rule.type) {
    case 'event_count':
      return countingEvents(rule.threshold)
    case 'value_count':
      return countingDifferent(rule.threshold, (_, value) => value ?? '')
    case 'temporal':
      return countingDifferent(rule.threshold, name => name)
    case 'temporal_ordered':
      return inOrder(rule.rules)
  }
}

function countingEvents(threshold: number): Memory {
  let seen: Seen[] = []
  return {
    take(_, event, from) {
      seen = seen.filter(each => each.at > from)
      seen.push(event)
      if (seen.length > threshold) seen.shift()
      return { count: seen.length, seen }
    },
  }
}

/** The newest of each value, or of each rule. */
function countingDifferent(threshold: number, keyOf: (name: string, value: string | undefined) => string): Memory {
  const newest = new Map<string, Seen>()
  return {
    take(name, event, from, value) {
      const key = keyOf(name, value)
      newest.delete(key)
      newest.set(key, event)
      for (const [each, { at }] of newest) {
        if (at > from && newest.size <= threshold) break
        newest.delete(each)
      }
      return { count: newest.size, seen: [...newest.values()] }
    },
  }
}

/** Of each beginning of the order, the one that began last: it has the most time left. */
function inOrder(rules: readonly string[]): Memory {
  const begun: (readonly Seen[])[] = []
  return {
    take(name, event, from) {
      let seen: readonly Seen[] = [event]
      let count = 0
      for (let step = rules.length - 1; step >= 0; step--) {
        if (rules[step] !== name) continue
        const before = step === 0 ? [] : begun[step - 1]
        if (before === undefined || (before[0]?.at ?? event.at) <= from) continue
        begun[step] = [...before, event]
        if (step + 1 > count) [count, seen] = [step + 1, begun[step]!]
      }
      return { count, seen }
    },
  }
}
