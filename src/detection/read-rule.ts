/** Sigma rules as text become rules, or say where they are wrong. What a rule asks for and we do not have is a fault, never ignored. */
import { RE2JS } from 're2js'
import { parseAllDocuments } from 'yaml'
import { parseNetwork } from '../base/network.ts'
import { isField } from '../events/query/fields.ts'
import { MAXIMUM_STEPS, stepsOfValue } from './pattern-cost.ts'
import { readCondition } from './read-condition.ts'
import type { CorrelationRule, EventRule, FieldTest, Level, RuleFault, Selection, SigmaRule } from './types.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Names = { readonly [key: string]: Json }

const LEVELS: readonly Level[] = ['informational', 'low', 'medium', 'high', 'critical']
const OPERATORS = ['contains', 'startswith', 'endswith', 're', 'cidr', 'exists', 'gt', 'gte', 'lt', 'lte'] as const
const ORDERED = new Set<FieldTest['operator']>(['gt', 'gte', 'lt', 'lte'])
const TYPES: readonly CorrelationRule['type'][] = ['event_count', 'value_count', 'temporal', 'temporal_ordered']
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** Characters of a file: a pause of the whole process while it is read. */
export const MAXIMUM_TEXT = 65_536
const MAXIMUM_DOCUMENTS = 100
const LONGEST_PATTERN = 1_000
/** As Sigma has it. */
const LONGEST_TITLE = 256
const MAXIMUM_VALUES = 1_000
const MAXIMUM_TESTS = 200
const LONGEST_SPAN = 7 * 86_400_000

class Wrong extends Error {
  readonly where: string

  constructor(where: string, message: string) {
    super(message)
    this.where = where
  }
}

/** Of the patterns of a file. */
interface Budget {
  steps: number
}

export interface ReadRules {
  readonly rules: readonly SigmaRule[]
  readonly faults: readonly RuleFault[]
}

/** One file, with one rule or several (`---` between them). */
export function readRules(text: string, source: string): ReadRules {
  if (text.length > MAXIMUM_TEXT) {
    return { rules: [], faults: [{ source, where: 'the file', message: `is longer than ${MAXIMUM_TEXT} characters` }] }
  }
  const budget: Budget = { steps: 0 }
  const rules: SigmaRule[] = []
  const faults: RuleFault[] = []
  const documents = parseAllDocuments(text, { maxAliasCount: 0 } as never)
  if (documents.length > MAXIMUM_DOCUMENTS) {
    return { rules, faults: [{ source, where: 'the file', message: `has more than ${MAXIMUM_DOCUMENTS} rules` }] }
  }
  for (const document of documents) {
    const [problem] = document.errors
    if (problem !== undefined) {
      const line = problem.linePos?.[0].line ?? 1
      faults.push({ source, where: `line ${line}`, message: problem.message.split('\n')[0]! })
      continue
    }
    try {
      const content = document.toJS({ maxAliasCount: 0 }) as Json
      if (content !== null) rules.push(readRule(content, source, budget))
    } catch (error) {
      const where = error instanceof Wrong ? error.where : 'the rule'
      faults.push({ source, where, message: (error as Error).message })
    }
  }
  return { rules, faults }
}

function readRule(content: Json, source: string, budget: Budget): SigmaRule {
  const rule = mapOf(content, 'the rule')
  for (const name of ['filter', 'action', 'global']) {
    if (rule[name] !== undefined)
      throw new Wrong(name, 'is not known here: write what it asks for into the rule itself')
  }
  const id = idOf(rule['id'])
  const described = {
    id,
    name: rule['name'] === undefined ? id : shortOf(rule['name'], 'name'),
    title: shortOf(rule['title'], 'title'),
    description: rule['description'] === undefined ? '' : textOf(rule['description'], 'description'),
    level: oneOf(rule['level'] ?? 'medium', LEVELS, 'level'),
    tags: textsOf(rule['tags'], 'tags'),
    falsePositives: textsOf(rule['falsepositives'], 'falsepositives'),
    source,
    base: rule['level'] === undefined,
  }
  if (rule['correlation'] !== undefined)
    return { ...described, ...readCorrelation(mapOf(rule['correlation'], 'correlation')) }
  const logsource = mapOf(rule['logsource'] ?? null, 'logsource')
  if (logsource['product'] !== undefined && logsource['product'] !== 'ringfence') {
    throw new Wrong('logsource.product', `is ${String(logsource['product'])}: this log is of the product ringfence`)
  }
  return {
    ...described,
    ...readDetection(mapOf(rule['detection'] ?? null, 'detection'), budget),
  }
}

