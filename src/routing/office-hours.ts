/** Is the office open at this moment? By the wall clock of its time zone, whatever that does in spring and autumn. */
import type { OfficeHours, OfficeSchedule } from '../directory/calling.ts'

const MAXIMUM_FORMATTERS = 100
const DAY_MS = 86_400_000
const formatters = new Map<string, Intl.DateTimeFormat>()

interface LocalTime {
  /** `YYYY-MM-DD` */
  readonly date: string
  /** Of the day before. */
  readonly yesterday: string
  /** 1 is Monday. */
  readonly weekday: number
  readonly minute: number
}

/**
 * `at`: milliseconds since 1970. A holiday is closed from midnight to midnight; a span over midnight (22:00 to 06:00) belongs to
 * the day on which it begins. Without hours: open on all days but holidays. A time zone that does not exist counts as UTC.
 */
export function officeOpen(schedule: OfficeSchedule, at: number): boolean {
  if (schedule.hours.length === 0 && schedule.holidays.length === 0) return true
  const local = localTime(schedule.timeZone, at)
  if (schedule.holidays.includes(local.date)) return false
  if (schedule.hours.length === 0) return true
  const yesterdayClosed = schedule.holidays.includes(local.yesterday)
  return schedule.hours.some(span => isWithin(span, local, yesterdayClosed))
}

function isWithin(span: OfficeHours, { weekday, minute }: LocalTime, yesterdayClosed: boolean): boolean {
  const from = minuteOf(span.from)
  const to = minuteOf(span.to)
  if (from === undefined || to === undefined) return false
  if (from < to) return span.days.includes(weekday) && minute >= from && minute < to
  if (span.days.includes(weekday) && minute >= from) return true
  return !yesterdayClosed && span.days.includes(weekday === 1 ? 7 : weekday - 1) && minute < to
}

/** `HH:MM`, up to 24:00. */
function minuteOf(text: string): number | undefined {
  const [, hour, minute] = /^(\d{2}):(\d{2})$/.exec(text) ?? []
  const total = Number(hour) * 60 + Number(minute)
  return Number(minute) < 60 && total <= 1440 ? total : undefined
}

/** Offsets of time zones change only at whole quarters of an hour: within one, the clock on the wall just goes on. */
const QUARTER_MS = 900_000
const quarters = new Map<string, { readonly quarter: number; readonly local: LocalTime }>()

function localTime(timeZone: string, at: number): LocalTime {
  const quarter = Math.floor(at / QUARTER_MS)
  let known = quarters.get(timeZone)
  if (known?.quarter !== quarter) {
    if (quarters.size >= MAXIMUM_FORMATTERS) quarters.clear()
    known = { quarter, local: localTimeAt(timeZone, quarter * QUARTER_MS) }
    quarters.set(timeZone, known)
  }
  const minute = known.local.minute + Math.floor((at - quarter * QUARTER_MS) / 60_000)
  // Zones whose offset is no whole quarter (before 1972): midnight may lie within.
  return minute < 1_440 && known.local.minute % 15 === 0 ? { ...known.local, minute } : localTimeAt(timeZone, at)
}

function localTimeAt(timeZone: string, at: number): LocalTime {
  const parts = formatterOf(timeZone).formatToParts(at)
  const value = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find(part => part.type === type)?.value)
  // The local date as if it were one of UTC: only its calendar is used.
  const midnight = Date.UTC(value('year'), value('month') - 1, value('day'))
  return {
    date: dateText(midnight),
    yesterday: dateText(midnight - DAY_MS),
    weekday: ((Math.floor(midnight / DAY_MS) + 3) % 7) + 1,
    minute: value('hour') * 60 + value('minute'),
  }
}

function dateText(midnight: number): string {
  return new Date(midnight).toISOString().slice(0, 10)
}

/** Making a formatter costs a thousand times what using one does. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known !== undefined) return known
  if (formatters.size >= MAXIMUM_FORMATTERS) formatters.clear()
  const made = createFormatter(timeZone) ?? createFormatter('UTC')!
  formatters.set(timeZone, made)
  return made
}

function createFormatter(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
  } catch {
    return undefined
  }
}
