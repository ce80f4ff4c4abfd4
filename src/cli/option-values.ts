/** Values of options: read, or refused with an example. */
import { CommandError } from './errors.ts'
import { parseSince } from './output/time.ts'

export function readCount(option: string, text: string, maximum: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= maximum) return count
  throw new CommandError(
    'COMMAND_USAGE',
    `${option} ${text}: is not a number from 1 to ${maximum}; for example ${option} 20`,
  )
}

/** The longest time that calls may be given to end, in seconds: a day. */
export const LONGEST_DRAIN_S = 86_400

/** As `readCount`, and 0 is a number of seconds. */
export function readSeconds(option: string, text: string, maximum: number): number {
  return text === '0' ? 0 : readCount(option, text, maximum)
}

/** Milliseconds since the epoch. */
export function readTime(option: string, text: string, now: number): number {
  const time = parseSince(text, now)
  if (time !== undefined) return time
  const example = `${option} 15m, ${option} 2h, ${option} 2026-11-22T14:00`
  throw new CommandError('COMMAND_USAGE', `${option} ${text}: is no time; for example ${example}`)
}
