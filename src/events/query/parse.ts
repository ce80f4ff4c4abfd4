/** The filter language of the log: text in, a question out, or where it cannot be read and what was expected. */
import { fail, ok, type Result } from '../../base/result.ts'
import { fieldKind, fieldNames, isField, SEVERITIES } from './fields.ts'
import { readDuration, readMoment } from './moments.ts'
import { type Token, tokenize } from './tokens.ts'
import type { Comparison, Counting, Filter, Moment, Query, QueryFault } from './types.ts'

export const MAXIMUM_QUERY = 4_096
const MAXIMUM_TERMS = 100
const MAXIMUM_DEPTH = 20
const MAXIMUM_GROUPS = 1_000
const MAXIMUM_GROUPING = 3
const ORDERED = new Set<Comparison>(['<', '<=', '>', '>='])

class Unreadable extends Error {
  readonly fault: QueryFault

  constructor(token: Token, expected: string) {
    const found = token.kind === 'end' ? 'the end' : `"${token.text.slice(0, 40)}"`
    const message = `at character ${token.position + 1}: found ${found}, expected ${expected}`
    super(message)
    this.fault = { position: token.position, found, expected, message }
  }
}

export function parseQuery(text: string): Result<Query, QueryFault> {
  if (text.length > MAXIMUM_QUERY) {
    const position = MAXIMUM_QUERY
    return fail(
      new Unreadable({ kind: 'word', text: text.slice(position), position }, `at most ${position} characters`).fault,
    )
  }
  const tokens = tokenize(text)
  if (!tokens.ok) {
    const { position } = tokens
    return fail(new Unreadable({ kind: 'quoted', text: text.slice(position), position }, 'a second " after it').fault)
  }
  try {
    return ok(new Parser(tokens.tokens).query())
  } catch (error) {
    if (error instanceof Unreadable) return fail(error.fault)
    throw error
  }
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #terms = 0
  #depth = 0
  #since: Moment | undefined
  #until: Moment | undefined

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  query(): Query {
    const empty = this.#next.kind === 'end' || this.#next.kind === '|'
    const filter: Filter = empty ? { kind: 'all', of: [] } : this.#any()
    const counting = this.#takes('|') ? this.#counting() : undefined
    if (this.#next.kind !== 'end') throw this.#unreadable('and, or, | or the end')
    return { filter, since: this.#since, until: this.#until, counting }
  }

  get #next(): Token {
    return this.#tokens[this.#at]!
  }

  #unreadable(expected: string): Unreadable {
    return new Unreadable(this.#next, expected)
  }

  #takes(kind: Token['kind']): boolean {
    const matches = this.#next.kind === kind
    if (matches) this.#at++
    return matches
  }

  #isWord(word: string): boolean {
    return this.#next.kind === 'word' && this.#next.text.toLowerCase() === word
  }

  #takesWord(word: string): boolean {
    const matches = this.#isWord(word)
    if (matches) this.#at++
    return matches
  }

  #any(): Filter {
    const of = [this.#all()]
    while (this.#takesWord('or')) of.push(this.#all())
    return of.length === 1 ? of[0]! : { kind: 'any', of }
  }

  /** Words beside each other are joined by `and`, as everybody expects of a search box. */
  #all(): Filter {
    const of = [this.#not()]
    for (;;) {
      if (this.#takesWord('and')) of.push(this.#not())
      else if (this.#beginsTerm()) of.push(this.#not())
      else break
    }
    const real = of.filter(each => !(each.kind === 'all' && each.of.length === 0))
    return real.length === 1 ? real[0]! : { kind: 'all', of: real }
  }

  #beginsTerm(): boolean {
    const { kind } = this.#next
    return kind === '(' || kind === 'quoted' || (kind === 'word' && !this.#isWord('or'))
  }

  #not(): Filter {
    if (++this.#depth > MAXIMUM_DEPTH) throw this.#unreadable(`at most ${MAXIMUM_DEPTH} levels of not and brackets`)
    const filter = this.#takesWord('not') ? ({ kind: 'not', of: this.#not() } as const) : this.#factor()
    this.#depth--
    return filter
  }

  #factor(): Filter {
    if (this.#takes('(')) {
      const inner = this.#any()
      if (!this.#takes(')')) throw this.#unreadable(')')
      return inner
    }
    if (++this.#terms > MAXIMUM_TERMS) throw this.#unreadable(`at most ${MAXIMUM_TERMS} conditions`)
    return this.#term()
  }

  #term(): Filter {
    const token = this.#next
    if (token.kind === 'quoted') {
      this.#at++
      return { kind: 'text', text: token.text }
    }
    if (token.kind !== 'word') throw this.#unreadable('a field, a word, or "a text"')
    const after = this.#tokens[this.#at + 1]!
    if (after.kind === 'comparison') return this.#comparison()
    if (['last', 'since', 'until'].includes(token.text.toLowerCase())) return this.#time()
    this.#at++
    return { kind: 'text', text: token.text }
  }

  #comparison(): Filter {
    const field = this.#next.text
    if (!isField(field)) throw this.#unreadable(`a field (${fieldNames().join(', ')})`)
    this.#at++
    const comparison = this.#next.text as Comparison
    this.#at++
    const values = this.#takes('(') ? this.#values(field, comparison) : [this.#value(field, comparison)]
    return { kind: 'compare', field, comparison, values }
  }

  #values(field: string, comparison: Comparison): readonly string[] {
    if (ORDERED.has(comparison)) throw this.#unreadable('one value')
    const values = [this.#value(field, comparison)]
    while (this.#takes(',')) {
      if (++this.#terms > MAXIMUM_TERMS) throw this.#unreadable(`at most ${MAXIMUM_TERMS} conditions`)
      values.push(this.#value(field, comparison))
    }
    if (!this.#takes(')')) throw this.#unreadable(', or )')
    return values
  }

  #value(field: string, comparison: Comparison): string {
    const token = this.#next
    if (token.kind !== 'word' && token.kind !== 'quoted') throw this.#unreadable(`a value of ${field}`)
    const wrong = wrongValue(field, comparison, token.text)
    if (wrong !== undefined) throw this.#unreadable(wrong)
    this.#at++
    return token.text
  }

  /** Times bound the whole question, wherever they stand; in brackets they would mean something else. */
  #time(): Filter {
    if (this.#depth > 1) throw this.#unreadable('a time outside of brackets and not')
    const word = this.#next.text.toLowerCase()
    this.#at++
    const { text } = this.#next
    if (word === 'last') {
      const span = readDuration(text)
      if (span === undefined) throw this.#unreadable('a time such as 15m, 24h, 7d')
      this.#since = { ago: span }
    } else {
      const moment = readMoment(text)
      if (moment === undefined) throw this.#unreadable('a time such as 2026-11-01, 2026-11-01T10:30 or 2h')
      if (word === 'since') this.#since = moment
      else this.#until = moment
    }
    this.#at++
    return { kind: 'all', of: [] }
  }

  #counting(): Counting {
    if (!this.#takesWord('count')) throw this.#unreadable('count')
    const by: string[] = []
    if (this.#takesWord('by')) {
      do {
        if (this.#next.kind !== 'word' || !isField(this.#next.text)) {
          throw this.#unreadable(`a field (${fieldNames().join(', ')})`)
        }
        if (by.length === MAXIMUM_GROUPING) throw this.#unreadable(`at most ${MAXIMUM_GROUPING} fields`)
        by.push(this.#next.text)
        this.#at++
      } while (this.#takes(','))
    }
    const per = this.#takesWord('per') ? this.#duration() : undefined
    const top = this.#takesWord('top') ? this.#count() : 100
    return { by, per, top }
  }

  #duration(): number {
    const span = readDuration(this.#next.text)
    if (span === undefined || span < 1_000) throw this.#unreadable('a span such as 1m, 1h, 1d')
    this.#at++
    return span
  }

  #count(): number {
    const count = /^\d{1,5}$/.test(this.#next.text) ? Number(this.#next.text) : 0
    if (count < 1 || count > MAXIMUM_GROUPS) throw this.#unreadable(`a number from 1 to ${MAXIMUM_GROUPS}`)
    this.#at++
    return count
  }
}

/** What is wrong with a value, as what was expected instead. */
function wrongValue(field: string, comparison: Comparison, value: string): string | undefined {
  const kind = fieldKind(field)
  if (kind === 'severity' && !(SEVERITIES as readonly string[]).includes(value)) return SEVERITIES.join(', ')
  if (kind === 'number' && !/^-?\d{1,15}(?:\.\d{1,9})?$/.test(value)) return 'a number'
  if (ORDERED.has(comparison)) {
    const isNumber = /^-?\d{1,15}(?:\.\d{1,9})?$/.test(value)
    if (kind === 'text' || kind === 'network') return `:, != or ~ with ${field}, which has no order`
    if (kind === undefined && !isNumber) return 'a number'
  }
  return undefined
}
