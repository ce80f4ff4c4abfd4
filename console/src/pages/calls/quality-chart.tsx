/** MOS, loss and jitter of both sides over the time of a call, as lines and as a table. */
import { formatClock } from '../../components/format.tsx'
import { Empty } from '../../components/parts.tsx'
import type { Measure, Quality, QualityPoint, Side } from './quality.ts'

const MEASURES: readonly {
  readonly measure: Measure
  readonly title: string
  readonly unit: string
  readonly floor: number
  readonly top: number
}[] = [
  { measure: 'mos', title: 'MOS (5 is best)', unit: '', floor: 1, top: 5 },
  { measure: 'loss', title: 'Packets lost', unit: ' %', floor: 0, top: 2 },
  { measure: 'jitter', title: 'Jitter', unit: ' ms', floor: 0, top: 20 },
]
const SIDES: readonly { readonly side: Side; readonly label: string; readonly line: string; readonly dash?: string }[] =
  [
    { side: 'caller', label: 'from the caller', line: 'stroke-accent' },
    { side: 'callee', label: 'from the called', line: 'stroke-warn', dash: '6 4' },
  ]
const WIDTH = 320
const HEIGHT = 110
const MAXIMUM_ROWS = 500

export function QualityChart({ quality }: { readonly quality: Quality }) {
  if (quality.caller.length === 0) {
    return (
      <Empty title="Nothing was measured">Both sides are measured every five seconds, as long as a call is up.</Empty>
    )
  }
  return (
    <div className="grid gap-4">
      <div className="grid gap-4 md:grid-cols-3">
        {MEASURES.map(each => (
          <Chart key={each.measure} {...each} quality={quality} />
        ))}
      </div>
      <ul className="flex flex-wrap gap-x-6 gap-y-1 text-sm text-muted">
        {SIDES.map(({ side, label, line, dash }) => (
          <li key={side} className="flex items-center gap-2">
            <svg width="32" height="6" aria-hidden="true">
              <line x1="0" x2="32" y1="3" y2="3" className={line} strokeWidth="2" strokeDasharray={dash} />
            </svg>
            what we hear {label}
          </li>
        ))}
      </ul>
      <Numbers quality={quality} />
    </div>
  )
}

type ChartProps = (typeof MEASURES)[number] & { readonly quality: Quality }

function Chart({ measure, title, unit, floor, top, quality }: ChartProps) {
  const known = (points: readonly QualityPoint[]): readonly number[] => points.flatMap(each => each[measure] ?? [])
  const most = Math.max(top, ...known(quality.caller), ...known(quality.callee))
  const times = quality.caller.map(each => each.at)
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0]
  const x = (at: number): number => (last === first ? WIDTH / 2 : ((at - first) / (last - first)) * WIDTH)
  const y = (value: number): number => HEIGHT - ((value - floor) / (most - floor)) * HEIGHT
  const said = SIDES.map(({ side, label }) => {
    const values = known(quality[side])
    const range = `${format(Math.min(...values), unit)} to ${format(Math.max(...values), unit)}`
    return values.length === 0 ? `${label}: not known` : `${label}: ${range}`
  }).join('; ')
  return (
    <figure className="grid gap-1">
      <figcaption className="text-sm font-medium">{title}</figcaption>
      <svg role="img" aria-label={`${title} ${said}`} viewBox={`0 -4 ${WIDTH} ${HEIGHT + 8}`} className="w-full">
        {[0, 0.5, 1].map(part => (
          <line key={part} x1="0" x2={WIDTH} y1={HEIGHT * part} y2={HEIGHT * part} className="stroke-line" />
        ))}
        {SIDES.map(({ side, line, dash }) => {
          const points = quality[side].filter(each => each[measure] !== undefined)
          const path = points.map(each => `${x(each.at).toFixed(1)},${y(each[measure]!).toFixed(1)}`)
          return points.length === 1 ? (
            <circle
              key={side}
              cx={x(points[0]!.at)}
              cy={y(points[0]![measure]!)}
              r="3"
              fill="none"
              className={line}
              strokeWidth="2"
            />
          ) : (
            <polyline
              key={side}
              points={path.join(' ')}
              fill="none"
              className={line}
              strokeWidth="2"
              strokeDasharray={dash}
            />
          )
        })}
      </svg>
      <div className="flex justify-between gap-2 text-xs text-muted">
        <span>{formatClock(first)}</span>
        <span>
          {format(floor, unit)} – {format(most, unit)}
        </span>
        <span>{formatClock(last)}</span>
      </div>
    </figure>
  )
}

function Numbers({ quality: { caller, callee } }: { readonly quality: Quality }) {
  return (
    <details>
      <summary className="cursor-pointer text-sm text-accent">The numbers</summary>
      <div className="mt-2 max-h-72 overflow-auto">
        <table className="w-full text-left text-sm">
          <thead>
            <tr className="text-muted">
              <th scope="col">Time</th>
              {['caller', 'called'].flatMap(side =>
                ['MOS', 'loss', 'jitter'].map(what => (
                  <th scope="col" key={`${side} ${what}`} className="px-2 text-right font-medium">
                    {side} {what}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {caller.slice(0, MAXIMUM_ROWS).map((point, index) => (
              <tr key={`${point.at} ${index}`} className="border-t">
                <th scope="row" className="font-normal whitespace-nowrap">
                  {formatClock(point.at)}
                </th>
                {[point, callee[index]].flatMap((each, side) =>
                  MEASURES.map(({ measure, unit }) => (
                    <td key={`${side} ${measure}`} className="px-2 text-right tabular-nums">
                      {each?.[measure] === undefined ? '–' : format(each[measure], unit)}
                    </td>
                  )),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

function format(value: number, unit: string): string {
  return `${value.toFixed(value >= 10 || Number.isInteger(value) ? 0 : 1)}${unit}`
}
