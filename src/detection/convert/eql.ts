/** Rules in Elastic's Event Query Language, over documents of our ECS export: what has an order, which Lucene has no words for. */
import type { CorrelationRule, EventRule, FieldTest, SigmaRule } from '../types.ts'
import { conditionText, type Language } from './condition.ts'
import { elasticNames } from './fields.ts'
import { spanText } from './span.ts'
import { hasWildcards, plainText } from './wildcards.ts'

const LANGUAGE: Language = { and: 'and', or: 'or', not: 'not', test: testText }

export function eqlCondition(rule: EventRule): string {
  return conditionText(rule, LANGUAGE)
}

/**
 * An order of events. A count of events stands in it as so many in a row, within its own time and that of the order together.
 * Undefined where the language has no words for it. `find`: a rule by its name.
 */
export function eqlSequence(rule: CorrelationRule, find: (name: string) => SigmaRule | undefined): string | undefined {
  if (rule.type !== 'temporal_ordered') return undefined
  const steps = rule.rules.map(name => stepOf(find(name), rule, find))
  const known = steps.filter(each => each !== undefined)
  if (known.length < steps.length) return undefined
  const span = known.reduce((sum, each) => sum + each.spanMs, rule.timespanMs)
  const by = rule.groupBy.length === 0 ? '' : ` by ${rule.groupBy.map(elasticNames).join(', ')}`
  return [`sequence${by} with maxspan=${spanText(span)}`, ...known.map(each => `  ${each.text}`)].join('\n')
}

interface Step {
  readonly text: string
  /** Beside the time of the order. */
  readonly spanMs: number
}

function stepOf(
  step: SigmaRule | undefined,
  order: CorrelationRule,
  find: (name: string) => SigmaRule | undefined,
): Step | undefined {
  if (step?.kind === 'event') return { text: `[ any where ${eqlCondition(step)} ]`, spanMs: 0 }
  if (step?.type !== 'event_count' || step.groupBy.join() !== order.groupBy.join()) return undefined
  const [base, ...others] = step.rules.map(find)
  if (base?.kind !== 'event' || others.length > 0) return undefined
  return { text: `[ any where ${eqlCondition(base)} ] with runs=${step.threshold}`, spanMs: step.timespanMs }
}

function testText({ field, operator, values }: FieldTest): readonly string[] {
  const isNetwork = operator === 'cidr' && field === 'source'
  const name = field === undefined ? 'message' : isNetwork ? 'source.ip' : elasticNames(field)
  if (operator === 'exists') return [values.includes(true) ? `${name} != null` : `${name} == null`]
  return values.map(value => valueText(name, field === undefined ? 'contains' : operator, value))
}

const ORDERED: { readonly [O in FieldTest['operator']]?: string } = { gt: '>', gte: '>=', lt: '<', lte: '<=' }

function valueText(name: string, operator: FieldTest['operator'], value: FieldTest['values'][number]): string {
  if (value === null) return `${name} == null`
  const text = String(value)
  const order = ORDERED[operator]
  if (order !== undefined) return `${name} ${order} ${text}`
  switch (operator) {
    // `:` and `like~` look at no case, as Sigma does not.
    case 'contains':
      return `${name} like~ ${quoted(`*${literal(text)}*`)}`
    case 'startswith':
      return `${name} like~ ${quoted(`${literal(text)}*`)}`
    case 'endswith':
      return `${name} like~ ${quoted(`*${literal(text)}`)}`
    case 're':
      return `${name} regex${text.startsWith('(?i)') ? '~' : ''} ${quoted(`.*(${text.replace(/^\(\?i\)/, '')}).*`)}`
    case 'cidr':
      return `cidrMatch(${name}, ${quoted(text)})`
    default:
      if (typeof value !== 'string') return `${name} == ${text}`
      if (hasWildcards(text)) return `${name} like~ ${quoted(text)}`
      // `:` looks at no case, and takes these for wildcards.
      return `${name} ${/[*?\\]/.test(plainText(text)) ? '==' : ':'} ${quoted(plainText(text))}`
  }
}

function literal(text: string): string {
  return text.replace(/[*?\\]/g, character => `\\${character}`)
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, character => `\\${character}`)}"`
}
