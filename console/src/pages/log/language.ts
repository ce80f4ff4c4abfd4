/** The filter language of the log as the page uses it: the server's own reader of it, completion, and terms that are added by a click. */
import type { RingfenceEvent } from '../../../../src/events/catalogue.ts'
import { EVENT_SEVERITY } from '../../../../src/events/catalogue.ts'
import { eventFields } from '../../../../src/events/query/event-fields.ts'
import { QUERY_FIELDS, SEVERITIES } from '../../../../src/events/query/fields.ts'
import { matches } from '../../../../src/events/query/matches.ts'
import { parseQuery } from '../../../../src/events/query/parse.ts'
import { tokenize } from '../../../../src/events/query/tokens.ts'
import type { Counting, QueryFault } from '../../../../src/events/query/types.ts'
import type { LoggedEvent } from '../../api/types.ts'

export const EVENT_TYPES: readonly string[] = Object.keys(EVENT_SEVERITY)

export interface Reading {
  readonly fault?: QueryFault
  readonly counting?: Counting | undefined
  /** Of what happens now: whether it is asked for. */
  readonly wants: (logged: LoggedEvent) => boolean
}

export function readQuery(text: string): Reading {
  const read = parseQuery(text)
  if (!read.ok) return { fault: read.error, wants: () => false }
  const { filter, counting } = read.value
  return { counting, wants: logged => matches(filter, fieldsOf(logged)) }
}

export function fieldsOf({ event, position }: LoggedEvent) {
  return eventFields(event as unknown as RingfenceEvent, position)
}

export function fieldValue(logged: LoggedEvent, field: string): string {
  return fieldsOf(logged).values(field).map(String).join(' ')
}

interface Parts {
  readonly filter: string
  readonly times: string
  readonly counting: string
}

/** Conditions, bounds of time, and counting: a question that cannot be read is all conditions. */
export function partsOf(text: string): Parts {
  const read = tokenize(text)
  if (!read.ok) return { filter: text.trim(), times: '', counting: '' }
  const { tokens } = read
  const bar = tokens.find(token => token.kind === '|')?.position ?? text.length
  const times: string[] = []
  let filter = ''
  let from = 0
  tokens.forEach((token, index) => {
    const isTime = token.kind === 'word' && /^(?:last|since|until)$/i.test(token.text) && token.position >= from
    const value = tokens[index + 1]
    if (!isTime || tokens[index - 1]?.kind === 'comparison' || value?.kind !== 'word' || token.position >= bar) return
    const end = Math.min(tokens[index + 2]?.position ?? bar, bar)
    filter += text.slice(from, token.position)
    times.push(text.slice(token.position, end).trim())
    from = end
  })
  filter += text.slice(Math.min(from, bar), bar)
  return { filter: filter.trim().replaceAll(/\s+/g, ' '), times: times.join(' '), counting: text.slice(bar).trim() }
}

const join = ({ filter, times, counting }: Parts): string =>
  [filter, times, counting].filter(part => part !== '').join(' ')

/** The question without its counting: what events it is about. */
export function listingOf(text: string): string {
  return join({ ...partsOf(text), counting: '' })
}

export function withTerm(text: string, field: string, value: string, not = false): string {
  const parts = partsOf(text)
  const term = `${field}${not ? '!=' : ':'}${quote(value)}`
  if (` ${parts.filter} `.includes(` ${term} `)) return text
  const read = parseQuery(parts.filter)
  const held = read.ok && read.value.filter.kind === 'any' ? `(${parts.filter})` : parts.filter
  return join({ ...parts, filter: `${held} ${term}`.trim() })
}

/** `last 24h`; '': of all time. */
export function withTime(text: string, times: string): string {
  return join({ ...partsOf(text), times })
}

function quote(value: string): string {
  return /^[A-Za-z0-9+][\w.+@-]*$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, sign => `\\${sign}`)}"`
}

