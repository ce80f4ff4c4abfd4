/** What a rule has to find and what it has to leave alone, as streams of events beside it; and whether it does. */
import { parseAllDocuments } from 'yaml'
import { fail, ok, type Result } from '../base/result.ts'
import { EVENT_SEVERITY, type EventType, type RingfenceEvent } from '../events/catalogue.ts'
import { createBreath } from './breathe.ts'
import { createDetectionEngine } from './engine.ts'
import { detectedEvent } from './read-event.ts'
import { MAXIMUM_TEXT } from './read-rule.ts'
import type { Detection, RuleFault, SigmaRule } from './types.ts'

export const STREAMS_ENDING = '.streams.yaml'

/** `times`: so often, each `afterMs` after what was before; `{n}` in its texts counts from 0, `{n%3}` in a circle. */
export interface StreamStep {
  readonly type: EventType
  readonly data: Readonly<Record<string, unknown>>
  readonly afterMs: number
  readonly times: number
}

export interface RuleStreams {
  /** Id of the rule. */
  readonly rule: string
  readonly attack: readonly StreamStep[]
  readonly benign: readonly StreamStep[]
}

export interface StreamOutcome {
  readonly rule: string
  readonly title: string
  /** How often the rule found something in each. */
  readonly attack: number
  readonly benign: number
  readonly ok: boolean
}

type Problem = Pick<RuleFault, 'where' | 'message'>

const MAXIMUM_EVENTS = 10_000
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A moment to begin with: streams have no time of their own. */
const BEGIN = Date.UTC(2026, 0, 5, 9)

class Wrong extends Error {
  readonly where: string

  constructor(where: string, message: string) {
    super(message)
    this.where = where
  }
}

/** One document for each rule: `rule`, `attack` and `benign`. */
export function readStreams(text: string, source: string): Result<readonly RuleStreams[], Problem> {
  if (text.length > MAXIMUM_TEXT) return fail({ where: source, message: `is longer than ${MAXIMUM_TEXT} characters` })
  const streams: RuleStreams[] = []
  try {
    for (const document of parseAllDocuments(text, { maxAliasCount: 0 } as never)) {
      const [problem] = document.errors
      if (problem !== undefined) {
        throw new Wrong(`line ${problem.linePos?.[0].line ?? 1}`, problem.message.split('\n')[0]!)
      }
      const content = document.toJS({ maxAliasCount: 0 }) as unknown
      if (content !== null) streams.push(readOne(mapOf(content, 'the document')))
    }
    return ok(streams)
  } catch (error) {
    return fail({ where: error instanceof Wrong ? error.where : 'the file', message: (error as Error).message })
  }
}

function readOne(content: Readonly<Record<string, unknown>>): RuleStreams {
  const { rule, attack, benign, ...others } = content
  const [other] = Object.keys(others)
  if (other !== undefined) throw new Wrong(other, 'is not known here: rule, attack and benign are')
  if (typeof rule !== 'string') throw new Wrong('rule', 'is missing: the id of the rule')
  return { rule, attack: stepsOf(attack, 'attack'), benign: stepsOf(benign, 'benign') }
}

function stepsOf(content: unknown, where: string): readonly StreamStep[] {
  if (!Array.isArray(content) || content.length === 0) throw new Wrong(where, 'is missing, or no list of events')
  const steps = content.map((each, index) => stepOf(mapOf(each, `${where}.${index}`), `${where}.${index}`))
  const events = steps.reduce((sum, { times }) => sum + times, 0)
  if (events > MAXIMUM_EVENTS) throw new Wrong(where, `has more than ${MAXIMUM_EVENTS} events`)
  return steps
}

function stepOf(content: Readonly<Record<string, unknown>>, where: string): StreamStep {
  const { type, data = {}, after = '1s', times = 1, ...others } = content
  const [other] = Object.keys(others)
  if (other !== undefined) throw new Wrong(`${where}.${other}`, 'is not known here: type, data, after and times are')
  if (typeof type !== 'string' || !Object.hasOwn(EVENT_SEVERITY, type)) {
    throw new Wrong(`${where}.type`, `${String(type)} is no event; docs/events.md lists them`)
  }
  const [, count = '', unit = ''] = /^(\d{1,6})(ms|s|m|h|d)$/.exec(String(after)) ?? []
  if (count === '') throw new Wrong(`${where}.after`, 'is a span such as 500ms, 10s or 2h')
  if (typeof times !== 'number' || !Number.isSafeInteger(times) || times < 1 || times > MAXIMUM_EVENTS) {
    throw new Wrong(`${where}.times`, `is a number from 1 to ${MAXIMUM_EVENTS}`)
  }
  return {
    type: type as EventType,
    data: mapOf(data, `${where}.data`),
    afterMs: Number(count) * (UNITS[unit] ?? 0),
    times,
  }
}

function mapOf(content: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as never
  throw new Wrong(where, 'is no map of names and values')
}

/** The events of a stream, one after another. */
export function eventsOf(steps: readonly StreamStep[]): readonly RingfenceEvent[] {
  let at = BEGIN
  let index = 0
  return steps.flatMap(({ type, data, afterMs, times }) =>
    Array.from({ length: times }, (_, n) => {
      at += afterMs
      const id = `stream-${index++}`
      return { id, type, at, severity: EVENT_SEVERITY[type], organisationId: undefined, data: counted(data, n) }
    }),
  ) as unknown as readonly RingfenceEvent[]
}

function counted(value: unknown, n: number): unknown {
  if (typeof value === 'string') {
    return value.replace(/\{n(?:%(\d{1,4}))?\}/g, (_, circle?: string) =>
      String(circle === undefined ? n : n % Number(circle)),
    )
  }
  if (Array.isArray(value)) return value.map(each => counted(each, n))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, counted(each, n)]))
}

/** What the rules find in a stream. Others have their turn meanwhile. */
export async function findIn(rules: readonly SigmaRule[], steps: readonly StreamStep[]): Promise<readonly Detection[]> {
  const engine = createDetectionEngine(rules)
  const breathe = createBreath()
  const found: Detection[] = []
  for (const event of eventsOf(steps)) {
    await breathe()
    found.push(...engine.observe(detectedEvent(event)))
  }
  return found
}

export async function tryStreams(rules: readonly SigmaRule[], streams: RuleStreams): Promise<StreamOutcome> {
  const count = async (steps: readonly StreamStep[]): Promise<number> =>
    (await findIn(rules, steps)).filter(({ rule }) => rule.id === streams.rule).length
  const [attack, benign] = [await count(streams.attack), await count(streams.benign)]
  const title = rules.find(each => each.id === streams.rule)?.title ?? ''
  return { rule: streams.rule, title, attack, benign, ok: attack > 0 && benign === 0 }
}
