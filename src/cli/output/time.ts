/** Times: local for people, ISO 8601 for programs, and what `--since` understands. */

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `15m`, `2h`, `3d`, or a date in ISO 8601, as milliseconds since the epoch. Undefined when it is none of them. */
export function parseSince(text: string, now: number): number | undefined {
  const span = /^(\d{1,9})([smhdw])$/.exec(text)
  if (span !== null) return now - Number(span[1]) * UNITS[span[2]!]!
  if (!/^\d{4}-\d{2}-\d{2}([T ][\d:.]{5,12}(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) return undefined
  // A day without a time begins at local midnight, as a person means it; new Date() would take it for UTC.
  const time = new Date(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T')).getTime()
  return Number.isFinite(time) && time >= 0 ? time : undefined
}

/** `2026-11-22 14:03:07`, in the machine's time zone. */
export function formatTime(at: number | null | undefined): string {
  if (at === null || at === undefined) return '-'
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `0:07`, `12:30`, `2:05:00`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000))
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours === 0 ? `${minutes}:${two(seconds % 60)}` : `${hours}:${two(minutes)}:${two(seconds % 60)}`
}

/** The same value with every time in ISO 8601: the numbers under `at`, `…At`, `…Until` and `notAfter`. */
export function withIsoTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIsoTimes)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => {
    const isTime =
      typeof inner === 'number' && /^(?:at|notAfter|[a-z]\w*(?:At|Until))$/.test(key) && Math.abs(inner) <= 8.64e15
    return [key, isTime ? new Date(inner).toISOString() : withIsoTimes(inner)]
  })
  return Object.fromEntries(entries)
}
