/** Events over time, and how many of each: every bar asks for what it counts. */
import { type KeyboardEvent, useRef } from 'react'
import type { LogCounts, LoggedEvent } from '../../api/types.ts'
import { Choice } from '../../components/field.tsx'
import { formatTime } from '../../components/format.tsx'
import { visible } from '../../components/visible.ts'
import { type Bar, barsOf, groupsOf, overTime } from './counts.ts'

export const GROUPINGS = [
  'severity',
  'type',
  'actor',
  'extension',
  'source',
  'client',
  'target',
  'outcome',
  'reason',
  'rule',
]

interface CountsProps {
  readonly events: readonly LoggedEvent[]
  readonly per: number | undefined
  readonly onSpan: (bar: Bar) => void
}

export function OverTime({ events, per, onSpan }: CountsProps) {
  const list = useRef<HTMLDivElement>(null)
  const bars = barsOf(events, per)
  const most = bars.reduce((largest, { count }) => Math.max(largest, count), 1)
  const first = bars[0]
  const last = bars.at(-1)
  if (first === undefined || last === undefined) return null
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])]
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    if (step === 0 || at < 0) return
    event.preventDefault()
    buttons[(at + step + buttons.length) % buttons.length]?.focus()
  }
  return (
    <figure className="grid gap-1">
      <figcaption className="text-sm font-medium">Over time</figcaption>
      <div
        ref={list}
        role="group"
        aria-label="Events over time; arrows go from bar to bar, Enter narrows to one"
        className="flex h-24 items-end gap-px border-b"
        onKeyDown={move}
      >
        {bars.map((bar, index) => (
          <button
            key={bar.from}
            type="button"
            tabIndex={index === 0 ? 0 : -1}
            className="group flex h-full min-w-0 flex-1 flex-col justify-end rounded-t hover:bg-accent-soft"
            title={sayBar(bar)}
            aria-label={sayBar(bar)}
            onClick={() => onSpan(bar)}
          >
            <span className="block w-full bg-bad" style={{ height: `${(bar.loud / most) * 100}%` }} />
            <span className="block w-full bg-accent" style={{ height: `${((bar.count - bar.loud) / most) * 100}%` }} />
          </button>
        ))}
      </div>
      <div className="flex flex-wrap justify-between gap-x-3 text-xs text-muted">
        <span>{formatTime(first.from)}</span>
        <span className="flex items-center gap-1">
          <span className="inline-block size-2.5 rounded-sm bg-bad" aria-hidden /> warnings and worse
        </span>
        <span>{formatTime(last.until)}</span>
      </div>
    </figure>
  )
}

function sayBar({ from, until, count, loud }: Bar): string {
  const length = until - from >= 86_400_000 ? formatTime(until) : new Date(until).toLocaleTimeString()
  return `${formatTime(from)} to ${length}: ${count} events, ${loud} of them warnings or worse`
}

interface GroupsProps {
  readonly events: readonly LoggedEvent[]
  readonly by: readonly string[]
  readonly top: number
  /** In the whole log, where the question counts. */
  readonly counted: LogCounts | undefined
  /** By the question: there is nothing to choose. */
  readonly fixed: boolean
  readonly onBy: (field: string) => void
  readonly onGroup: (values: readonly string[]) => void
}

export function ByField({ events, by, top, counted, fixed, onBy, onGroup }: GroupsProps) {
  const groups =
    by.length === 0 ? [] : counted === undefined ? groupsOf(events, by, top) : overTime(counted).slice(0, top)
  const most = groups[0]?.count ?? 1
  return (
    <div className="grid content-start gap-2">
      {fixed ? (
        <p className="text-sm font-medium">
          {by.length === 0 ? '' : `By ${by.join(', ')}: `}
          {counted === undefined
            ? 'counting …'
            : `${counted.total} events${counted.partial ? ' as far as was looked' : ' in the log'}`}
        </p>
      ) : (
        <Choice
          label="How many by"
          value={by[0] ?? ''}
          onChange={onBy}
          options={GROUPINGS.map(value => ({ value, label: value }))}
        />
      )}
      <ul className="grid max-h-56 gap-1 overflow-y-auto" aria-label={`How many by ${by.join(', ')}`}>
        {groups.map(({ values, count }) => {
          const said = values.map(value => (value === '' ? '(none)' : visible(value).slice(0, 200))).join(' · ')
          return (
            <li key={JSON.stringify(values)}>
              <button
                type="button"
                className="relative grid w-full grid-cols-[1fr_auto] gap-3 overflow-hidden rounded px-2 py-0.5 text-left text-sm hover:bg-accent-soft disabled:opacity-100"
                disabled={values.every(value => value === '')}
                onClick={() => onGroup(values)}
              >
                <span
                  aria-hidden
                  className="absolute inset-y-0 left-0 bg-accent-soft"
                  style={{ width: `${(count / most) * 100}%` }}
                />
                <span className="relative truncate">
                  <bdi>{said}</bdi>
                </span>
                <span className="relative tabular-nums">{count}</span>
              </button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
