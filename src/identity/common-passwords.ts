/** Passwords that attackers try first: what was in breaches, by its hash, the words that it was made of, and runs of keys. */
import { createHash } from 'node:crypto'
import hashes from './common-passwords.json' with { type: 'json' }

const KEYBOARD = [
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1234567890',
  'qwertzuiop',
  'azertyuiop',
  '1qaz2wsx3edc4rfv5tgb6yhn',
]
const LINES = KEYBOARD.flatMap(row => [row, [...row].toReversed().join('')])
/** What breaches of other trades do not hold. */
const OF_PHONES = [
  'administrator',
  'asterisk',
  'extension',
  'freepbx',
  'ringfence',
  'telephone',
  'voicemail',
  'changeme',
]
/** More beside a known word than that, and it is a word among others. */
const DECORATION = 6

const WHOLE = unpacked(hashes.whole)
const WORDS = unpacked(hashes.words)
const PHONES = new Set(OF_PHONES)

/** `lower`: in lower case. */
export function isCommon(lower: string): boolean {
  if (holds(WHOLE, lower)) return true
  if (isDecorated(lettersOf(lower), lower)) return true
  const plain = unleet(lower)
  return (plain !== lower && isDecorated(lettersOf(plain), plain)) || coveredByKeyboard(lower) >= lower.length * 0.75
}

/** Without the digits and signs around it. */
export function lettersOf(lower: string): string {
  return lower.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
}

function isDecorated(word: string, whole: string): boolean {
  if (whole.length - word.length > DECORATION) return false
  const half = word.slice(0, word.length / 2)
  return isWord(word) || (word === half + half && isWord(half))
}

function isWord(word: string): boolean {
  return PHONES.has(word) || holds(WORDS, word)
}

const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/** Signs that stand for letters, but at the end, where they stand for themselves. */
function unleet(lower: string): string {
  const end = lower.search(/[^\p{L}]*$/u)
  return lower.slice(0, end).replace(/[013457@$!]/g, sign => LEET[sign] ?? sign) + lower.slice(end)
}

function unpacked(lines: readonly string[]): Uint32Array {
  const bytes = Buffer.from(lines.join(''), 'base64')
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(index * 4))
}

/** Of four thousand million hashes the list has some ten thousand: hardly anything is on it by chance. */
function holds(sorted: Uint32Array, text: string): boolean {
  const wanted = createHash('sha256').update(text, 'utf8').digest().readUInt32BE(0)
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if (sorted[middle]! < wanted) from = middle + 1
    else to = middle
  }
  return sorted[from] === wanted
}

const SHORTEST_RUN = 4

/** Characters that lie in runs along a row of the keyboard, forwards or backwards. */
function coveredByKeyboard(text: string): number {
  let covered = 0
  for (let at = 0; at < text.length; ) {
    const run = Math.max(...LINES.map(line => runAt(text, at, line)))
    covered += run >= SHORTEST_RUN ? run : 0
    at += run >= SHORTEST_RUN ? run : 1
  }
  return covered
}

function runAt(text: string, at: number, line: string): number {
  let longest = 0
  for (let start = line.indexOf(text[at]!); start >= 0; start = line.indexOf(text[at]!, start + 1)) {
    let length = 1
    while (at + length < text.length && text[at + length] === line[start + length]) length++
    longest = Math.max(longest, length)
  }
  return longest
}