function readDetection(detection: Names, budget: Budget): Pick<EventRule, 'kind' | 'selections' | 'condition'> {
  const { condition, ...named } = detection
  if (detection['timeframe'] !== undefined) {
    throw new Wrong('detection.timeframe', 'counting over time is a rule of its own: write a correlation')
  }
  const selections = new Map<string, Selection>()
  for (const [name, content] of Object.entries(named)) {
    selections.set(name, readSelection(content, `detection.${name}`, budget))
  }
  const read = readCondition(textOf(condition, 'detection.condition'), [...selections.keys()])
  if (!read.ok) throw new Wrong('detection.condition', read.error)
  return { kind: 'event', selections, condition: read.value }
}

function readSelection(content: Json, where: string, budget: Budget): Selection {
  const maps = Array.isArray(content) ? content : [content]
  const isKeywords = maps.every(each => typeof each !== 'object')
  if (isKeywords) return [[{ field: undefined, operator: 'contains', values: scalars(maps, where), all: false }]]
  const read = maps.map((each, index) => {
    const tests = Object.entries(mapOf(each, `${where}.${index}`))
    return tests.map(([key, value]) => readTest(key, value, `${where}.${key}`, budget))
  })
  if (read.flat().length > MAXIMUM_TESTS) throw new Wrong(where, `has more than ${MAXIMUM_TESTS} tests`)
  return read
}

function readTest(key: string, value: Json, where: string, budget: Budget): FieldTest {
  const [field = '', ...modifiers] = key.split('|')
  if (!isField(field)) throw new Wrong(where, `${field} is no field; docs/query.md lists them`)
  const all = modifiers.includes('all')
  const ignoresCase = modifiers.includes('re') && modifiers.includes('i')
  const [operator = 'equals', ...more] = modifiers.filter(each => each !== 'all' && !(ignoresCase && each === 'i'))
  if (more.length > 0 || (operator !== 'equals' && !OPERATORS.includes(operator as never))) {
    throw new Wrong(where, `${more[0] ?? operator} is no modifier that is known here (${OPERATORS.join(', ')}, all)`)
  }
  const given = scalars(Array.isArray(value) ? value : [value], where)
  const values = ignoresCase ? given.map(each => `(?i)${String(each)}`) : given
  const test: FieldTest = { field, operator: operator as FieldTest['operator'], values, all }
  checkValues(test, where, budget)
  return test
}

function checkValues({ operator, values }: FieldTest, where: string, budget: Budget): void {
  for (const value of values) {
    if (ORDERED.has(operator) && typeof value !== 'number') throw new Wrong(where, 'is compared by size: give a number')
    if (operator === 'exists' && typeof value !== 'boolean') throw new Wrong(where, 'is true or false')
    if (operator === 'cidr' && parseNetwork(String(value)) === undefined)
      throw new Wrong(where, `${value} is no network`)
    budget.steps += operator === 're' ? readPattern(String(value), where) : stepsOfValue(operator, value)
    if (budget.steps > MAXIMUM_STEPS) {
      throw new Wrong(
        where,
        `makes the patterns of this file take too long: ${budget.steps} steps, of at most ${MAXIMUM_STEPS}`,
      )
    }
  }
}

function readPattern(pattern: string, where: string): number {
  if (pattern.length > LONGEST_PATTERN) throw new Wrong(where, `is longer than ${LONGEST_PATTERN} characters`)
  try {
    return RE2JS.compile(pattern).programSize()
  } catch (error) {
    throw new Wrong(where, `is no regular expression that is safe here: ${(error as Error).message}`)
  }
}

const CORRELATION_KEYS = new Set(['type', 'rules', 'group-by', 'timespan', 'condition', 'generate'])
const MAXIMUM_RULES = 50

