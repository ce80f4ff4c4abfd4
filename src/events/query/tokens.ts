/** The text of a query as words and signs. */
import type { Comparison } from './types.ts'

export interface Token {
  readonly kind: 'word' | 'quoted' | 'comparison' | '(' | ')' | ',' | '|' | 'end'
  readonly text: string
  readonly position: number
}

const COMPARISONS: readonly (readonly [string, Comparison])[] = [
  ['!=', '!='],
  ['<=', '<='],
  ['>=', '>='],
  [':', '='],
  ['=', '='],
  ['<', '<'],
  ['>', '>'],
  ['~', '~'],
]
const SIGNS = new Set(['(', ')', ',', '|'])
/** What ends a word. A colon inside a value (a time, an IPv6 address) is dealt with by `wordEnd`. */
const ENDS = new Set([' ', '\t', '\n', '\r', '(', ')', ',', '|', '"', ':', '=', '<', '>', '~', '!'])

export type Tokens =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly position: number }

/** False: a quotation that does not end, from `position` on. */
export function tokenize(text: string): Tokens {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const sign = text[at]!
    if (/\s/.test(sign)) {
      at++
      continue
    }
    const comparison = COMPARISONS.find(([spelling]) => text.startsWith(spelling, at))
    if (SIGNS.has(sign)) {
      tokens.push({ kind: sign as '(', text: sign, position: at++ })
    } else if (comparison !== undefined) {
      const [spelling, meaning] = comparison
      tokens.push({ kind: 'comparison', text: meaning, position: at })
      at += spelling.length
    } else if (sign === '"') {
      const quoted = readQuoted(text, at)
      if (quoted === undefined) return { ok: false, position: at }
      tokens.push({ kind: 'quoted', text: quoted.value, position: at })
      at = quoted.end
    } else {
      const isValue = tokens.at(-1)?.kind === 'comparison' || tokens.at(-1)?.kind === ',' || isMoment(tokens.at(-1))
      const end = wordEnd(text, at, isValue)
      tokens.push({ kind: 'word', text: text.slice(at, end), position: at })
      at = end
    }
  }
  tokens.push({ kind: 'end', text: '', position: text.length })
  return { ok: true, tokens }
}

function isMoment(token: Token | undefined): boolean {
  return token?.kind === 'word' && /^(?:since|until)$/i.test(token.text)
}

/** A value goes on over colons and equal signs: `source:2001:db8::1`, `since 2026-11-01T10:30`. */
function wordEnd(text: string, start: number, isValue: boolean): number {
  let at = start
  while (at < text.length) {
    const sign = text[at]!
    if (ENDS.has(sign) && !(isValue && (sign === ':' || sign === '='))) break
    at++
  }
  // Something that only ends words stands alone: it is a word that nobody will expect.
  return at === start ? start + 1 : at
}

function readQuoted(text: string, start: number): { readonly value: string; readonly end: number } | undefined {
  let value = ''
  for (let at = start + 1; at < text.length; at++) {
    const sign = text[at]!
    if (sign === '"') return { value, end: at + 1 }
    if (sign === '\\' && at + 1 < text.length) value += text[++at]!
    else value += sign
  }
  return undefined
}
