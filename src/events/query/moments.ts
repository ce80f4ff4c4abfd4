/** Times as people write them: `15m`, `24h`, `7d`; `2026-11-01`, `2026-11-01T10:30`, with a zone or in UTC. */
import type { Moment } from './types.ts'

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const LONGEST = 20 * 366 * 86_400_000

/** Milliseconds. */
export function readDuration(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  const span = Number(count) * (UNITS[unit] ?? 0)
  return span > 0 && span <= LONGEST ? span : undefined
}

export function readMoment(text: string): Moment | undefined {
  const ago = readDuration(text)
  if (ago !== undefined) return { ago }
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text))
    return undefined
  const zoned = text.length === 10 || /(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`
  const at = Date.parse(zoned)
  if (Number.isNaN(at)) return undefined
  // 2026-02-30 would silently be March.
  return new Date(Date.parse(`${text.slice(0, 10)}T00:00Z`)).toISOString().startsWith(text.slice(0, 10))
    ? { at }
    : undefined
}

/** Milliseconds since the epoch. */
export function momentAt(moment: Moment, now: number): number {
  return 'at' in moment ? moment.at : now - moment.ago
}
