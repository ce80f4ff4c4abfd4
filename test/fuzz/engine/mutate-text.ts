/** Changes to any text, without knowledge of what it is. */
import { anyPiece, INTEGERS } from './categories.ts'
import type { Random } from './random.ts'

/** Makes a new input of one; `other` is another input of the corpus. Both are byte strings. */
export type TextMutator = (text: string, other: string, random: Random) => string

function span(text: string, random: Random): readonly [from: number, to: number] {
  const from = random.below(text.length + 1)
  const longest = random.oneIn(4) ? text.length : 24
  return [from, Math.min(text.length, from + random.below(longest + 1))]
}

function replace(text: string, from: number, to: number, piece: string): string {
  return text.slice(0, from) + piece + text.slice(to)
}

const cut: TextMutator = (text, _other, random) => replace(text, ...span(text, random), '')

const double: TextMutator = (text, _other, random) => {
  const [from, to] = span(text, random)
  return replace(text, from, from, text.slice(from, to).repeat(1 + random.below(random.oneIn(10) ? 200 : 3)))
}

const move: TextMutator = (text, _other, random) => {
  const [from, to] = span(text, random)
  const rest = replace(text, from, to, '')
  const at = random.below(rest.length + 1)
  return replace(rest, at, at, text.slice(from, to))
}

const insert: TextMutator = (text, _other, random) => {
  const at = random.below(text.length + 1)
  return replace(text, at, at, anyPiece(random))
}

const overwrite: TextMutator = (text, _other, random) => replace(text, ...span(text, random), anyPiece(random))

const flip: TextMutator = (text, _other, random) => {
  const at = random.below(text.length + 1)
  const code = at < text.length ? text.charCodeAt(at) : 0
  return replace(text, at, at + 1, String.fromCharCode(code ^ (1 << random.below(8))))
}

const octet: TextMutator = (text, _other, random) => {
  const at = random.below(text.length + 1)
  return replace(text, at, at + random.below(2), String.fromCharCode(random.below(256)))
}

/** Fields are what stands between separators: one becomes a piece of a category, or a field of another input. */
const field: TextMutator = (text, other, random) => {
  const [from, to] = fieldAt(text, random.below(text.length + 1))
  if (other.length === 0 || random.below(3) > 0) return replace(text, from, to, anyPiece(random))
  return replace(text, from, to, other.slice(...fieldAt(other, random.below(other.length))))
}

const SEPARATOR = /[\r\n\t ;,=:@<>"?&/|()[\]]/

function fieldAt(text: string, at: number): readonly [number, number] {
  let [from, to] = [at, at]
  while (from > 0 && !SEPARATOR.test(text[from - 1]!)) from--
  while (to < text.length && !SEPARATOR.test(text[to]!)) to++
  return [from, to]
}

const integer: TextMutator = (text, _other, random) => {
  const numbers = [...text.matchAll(/\d{1,20}/g)]
  if (numbers.length === 0) return text
  const { index, 0: digits } = random.pick(numbers)
  const value = Number(digits)
  const near = [value + 1, value - 1, value * 2, -value, 2 ** random.below(54), 2 ** random.below(54) - 1]
  const piece = random.oneIn(2) ? random.pick(INTEGERS) : String(random.pick(near))
  return replace(text, index, index + digits.length, piece)
}

const letterCase: TextMutator = (text, _other, random) => {
  const [from, to] = span(text, random)
  const part = text.slice(from, to)
  return replace(text, from, to, random.oneIn(2) ? part.toUpperCase() : part.toLowerCase())
}

const splice: TextMutator = (text, other, random) => {
  const [from, to] = span(other, random)
  const at = random.below(text.length + 1)
  return random.oneIn(3) ? text.slice(0, at) + other.slice(from) : replace(text, at, at, other.slice(from, to))
}

const TEXT_MUTATORS: readonly TextMutator[] = [
  cut,
  double,
  move,
  insert,
  overwrite,
  flip,
  octet,
  field,
  field,
  field,
  integer,
  letterCase,
  splice,
]

/** One to six changes, few more often than many. */
export function mutateText(text: string, other: string, random: Random): string {
  for (let changes = 1 + random.below(1 + random.below(6)); changes > 0; changes--) {
    text = random.pick(TEXT_MUTATORS)(text, other, random)
  }
  return text
}
