/** A list in one of its forms: an index of its networks, or the reason why nothing of it is believed. */
import { fail, ok, type Result } from '../base/result.ts'
import { type Acceptable, MOST_ADDRESSES } from './acceptable.ts'
import {
  createNetworkCollector,
  MAXIMUM_NETWORKS,
  type NetworkIndex,
  readNetwork,
  type Words,
} from './network-index.ts'
import type { ListForm } from './types.ts'

export const MAXIMUM_OCTETS = 32 * 2 ** 20
const MAXIMUM_LINES = 2_000_000
const MAXIMUM_LINE = 4_096

export interface ParsedList {
  readonly index: NetworkIndex
  /** Of them, how many were left out. */
  readonly skipped: number
  readonly remark: string | undefined
}

export interface ParseOptions {
  readonly acceptable: Acceptable
  /** The transport said where it ends. Otherwise a text has to end with a line. */
  readonly isWhole: boolean
}

/** What is taken and what is left out, while a list is read. */
interface Reading {
  /** Words for people, or nothing: it was taken, or left out. */
  add(text: string, from: number, to: number): string | undefined
  readonly seen: number
  finish(): Result<ParsedList, string>
}

export function parseList(form: ListForm, octets: Uint8Array, options: ParseOptions): Result<ParsedList, string> {
  const steps = parse(form, octets, options)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** The same, a few milliseconds at a time: a phone that calls meanwhile does not wait until a long list is read. */
export async function parseListInSteps(
  form: ListForm,
  octets: Uint8Array,
  options: ParseOptions,
): Promise<Result<ParsedList, string>> {
  const steps = parse(form, octets, options)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Networks between two pauses. */
const STEP = 8_192
type Steps<T> = Generator<undefined, T>

function* parse(form: ListForm, octets: Uint8Array, options: ParseOptions): Steps<Result<ParsedList, string>> {
  if (octets.length > MAXIMUM_OCTETS) return fail(`it is larger than ${MAXIMUM_OCTETS / 2 ** 20} MB`)
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
  const begin = firstCharacter(text)
  if (begin === '') return fail('it is empty')
  if (begin === '<') return fail('it is a web page, not a list')
  const reading = startReading(options.acceptable)
  const problem =
    form === 'apiban'
      ? yield* readApiban(text, reading)
      : form === 'drop' && begin === '{'
        ? yield* readDropLines(text, reading)
        : yield* readText(text, reading, options.isWhole)
  yield undefined
  return problem === undefined ? reading.finish() : fail(problem)
}

function* readText(text: string, reading: Reading, isWhole: boolean): Steps<string | undefined> {
  if (!isWhole && !text.endsWith('\n')) return 'its last line has no end: it is half a list'
  let promised = 0
  const problem = yield* eachLine(text, (from, to) => {
    const comment = commentIn(text, from, to)
    if (comment === from && promised === 0) promised = entriesPromised(text, from, to)
    const [begin, end] = trimmed(text, from, comment)
    return begin === end ? undefined : reading.add(text, begin, end)
  })
  return problem ?? halfOf(reading.seen, promised)
}

/** `{"cidr": …}` a line, and what belongs to all of them in the last: `{"type":"metadata", …, "records": …}`. */
function* readDropLines(text: string, reading: Reading): Steps<string | undefined> {
  let metadata: Record<string, unknown> | undefined
  const problem = yield* eachLine(text, (from, to) => {
    const [begin, end] = trimmed(text, from, to)
    if (begin === end) return undefined
    if (metadata !== undefined) return 'stands after the last one'
    const value = objectOf(text.slice(begin, end))
    if (value === undefined) return 'is no JSON object'
    if (value['type'] === 'metadata') metadata = value
    else if (typeof value['cidr'] !== 'string') return 'has no cidr'
    else return reading.add(value['cidr'], 0, value['cidr'].length)
    return undefined
  })
  if (problem !== undefined) return problem
  if (metadata === undefined) return 'its last line, the one of type metadata, is missing: it is half a list'
  return halfOf(reading.seen, typeof metadata['records'] === 'number' ? metadata['records'] : 0)
}

/** `{"ipaddress": ["192.0.2.1", …], "ID": "…"}`; what is wrong is told in words where the addresses should be. */
function* readApiban(text: string, reading: Reading): Steps<string | undefined> {
  const value = objectOf(text)
  if (value === undefined) return 'it is no JSON object'
  const addresses = value['ipaddress']
  if (typeof addresses === 'string') return `it says ${shown(addresses)}`
  if (!Array.isArray(addresses)) return 'it has no list named ipaddress'
  for (const [at, address] of (addresses as readonly unknown[]).entries()) {
    if (at % STEP === STEP - 1) yield undefined
    if (typeof address !== 'string') return `address ${at + 1} is no text`
    const problem = reading.add(address, 0, address.length)
    if (problem !== undefined) return `address ${at + 1} ${problem}`
  }
  return undefined
}

function startReading(acceptable: Acceptable): Reading {
  const collector = createNetworkCollector()
  const words: Words = { family: 4, high: 0, low: 0 }
  let seen = 0
  let reserved = 0
  let own = 0
  return {
    get seen() {
      return seen
    },
    add(text, from, to) {
      const length = readNetwork(text, words, from, to)
      if (length < 0) return `is no network: ${shown(text.slice(from, Math.min(to, from + 60)))}`
      if (++seen > MAXIMUM_NETWORKS) return `is one more than ${MAXIMUM_NETWORKS} networks`
      switch (acceptable.of(words, length)) {
        case 'too-wide':
          return `is as wide as /${length}, which no honest list names`
        case 'not-public':
          reserved++
          return undefined
        case 'own':
          own++
          return undefined
        case 'taken':
          collector.add(words, length)
          return undefined
      }
    },
    finish() {
      if (seen === 0) return fail('it names no network')
      const remark = remarkOn(reserved, own)
      if (collector.size === 0) return fail(`nothing of it can be used: ${remark}`)
      const index = collector.finish()
      if (index.addresses > MOST_ADDRESSES) return fail('it covers more than an eighth of the internet')
      return ok({ index, skipped: reserved + own, remark })
    },
  }
}

function remarkOn(reserved: number, own: number): string | undefined {
  const parts: string[] = []
  if (reserved > 0) parts.push(`${reserved} left out: private or reserved`)
  if (own > 0) parts.push(`${own} left out: networks of ours`)
  return parts.length === 0 ? undefined : parts.join('; ')
}

/** Lines may be double; a tenth may be missing where they were joined. */
function halfOf(seen: number, promised: number): string | undefined {
  return seen < promised * 0.9
    ? `it has ${seen} networks of the ${promised} that it promises: it is half a list`
    : undefined
}

/** FireHOL: `# Entries         : 3939 subnets, 611184833 unique IPs`, or only `512 unique IPs`. */
function entriesPromised(text: string, from: number, to: number): number {
  const [, count] =
    /^#\s*Entries\s*:\s*(\d{1,9}) (?:subnets|unique IPs)/.exec(text.slice(from, Math.min(to, from + 200))) ?? []
  return Number(count ?? 0)
}

function* eachLine(text: string, read: (from: number, to: number) => string | undefined): Steps<string | undefined> {
  let line = 0
  for (let from = 0; from < text.length; ) {
    let to = text.indexOf('\n', from)
    if (to < 0) to = text.length
    line++
    if (line % STEP === 0) yield undefined
    if (line > MAXIMUM_LINES) return `it has more than ${MAXIMUM_LINES} lines`
    if (to - from > MAXIMUM_LINE) return `line ${line} is longer than ${MAXIMUM_LINE} characters`
    const problem = read(from, to)
    if (problem !== undefined) return `line ${line} ${problem}`
    from = to + 1
  }
  return undefined
}

function commentIn(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code === 35 || code === 59) return at
  }
  return to
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13
}

function trimmed(text: string, from: number, to: number): readonly [number, number] {
  let begin = from
  let end = to
  while (begin < end && isBlank(text.charCodeAt(begin))) begin++
  while (end > begin && isBlank(text.charCodeAt(end - 1))) end--
  return [begin, end]
}

function firstCharacter(text: string): string {
  return /\S/.exec(text.slice(0, 65_536))?.[0] ?? ''
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** A stranger's words, harmless. */
export function shown(text: string): string {
  return `"${text.slice(0, 60).replace(/[^\x20-\x7e]|"/g, '?')}"`
}
