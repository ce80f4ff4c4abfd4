/** Call detail records of Asterisk (cdr_csv) and of FreePBX' export, as recorded calls. */
import { fail, ok, type Result } from '../../base/result.ts'
import { type Format, type RecordedCall, type RowFault, secondsOf, shown } from './recorded-call.ts'

/** The order in which cdr_csv writes; it writes no header line. The last two are there by configuration alone. */
export const CDR_CSV = [
  'accountcode',
  'src',
  'dst',
  'dcontext',
  'clid',
  'channel',
  'dstchannel',
  'lastapp',
  'lastdata',
  'start',
  'answer',
  'end',
  'duration',
  'billsec',
  'disposition',
  'amaflags',
  'uniqueid',
  'userfield',
] as const

const LEAST_FIELDS = 16
const REQUIRED = ['src', 'dst', 'duration', 'billsec', 'disposition'] as const
const LOCAL_TIME = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/
/** `SIP/101-00000a1b`, `PJSIP/101-00000a1b`: who is at the other end of a channel. */
const CHANNEL = /^(?:PJ)?SIP\/([^-/]+)-/i
/** What only an extension can be: a short number. */
const SHORT = /^\d{1,6}$/

/** Milliseconds since the epoch of that wall-clock time; where it is there twice, the first. */
export type LocalTimes = (
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
) => number

/** A first row that is a call already. */
export function looksLikeCdrCsv(fields: readonly string[]): boolean {
  return fields.length >= LEAST_FIELDS && LOCAL_TIME.test(fields[9]!) && /^\d+$/.test(fields[12]!)
}

export function asteriskFormat(
  names: readonly string[],
  headless: boolean,
  toEpoch: LocalTimes,
): Result<Format, RowFault> {
  const missing = REQUIRED.find(name => !names.includes(name))
  if (missing !== undefined) return fail({ column: missing, message: `the header line names no column ${missing}` })
  const isFreePbx = names.includes('calldate')
  const column = isFreePbx ? 'calldate' : 'start'
  if (!names.includes(column)) return fail({ column, message: `the header line names no column ${column}` })
  const read = (fields: readonly string[]): Result<RecordedCall | undefined, RowFault> => {
    const text = (name: string): string => fields[names.indexOf(name)]?.trim() ?? ''
    return readCdr(text, column, toEpoch)
  }
  return ok({ name: isFreePbx ? 'freepbx' : 'asterisk', headless, read })
}

function readCdr(
  text: (name: string) => string,
  column: string,
  toEpoch: LocalTimes,
): Result<RecordedCall | undefined, RowFault> {
  const start = localMoment(text(column), toEpoch)
  if (start === undefined)
    return fail({ column, message: `"${shown(text(column))}" is no local time such as 2026-03-01 09:30:00` })
  const billsec = secondsOf(text('billsec'))
  if (billsec === undefined)
    return fail({ column: 'billsec', message: `"${shown(text('billsec'))}" is no number of seconds` })
  const { extension, direction } = whoCalls(text)
  return ok({
    id: text('uniqueid') || `${text(column)} ${text('src')} ${text('dst')}`,
    start,
    extension,
    sourceAddress: '',
    userAgent: '',
    destination: text('dst'),
    answered: text('disposition').toUpperCase() === 'ANSWERED' && billsec > 0,
    seconds: billsec,
    forwardedBy: '',
    transferredBy: '',
    callerId: direction === 'in' ? text('src') : '',
    direction,
    label: undefined,
  })
}

/** The channel says who called, where `src` is already what the outside was shown. */
function whoCalls(text: (name: string) => string): Pick<RecordedCall, 'extension' | 'direction'> {
  const from = CHANNEL.exec(text('channel'))?.[1] ?? ''
  const to = CHANNEL.exec(text('dstchannel'))?.[1] ?? ''
  const source = text('src')
  const caller = SHORT.test(from) ? from : SHORT.test(source) ? source : undefined
  if (caller !== undefined) {
    const internal = SHORT.test(text('dst')) && SHORT.test(to)
    return { extension: caller, direction: internal ? 'internal' : 'out' }
  }
  return { extension: SHORT.test(to) ? to : text('dst') || 'unknown', direction: 'in' }
}

function localMoment(text: string, toEpoch: LocalTimes): number | undefined {
  const parts = LOCAL_TIME.exec(text)?.slice(1).map(Number)
  if (parts === undefined) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined
  return toEpoch(year, month, day, hour, minute, second)
}

/** Local times of a zone: the offset is found by asking twice, which settles days of change too. */
export function localTimesOf(timeZone: string): LocalTimes {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const offsets = new Map<number, number>()
  const offsetAt = (at: number): number => {
    const slot = Math.floor(at / 900_000)
    let offset = offsets.get(slot)
    if (offset === undefined) {
      if (offsets.size > 100_000) offsets.clear()
      const whole = slot * 900_000
      offset = Date.parse(`${format.format(whole).replace(' ', 'T')}Z`) - whole
      offsets.set(slot, offset)
    }
    return offset
  }
  return (year, month, day, hour, minute, second) => {
    const wall = Date.UTC(year, month - 1, day, hour, minute, second)
    const guess = wall - offsetAt(wall)
    return wall - offsetAt(guess)
  }
}