export interface Completion {
  readonly text: string
  readonly meaning: string
}

export interface Completions {
  /** What the chosen one stands instead of. */
  readonly from: number
  readonly to: number
  readonly options: readonly Completion[]
}

const MAXIMUM_OPTIONS = 12
const TIMES = ['15m', '1h', '24h', '7d', '30d'] as const
const WORDS: readonly Completion[] = [
  { text: 'last ', meaning: 'of the time until now: last 24h' },
  { text: 'since ', meaning: 'from then on: since 2026-11-01' },
  { text: 'until ', meaning: 'before then: until 2026-11-02T10:30' },
  { text: 'not ', meaning: 'what does not answer to the next condition' },
  { text: 'or ', meaning: 'one or the other' },
  { text: '| count by ', meaning: 'how many of each' },
]
const COUNTING: readonly Completion[] = [
  { text: 'count by ', meaning: 'how many of each' },
  { text: 'per ', meaning: 'in steps of time: per 1h' },
  { text: 'top ', meaning: 'the largest only: top 10' },
]

/** `seen`: values of a field in what is on the screen. */
export function complete(text: string, caret: number, seen: (field: string) => readonly string[]): Completions {
  const before = text.slice(0, caret)
  const value = /([A-Za-z][\w.-]*)(?::|!=|<=|>=|=|<|>|~)(?:\((?:[^()"]*,)?)?("?)([^\s"(),|]*)$/.exec(before)
  if (value !== null) return choose(before, value[2]! + value[3]!, value[3]!, valuesOf(value[1]!, seen))
  const time = /(?:^|\s)(last|since|until)\s+(\S*)$/i.exec(before)
  if (time !== null)
    return choose(
      before,
      time[2]!,
      time[2]!,
      TIMES.map(each => ({ text: `${each} `, meaning: 'before now' })),
    )
  const [word = ''] = /[^\s"(),|]*$/.exec(before) ?? []
  // Inside of a quotation nothing is a field.
  if ((before.match(/"/g)?.length ?? 0) % 2 === 1) return { from: caret, to: caret, options: [] }
  const counts = before.includes('|')
  const fields = QUERY_FIELDS.map(({ name, meaning, example }) => ({
    text: counts ? `${name} ` : `${name}${name === 'position' ? '>' : ':'}`,
    meaning: counts ? meaning : `${meaning} – ${example}`,
  }))
  return choose(before, word, word, counts ? [...COUNTING, ...fields] : [...fields, ...WORDS])
}

function valuesOf(field: string, seen: (field: string) => readonly string[]): readonly Completion[] {
  const held = (): readonly Completion[] =>
    seen(field).map(each => ({ text: `${quote(each)} `, meaning: 'among what is shown' }))
  if (field === 'severity') return SEVERITIES.map(each => ({ text: `${each} `, meaning: 'how loud' }))
  if (field === 'outcome') return ['success', 'failure', 'unknown'].map(each => ({ text: `${each} `, meaning: '' }))
  if (field !== 'type') return held()
  const families = [...new Set(EVENT_TYPES.map(type => type.slice(0, type.indexOf('.') + 1)))]
  return [
    ...families.map(family => ({ text: `${family}* `, meaning: 'all of these' })),
    ...EVENT_TYPES.map(type => ({ text: `${type} `, meaning: 'an event' })),
  ]
}

function choose(before: string, replaced: string, typed: string, all: readonly Completion[]): Completions {
  const wanted = typed.toLowerCase()
  const fits = all.filter(each => each.text.toLowerCase().startsWith(wanted) && each.text.trim() !== typed)
  const inside = all.filter(
    each => !fits.includes(each) && wanted.length > 1 && each.text.toLowerCase().includes(wanted),
  )
  return {
    from: before.length - replaced.length,
    to: before.length,
    options: [...fits, ...inside.filter(each => each.text.trim() !== typed)].slice(0, MAXIMUM_OPTIONS),
  }
}