type CorrelationParts = Pick<
  CorrelationRule,
  'kind' | 'type' | 'rules' | 'groupBy' | 'timespanMs' | 'threshold' | 'field'
>

function readCorrelation(content: Names): CorrelationParts {
  const unknown = Object.keys(content).find(key => !CORRELATION_KEYS.has(key))
  if (unknown !== undefined) throw new Wrong(`correlation.${unknown}`, 'is not known here')
  const type = oneOf(content['type'] ?? null, TYPES, 'correlation.type')
  const rules = textsOf(content['rules'], 'correlation.rules')
  if (rules.length === 0 || rules.length > MAXIMUM_RULES) {
    throw new Wrong('correlation.rules', `names no rule, or more than ${MAXIMUM_RULES}`)
  }
  const groupBy = textsOf(content['group-by'], 'correlation.group-by')
  for (const field of groupBy) if (!isField(field)) throw new Wrong('correlation.group-by', `${field} is no field`)
  const [, count = '', unit = ''] =
    /^(\d{1,6})([smhd])$/.exec(textOf(content['timespan'], 'correlation.timespan')) ?? []
  const timespanMs = Number(count) * (UNITS[unit] ?? 0)
  if (!(timespanMs > 0 && timespanMs <= LONGEST_SPAN)) {
    throw new Wrong('correlation.timespan', 'is a span such as 10m or 24h, at most 7d')
  }
  const counted = type === 'event_count' || type === 'value_count'
  const condition = counted ? mapOf(content['condition'] ?? null, 'correlation.condition') : {}
  const field = condition['field'] === undefined ? undefined : textOf(condition['field'], 'correlation.condition.field')
  if (type === 'value_count' && (field === undefined || !isField(field))) {
    throw new Wrong('correlation.condition.field', 'names the field whose values are counted')
  }
  return {
    kind: 'correlation',
    type,
    rules,
    groupBy,
    timespanMs,
    threshold: counted ? thresholdOf(condition) : rules.length,
    field,
  }
}

function thresholdOf(condition: Names): number {
  const { gte, gt, field: _field, ...others } = condition
  const [other] = Object.keys(others)
  if (other !== undefined) throw new Wrong(`correlation.condition.${other}`, 'is not known here: only gte and gt are')
  const least = typeof gte === 'number' ? gte : typeof gt === 'number' ? gt + 1 : undefined
  if (least === undefined || !Number.isSafeInteger(least) || least < 1 || least > 10_000) {
    throw new Wrong('correlation.condition', 'is gte or gt with a whole number up to 10000')
  }
  return least
}

function mapOf(content: Json, where: string): Names {
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as Names
  throw new Wrong(where, 'is missing, or no map of names and values')
}

function textOf(content: Json | undefined, where: string): string {
  if (typeof content === 'string' && content.trim() !== '' && content.length <= 10_000) return content.trim()
  throw new Wrong(where, 'is missing, or no text')
}

function shortOf(content: Json | undefined, where: string): string {
  const text = textOf(content, where)
  if (text.length > LONGEST_TITLE) throw new Wrong(where, `is longer than ${LONGEST_TITLE} characters`)
  return text
}

/** As tools give them: a UUID. */
function idOf(content: Json | undefined): string {
  const text = textOf(content, 'id')
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(text)) throw new Wrong('id', 'is no UUID, such as uuidgen makes')
  return text
}

function textsOf(content: Json | undefined, where: string): readonly string[] {
  if (content === undefined || content === null) return []
  return (Array.isArray(content) ? content : [content]).map(each => textOf(each as Json, where))
}

function scalars(values: readonly Json[], where: string): FieldTest['values'] {
  if (values.length > MAXIMUM_VALUES) throw new Wrong(where, `has more than ${MAXIMUM_VALUES} values`)
  return values.map(value => {
    if (typeof value === 'object' && value !== null)
      throw new Wrong(where, 'has a value that is no text, number or truth')
    return value
  })
}

function oneOf<T extends string>(content: Json, choices: readonly T[], where: string): T {
  const found = choices.find(each => each === content)
  if (found === undefined) throw new Wrong(where, `is one of ${choices.join(', ')}`)
  return found
}
