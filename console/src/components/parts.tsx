/** Small parts of pages. */
import { CircleAlert, CircleCheck, Info, LoaderCircle, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { messageOf } from '../api/client.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'neutral' | 'accent'

const TONES: Readonly<Record<Tone, string>> = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  accent: 'bg-accent-soft text-accent',
  neutral: 'border text-muted',
}

export function Badge({ tone = 'neutral', children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  )
}

export function Card({
  title,
  more,
  children,
  className = '',
}: {
  readonly title?: string
  readonly more?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}) {
  return (
    <section className={`rounded-2xl border bg-surface p-5 ${className}`}>
      {title !== undefined && (
        <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
          <h2>{title}</h2>
          {more}
        </div>
      )}
      {children}
    </section>
  )
}

export function PageHead({
  title,
  children,
  lead,
}: {
  readonly title: string
  readonly children?: ReactNode
  readonly lead?: ReactNode
}) {
  return (
    <div className="mb-2 flex flex-wrap items-end justify-between gap-3">
      <div className="grid gap-1">
        <h1>{title}</h1>
        {lead !== undefined && <p className="max-w-[65ch] text-muted">{lead}</p>}
      </div>
      <div className="flex flex-wrap gap-2">{children}</div>
    </div>
  )
}

/** Says what would stand here, and what to do for it. */
export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-2 rounded-xl border border-dashed px-6 py-10 text-center">
      <p className="font-medium">{title}</p>
      <div className="max-w-[55ch] text-muted">{children}</div>
    </div>
  )
}

export function Loading({ what = 'Reading' }: { readonly what?: string }) {
  return (
    <p className="flex items-center gap-2 py-6 text-muted" role="status">
      <LoaderCircle size={18} className="animate-spin" aria-hidden /> {what} …
    </p>
  )
}

export function Failure({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 rounded-xl bg-bad-soft px-4 py-3 text-bad">
      <CircleAlert size={18} aria-hidden />
      <span>{messageOf(error)}</span>
      {onRetry !== undefined && (
        <button type="button" className="font-medium underline" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: CircleAlert, neutral: Info, accent: Info } as const

export function Notice({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  const Icon = ICONS[tone]
  return (
    <div className={`flex items-start gap-3 rounded-xl px-4 py-3 ${TONES[tone]}`}>
      <Icon size={18} className="mt-0.5 shrink-0" aria-hidden />
      <div className="min-w-0">{children}</div>
    </div>
  )
}

export function Facts({ items }: { readonly items: readonly (readonly [label: string, value: ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-4 gap-y-2">
      {items.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
