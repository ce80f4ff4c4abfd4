/** Times, durations, money and names as people read them. */
import { useEffect, useState } from 'react'

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

export function formatTime(at: number): string {
  return TIME.format(at)
}

export function formatClock(at: number): string {
  return CLOCK.format(at)
}

function ago(at: number, now: number): string {
  const [unit, size] = STEPS.find(([, each]) => Math.abs(at - now) >= each) ?? STEPS.at(-1)!
  return AGO.format(Math.trunc((at - now) / size), unit)
}

/** Said relative to now, and in full when pointed at. */
export function Ago({ at }: { readonly at: number }) {
  const now = useNow(30_000)
  return (
    <time dateTime={new Date(at).toISOString()} title={formatTime(at)}>
      {ago(at, now)}
    </time>
  )
}

export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60]
  const two = (value: number): string => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

export function formatMoney(amount: string, currency: string): string {
  const value = Number(amount)
  return Number.isFinite(value)
    ? new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(value)
    : `${amount} ${currency}`
}

/** FRAUD_FIRST_COUNTRY -> first country */
export function ruleName(rule: string): string {
  return rule
    .replace(/^(FRAUD|GUARD)_/, '')
    .replaceAll('_', ' ')
    .toLowerCase()
}
