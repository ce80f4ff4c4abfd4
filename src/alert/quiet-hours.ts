/** Hours in which nobody is disturbed by what is not critical. Pure. */

export interface QuietHours {
  /** `22:00`, by the wall clock there. */
  readonly from: string
  /** `07:00`; before `from`: of the next day. */
  readonly to: string
  /** `Europe/Berlin` */
  readonly timeZone: string
}

const DAY = 1_440
const MINUTE = 60_000

/** When it ends, in milliseconds since the epoch; undefined: it is not quiet. Where a clock changes meanwhile, ask again then. */
export function quietUntil({ from, to, timeZone }: QuietHours, now: number): number | undefined {
  const [begin, end, minute] = [minuteOf(from), minuteOf(to), minuteAt(now, timeZone)]
  const isQuiet = begin <= end ? minute >= begin && minute < end : minute >= begin || minute < end
  if (!isQuiet) return undefined
  const left = (end - minute + DAY) % DAY
  return now - (now % MINUTE) + left * MINUTE
}

function minuteOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))
}

function minuteAt(now: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return minuteOf(format.format(now))
}
