/** Whether one event answers to a rule. Patterns run in linear time (RE2), whatever a stranger writes into an event. */
import { RE2JS } from 're2js'
import { type Network, parseNetwork } from '../base/network.ts'
import type { Fields, FieldValue } from '../events/query/matches.ts'
import type { Condition, EventRule, FieldTest } from './types.ts'

export type Matcher = (fields: Fields) => boolean

/** Longer values are looked at up to here, by patterns up to there. */
const LONGEST_VALUE = 4_096
const LONGEST_FOR_PATTERN = 1_024

export function compileRule(rule: EventRule): Matcher {
  const selections = new Map<string, Matcher>()
  for (const [name, maps] of rule.selections) {
    const compiled = maps.map(tests => tests.map(compileTest))
    selections.set(name, fields => compiled.some(tests => tests.every(test => test(fields))))
  }
  return fields => holds(rule.condition, selections, fields)
}

function holds(condition: Condition, selections: ReadonlyMap<string, Matcher>, fields: Fields): boolean {
  switch (condition.kind) {
    case 'selection':
      return selections.get(condition.name)!(fields)
    case 'not':
      return !holds(condition.of, selections, fields)
    case 'and':
      return condition.of.every(each => holds(each, selections, fields))
    case 'or':
      return condition.of.some(each => holds(each, selections, fields))
  }
}

function compileTest({ field, operator, values, all }: FieldTest): Matcher {
  if (operator === 'exists') {
    const wanted = values.includes(true)
    return fields => (field !== undefined && fields.values(field).length > 0) === wanted
  }
  // None is not the same as an empty text.
  const tests = values.filter(value => value !== null).map(value => compileValue(operator, value))
  return fields => {
    const held: readonly FieldValue[] = field === undefined ? [fields.text()] : fields.values(field)
    if (held.length === 0) return values.includes(null) && operator === 'equals'
    const found = (test: (value: FieldValue) => boolean): boolean => held.some(test)
    return all ? tests.length > 0 && tests.every(found) : tests.some(found)
  }
}

function compileValue(
  operator: FieldTest['operator'],
  value: string | number | boolean,
): (held: FieldValue) => boolean {
  const lower = String(value).toLowerCase()
  switch (operator) {
    case 'contains':
      return held => short(held).includes(lower)
    case 'startswith':
      return held => short(held).startsWith(lower)
    case 'endswith':
      return held => short(held).endsWith(lower)
    case 're': {
      const pattern = RE2JS.compile(String(value))
      return held => pattern.matcher(String(held).slice(0, LONGEST_FOR_PATTERN)).find()
    }
    case 'cidr': {
      const network: Network | undefined = parseNetwork(String(value))
      return held => network?.includes(String(held)) === true
    }
    case 'gt':
      return held => Number(held) > Number(value)
    case 'gte':
      return held => Number(held) >= Number(value)
    case 'lt':
      return held => Number(held) < Number(value)
    case 'lte':
      return held => Number(held) <= Number(value)
    default:
      return equalTo(lower)
  }
}

/** `*` and `?` are wildcards, a backslash before one takes that from it (Sigma's "Wildcards"). Case is ignored. */
function equalTo(lower: string): (held: FieldValue) => boolean {
  if (!/[*?\\]/.test(lower)) return held => short(held) === lower
  const pattern = RE2JS.compile(
    lower.replace(/\\([*?\\])|([*?])|([^*?\\]+|\\)/g, (_, escaped?: string, wild?: string, plain?: string) => {
      if (wild !== undefined) return wild === '*' ? '(?s).*' : '(?s).'
      return RE2JS.quote(escaped ?? plain ?? '')
    }),
  )
  return held => pattern.matcher(short(held)).matches()
}

function short(held: FieldValue): string {
  return String(held).slice(0, LONGEST_VALUE).toLowerCase()
}
