/** One event's rule as a query string of Lucene, for Elasticsearch and OpenSearch, over documents of our ECS export. */
import type { EventRule, FieldTest } from '../types.ts'
import { conditionInBrackets, conditionText, type Language } from './condition.ts'
import { elasticNames } from './fields.ts'
import { hasWildcards, partsOf, plainText } from './wildcards.ts'

const LANGUAGE: Language = { and: 'AND', or: 'OR', not: 'NOT', test: testText }

export function luceneQuery(rule: EventRule): string {
  return conditionText(rule, LANGUAGE)
}

/** For where others stand beside it. */
export function luceneInBrackets(rule: EventRule): string {
  return conditionInBrackets(rule, LANGUAGE)
}

function testText({ field, operator, values }: FieldTest): readonly string[] {
  if (field === undefined) return values.map(value => `*${escaped(String(value))}*`)
  const name = operator === 'cidr' && field === 'source' ? 'source.ip' : elasticNames(field)
  if (operator === 'exists') return [values.includes(true) ? `_exists_:${name}` : `NOT _exists_:${name}`]
  return values.map(value => valueText(name, operator, value))
}

function valueText(name: string, operator: FieldTest['operator'], value: FieldTest['values'][number]): string {
  if (value === null) return `NOT _exists_:${name}`
  const text = String(value)
  switch (operator) {
    case 'contains':
      return `${name}:*${escaped(text)}*`
    case 'startswith':
      return `${name}:${escaped(text)}*`
    case 'endswith':
      return `${name}:*${escaped(text)}`
    case 're':
      return `${name}:/${wholePattern(text).replaceAll('/', '\\/')}/`
    case 'gt':
      return `${name}:>${text}`
    case 'gte':
      return `${name}:>=${text}`
    case 'lt':
      return `${name}:<${text}`
    case 'lte':
      return `${name}:<=${text}`
    case 'cidr':
      return `${name}:${quoted(text)}`
    default:
      if (typeof value !== 'string') return `${name}:${text}`
      return hasWildcards(text) ? `${name}:${wildcards(text)}` : `${name}:${quoted(plainText(text))}`
  }
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, character => `\\${character}`)}"`
}

/** https://www.elastic.co/guide/en/elasticsearch/reference/current/query-dsl-query-string-query.html#_reserved_characters */
function escaped(text: string): string {
  return text.replace(/[+\-=&|!(){}[\]^"~*?:\\/\s]/g, character => `\\${character}`).replace(/[<>]/g, '?')
}

function wildcards(value: string): string {
  return partsOf(value)
    .map(part => ('text' in part ? escaped(part.text) : part.any === 'many' ? '*' : '?'))
    .join('')
}

/** Lucene's patterns are of the whole value; Sigma's are looked for in it. */
function wholePattern(pattern: string): string {
  const bare = pattern.replace(/^\(\?i\)/, '')
  const start = bare.startsWith('^') ? '' : '.*'
  const end = bare.endsWith('$') && !bare.endsWith('\\$') ? '' : '.*'
  return `${start}${bare.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')}${end}`
}
