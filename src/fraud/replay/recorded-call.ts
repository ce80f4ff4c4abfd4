/** A call of a recording, and how lines of tables become one. */
import type { Result } from '../../base/result.ts'
import { fail, ok } from '../../base/result.ts'

export interface RecordedCall {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly extension: string
  readonly sourceAddress: string
  readonly userAgent: string
  /** As it was dialled. */
  readonly destination: string
  readonly answered: boolean
  readonly seconds: number
  /** Extension whose forward made it; empty: none. */
  readonly forwardedBy: string
  readonly transferredBy: string
  readonly callerId: string
  readonly direction: 'out' | 'in' | 'internal'
  readonly label: 'legitimate' | 'attack' | undefined
}

export interface RowFault {
  /** Undefined: the row as a whole. */
  readonly column: string | undefined
  readonly message: string
}

/** Reads one row; undefined: no call (a line that only reports something). */
export type RowReader = (fields: readonly string[]) => Result<RecordedCall | undefined, RowFault>

export interface Format {
  readonly name: 'ringfence' | 'asterisk' | 'freepbx'
  readonly read: RowReader
  /** The first row is a call already: the table has no header. */
  readonly headless: boolean
}

const REQUIRED = ['id', 'start', 'extension', 'destination', 'answered', 'duration_s'] as const
const OURS = [
  ...REQUIRED,
  'source_ip',
  'user_agent',
  'forwarded_by',
  'transferred_by',
  'caller_id',
  'direction',
  'label',
] as const
type Column = (typeof OURS)[number]

const DIRECTIONS: Readonly<Record<string, RecordedCall['direction']>> = {
  '': 'out',
  out: 'out',
  outbound: 'out',
  outgoing: 'out',
  in: 'in',
  inbound: 'in',
  incoming: 'in',
  internal: 'internal',
  local: 'internal',
}
const MAXIMUM_SECONDS = 10 * 86_400
const DIGITS = /^\d{1,10}$/
/** ISO 8601 with an offset: without one nobody knows when it was. */
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/i

/** By header names, in any order; names that are not known are left alone. */
export function ourFormat(names: readonly string[]): Result<Format, RowFault> {
  const missing = REQUIRED.find(name => !names.includes(name))
  if (missing !== undefined) return fail({ column: missing, message: `the header line names no column ${missing}` })
  const twice = OURS.find(name => names.indexOf(name) !== names.lastIndexOf(name))
  if (twice !== undefined) return fail({ column: twice, message: `the header line names ${twice} twice` })
  const positions = Object.fromEntries(OURS.map(name => [name, names.indexOf(name)])) as Record<Column, number>
  return ok({ name: 'ringfence', headless: false, read: fields => readOurs(fields, positions, names.length) })
}

function readOurs(
  fields: readonly string[],
  positions: Readonly<Record<Column, number>>,
  width: number,
): Result<RecordedCall, RowFault> {
  if (fields.length !== width) {
    return fail({ column: undefined, message: `${fields.length} fields, the header line has ${width}` })
  }
  const text = (column: Column): string => fields[positions[column]]?.trim() ?? ''
  const fault = (column: Column, message: string): Result<never, RowFault> => fail({ column, message })
  const start = momentOf(text('start'))
  if (start === undefined) {
    return fault(
      'start',
      `"${shown(text('start'))}" is no time of ISO 8601 with an offset, such as 2026-03-01T09:30:00+01:00`,
    )
  }
  if (text('id') === '') return fault('id', 'is empty')
  if (text('extension') === '') return fault('extension', 'is empty')
  const answered = text('answered')
  if (answered !== '0' && answered !== '1') return fault('answered', `"${shown(answered)}" is neither 0 nor 1`)
  const seconds = secondsOf(text('duration_s'))
  if (seconds === undefined) return fault('duration_s', `"${shown(text('duration_s'))}" is no number of seconds`)
  const direction = DIRECTIONS[text('direction').toLowerCase()]
  if (direction === undefined)
    return fault('direction', `"${shown(text('direction'))}" is neither out, in nor internal`)
  const label = text('label').toLowerCase()
  if (label !== '' && label !== 'legitimate' && label !== 'attack') {
    return fault('label', `"${shown(label)}" is neither legitimate nor attack`)
  }
  return ok({
    id: text('id'),
    start,
    extension: text('extension'),
    sourceAddress: text('source_ip'),
    userAgent: text('user_agent'),
    destination: text('destination'),
    answered: answered === '1',
    seconds,
    forwardedBy: text('forwarded_by'),
    transferredBy: text('transferred_by'),
    callerId: text('caller_id'),
    direction,
    label: label === '' ? undefined : label,
  })
}

export function momentOf(text: string): number | undefined {
  if (!MOMENT.test(text)) return undefined
  const at = Date.parse(text.replace(' ', 'T'))
  return Number.isNaN(at) ? undefined : at
}

/** Whole seconds; fractions count as begun. */
export function secondsOf(text: string): number | undefined {
  const whole = /^(\d{1,10})(?:\.\d{1,9})?$/.exec(text)
  if (whole === null || !DIGITS.test(whole[1]!)) return undefined
  const seconds = Math.ceil(Number(text))
  return seconds <= MAXIMUM_SECONDS ? seconds : undefined
}

export function shown(text: string): string {
  return text.slice(0, 40)
}
