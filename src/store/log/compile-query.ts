/**
 * A filter as a condition of SQL with parameters. What the database cannot answer from its columns and blind indexes it
 * answers too widely (`exact` is false), and the rest is decided where events are opened: never too narrowly.
 */
import { neighbourhoodOf } from '../../base/network.ts'
import { classNumbers } from '../../events/event-class.ts'
import { fieldKind, SEVERITIES } from '../../events/query/fields.ts'
import { matches } from '../../events/query/matches.ts'
import { momentAt } from '../../events/query/moments.ts'
import type { Filter, Query } from '../../events/query/types.ts'
import { OUTCOMES } from './append.ts'
import { monthOf } from './partitions.ts'
import type { LogSecrets } from './secrets.ts'
import { INDEXED_DATA, PLACES, type Place } from './tokens.ts'

export interface Compiled {
  /** Undefined: everything. */
  readonly sql: string | undefined
  /** Whether exactly the rows that answer to the filter answer to `sql`. */
  readonly exact: boolean
}

export interface CompileContext {
  readonly token: LogSecrets['token']
  /** Takes a value, gives its `$n`. */
  parameter(value: unknown): string
}

type Compare = Extract<Filter, { kind: 'compare' }>

const EVERYTHING: Compiled = { sql: undefined, exact: true }
const UNKNOWN: Compiled = { sql: undefined, exact: false }
const DAY = 86_400_000
const MINUTE = 60_000

export function compileFilter(filter: Filter, context: CompileContext): Compiled {
  switch (filter.kind) {
    case 'all':
      return all(filter.of.map(each => compileFilter(each, context)))
    case 'any':
      return any(filter.of.map(each => compileFilter(each, context)))
    case 'not':
      return not(compileFilter(filter.of, context))
    case 'text':
      return UNKNOWN
    case 'compare':
      return compileCompare(filter, context)
  }
}

/** Times of a question, by the time of the happening; whole months are passed over by the time of the writing. */
export function compileTimes({ since, until }: Query, now: number, context: CompileContext): readonly string[] {
  const conditions: string[] = []
  if (since !== undefined) {
    const at = momentAt(since, now)
    conditions.push(`at >= ${context.parameter(at)}`, `month >= ${monthOf(at - DAY)}`)
  }
  if (until !== undefined) conditions.push(`at <= ${context.parameter(momentAt(until, now))}`)
  return conditions
}

function all(parts: readonly Compiled[]): Compiled {
  const known = parts.filter(part => part.sql !== undefined)
  const exact = parts.every(part => part.exact)
  return { sql: known.length === 0 ? undefined : `(${known.map(part => part.sql).join(' AND ')})`, exact }
}

function any(parts: readonly Compiled[]): Compiled {
  if (parts.length === 0) return { sql: 'false', exact: true }
  if (parts.some(part => part.sql === undefined)) {
    return parts.some(part => part.sql === undefined && part.exact) ? EVERYTHING : UNKNOWN
  }
  return { sql: `(${parts.map(part => part.sql).join(' OR ')})`, exact: parts.every(part => part.exact) }
}

function not(part: Compiled): Compiled {
  if (!part.exact) return UNKNOWN
  return { sql: part.sql === undefined ? 'false' : `(NOT ${part.sql})`, exact: true }
}

function compileCompare(compare: Compare, context: CompileContext): Compiled {
  if (compare.comparison === '!=') {
    return not(compileCompare({ ...compare, comparison: '=' }, context))
  }
  const { field } = compare
  if (field === 'type') return ofType(compare, context)
  if (field === 'severity') return ofFew('severity', SEVERITIES, compare)
  if (field === 'outcome') return ofFew('outcome', OUTCOMES, compare)
  if (field === 'position') return ofPosition(compare, context)
  if (field === 'id') return any(compare.values.map(value => ofId(compare, value, context)))
  const place = PLACES.indexOf(field as Place)
  if (place !== -1) return any(compare.values.map(value => ofPlace(compare, place, value, context)))
  const name = field.startsWith('data.') ? field.slice(5) : ''
  if (!(INDEXED_DATA as readonly string[]).includes(name) || compare.comparison !== '=') return UNKNOWN
  return any(compare.values.map(value => ofToken(field, value, context)))
}

function ofType({ comparison, values }: Compare, { parameter }: CompileContext): Compiled {
  if (comparison === '~') {
    return any(values.map(value => ({ sql: `strpos(type, lower(${parameter(value)})) > 0`, exact: true })))
  }
  if (comparison !== '=') return UNKNOWN
  const whole = values.filter(value => !value.endsWith('*'))
  const families = values.filter(value => value.endsWith('*')).map(value => value.slice(0, -1))
  const parts: Compiled[] = families.map(prefix => {
    if (prefix === '') return EVERYTHING
    // `*` of any prefix: as a range, which an index finds.
    const classes = classNumbers(prefix, true).join(',')
    const range = `type >= ${parameter(prefix)} AND type < ${parameter(`${prefix}\u007f`)}`
    return { sql: `(class = ANY ('{${classes}}') AND ${range})`, exact: true }
  })
  if (whole.length > 0) {
    const classes = [...new Set(whole.flatMap(each => classNumbers(each, false)))].join(',')
    parts.push({ sql: `(class = ANY ('{${classes}}') AND type = ANY (${parameter(whole)}))`, exact: true })
  }
  return any(parts)
}

/** Of a handful of words: which of them answer is decided here. */
function ofFew(column: string, words: readonly string[], compare: Compare): Compiled {
  const answering = words.flatMap((word, index) => {
    const fields = { values: () => [word], text: () => '' }
    return matches(compare, fields) ? [index] : []
  })
  if (answering.length === 0) return { sql: 'false', exact: true }
  return { sql: `${column} = ANY ('{${answering.join(',')}}')`, exact: true }
}

function ofPosition({ comparison, values }: Compare, { parameter }: CompileContext): Compiled {
  if (comparison === '~') return UNKNOWN
  const parts = values.map((value): Compiled => {
    if (!/^\d{1,15}$/.test(value)) return UNKNOWN
    return { sql: `position ${comparison} ${parameter(value)}::bigint`, exact: String(Number(value)) === value }
  })
  return any(parts)
}

/** An id tells when it was made. */
function ofId({ comparison }: Compare, value: string, { parameter }: CompileContext): Compiled {
  if (comparison !== '=' || !/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(value))
    return UNKNOWN
  const at = Number.parseInt(value.slice(0, 8) + value.slice(9, 13), 16)
  return { sql: `at BETWEEN ${parameter(at - MINUTE)} AND ${parameter(at + MINUTE)}`, exact: false }
}

function ofPlace({ field, comparison }: Compare, place: number, value: string, context: CompileContext): Compiled {
  const present: Compiled = { sql: `tokens[${place + 1}] IS NOT NULL`, exact: false }
  if (comparison !== '=' || value.endsWith('*')) return present
  if (fieldKind(field) === 'network' && value.includes('/')) {
    const [address = '', length = ''] = value.split('/')
    const network = neighbourhoodOf(address)
    const isWithin = Number(length) >= (address.includes(':') ? 48 : 24)
    if (network === '' || !isWithin || address.includes('::ffff')) return present
    return { ...ofToken('network', network, context), exact: false }
  }
  return ofToken(field, value, context)
}

function ofToken(field: string, value: string, { token, parameter }: CompileContext): Compiled {
  if (value.endsWith('*')) return UNKNOWN
  return { sql: `tokens @> ARRAY[${parameter(String(token(field, value)))}]::bigint[]`, exact: true }
}
