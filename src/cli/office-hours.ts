/** Office hours as people write them: `mon-fri 09:00-17:00`, `sat,sun 10:00-12:00`. */
import type { CallingView } from '../api/outside-operations.ts'
import { usage } from './outside-values.ts'

type OfficeHours = CallingView['hours'][number]

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/
const EXAMPLE = 'for example "mon-fri 09:00-17:00"; or "always"'

export function readHours(option: string, text: string): OfficeHours {
  const [, days = '', from = '', to = ''] =
    /^([a-z,-]+) +(\d\d:\d\d) *- *(\d\d:\d\d)$/.exec(text.trim().toLowerCase()) ?? []
  const numbers = days.split(',').flatMap(readDays)
  const valid = TIME.test(from) && (TIME.test(to) || to === '24:00') && from < to
  if (!valid || numbers.length === 0 || numbers.includes(0)) {
    throw usage(option, `"${text}"`, `is no span of office hours, ${EXAMPLE}`)
  }
  return { days: [...new Set(numbers)].toSorted((a, b) => a - b), from, to }
}

/** `fri-mon` goes over the weekend. 0 where it is no day. */
function readDays(text: string): readonly number[] {
  const [first = 0, last = first, ...rest] = text.split('-').map(each => DAYS.indexOf(each as 'mon') + 1)
  if (first === 0 || last === 0 || rest.length > 0) return [0]
  const length = ((last - first + 7) % 7) + 1
  return Array.from({ length }, (_, i) => ((first - 1 + i) % 7) + 1)
}

export function formatHours(hours: readonly OfficeHours[]): string {
  if (hours.length === 0) return 'always open'
  return hours.map(({ days, from, to }) => `${formatDays(days)} ${from}-${to}`).join('; ')
}

/** Runs of three and more as a span. */
function formatDays(days: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < days.length; ) {
    let end = i
    while (days[end + 1] === days[end]! + 1) end++
    const name = (at: number): string => DAYS[days[at]! - 1] ?? '?'
    if (end - i >= 2) {
      parts.push(`${name(i)}-${name(end)}`)
      i = end + 1
    } else parts.push(name(i++))
  }
  return parts.join(',')
}
