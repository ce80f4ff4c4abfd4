/** Whether an event answers to a filter: for what happens now. The store asks its database the same question. */
import { parseNetwork } from '../../base/network.ts'
import { fieldKind, SEVERITIES } from './fields.ts'
import type { Comparison, Filter } from './types.ts'

export type FieldValue = string | number | boolean

/** How an event is read: the values of a field (none, one, or the parts of a list), and its whole text. */
export interface Fields {
  values(field: string): readonly FieldValue[]
  text(): string
}

export function matches(filter: Filter, fields: Fields): boolean {
  switch (filter.kind) {
    case 'all':
      return filter.of.every(each => matches(each, fields))
    case 'any':
      return filter.of.some(each => matches(each, fields))
    case 'not':
      return !matches(filter.of, fields)
    case 'text':
      return fields.text().toLowerCase().includes(filter.text.toLowerCase())
    case 'compare':
      return compare(filter, fields)
  }
}

function compare({ field, comparison, values }: Extract<Filter, { kind: 'compare' }>, fields: Fields): boolean {
  const held = fields.values(field)
  if (comparison === '!=') return !values.some(value => held.some(each => holds(field, '=', each, value)))
  return values.some(value => held.some(each => holds(field, comparison, each, value)))
}

function holds(field: string, comparison: Comparison, held: FieldValue, asked: string): boolean {
  const kind = fieldKind(field)
  if (kind === 'severity') return ordered(comparison, rank(String(held)), rank(asked))
  if (comparison === '~') return String(held).toLowerCase().includes(asked.toLowerCase())
  if (comparison === '=' || comparison === '!=') {
    if (kind === 'network' && asked.includes('/')) return inNetwork(String(held), asked)
    return equal(String(held), asked)
  }
  return ordered(comparison, Number(held), Number(asked))
}

function rank(severity: string): number {
  return (SEVERITIES as readonly string[]).indexOf(severity)
}

/** `*` at the end: whatever begins so. */
function equal(held: string, asked: string): boolean {
  return asked.endsWith('*') ? held.startsWith(asked.slice(0, -1)) : held === asked
}

function ordered(comparison: Comparison, held: number, asked: number): boolean {
  switch (comparison) {
    case '<':
      return held < asked
    case '<=':
      return held <= asked
    case '>':
      return held > asked
    case '>=':
      return held >= asked
    default:
      return held === asked
  }
}

function inNetwork(address: string, text: string): boolean {
  return parseNetwork(text)?.includes(address) === true
}
