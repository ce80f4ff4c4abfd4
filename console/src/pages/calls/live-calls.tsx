/** Calls that are up now, with how each side is protected. */
import { Link } from '@tanstack/react-router'
import type { LiveCall } from '../../api/types.ts'
import { formatDuration, useNow } from '../../components/format.tsx'
import { Badge, Card } from '../../components/parts.tsx'
import { visible } from '../../components/visible.ts'
import { usePages } from '../../hooks/use-api.ts'

const MAXIMUM = 20

export function LiveCalls() {
  const { items } = usePages<LiveCall>('/calls/live', { everyMs: 3_000 })
  const now = useNow(1_000)
  if (items === undefined || items.length === 0) return null
  return (
    <Card title={`Now: ${items.length} ${items.length === 1 ? 'call' : 'calls'}`}>
      <ul className="grid gap-x-6 md:grid-cols-2">
        {items.slice(0, MAXIMUM).map(call => {
          const plain = call.legs.some(
            leg => !/TLS|WSS/.test(leg.signalling) || (leg.codec !== null && leg.media === null),
          )
          return (
            <li key={call.id} className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 border-b py-1.5">
              <Link to="/calls/$id" params={{ id: call.id }} className="min-w-0 truncate text-accent underline">
                <bdi>{visible(call.from)}</bdi> → <bdi>{visible(call.to)}</bdi>
              </Link>
              <span className="flex items-center gap-2 text-sm text-muted">
                {call.state} {formatDuration(now - (call.answeredAt ?? call.startedAt))}
                <Badge tone={plain ? 'bad' : 'good'}>{plain ? 'NOT encrypted' : 'encrypted'}</Badge>
              </span>
            </li>
          )
        })}
      </ul>
      {items.length > MAXIMUM && <p className="mt-2 text-sm text-muted">and {items.length - MAXIMUM} more</p>}
    </Card>
  )
}
