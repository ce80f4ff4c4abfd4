/** One call: who, how it was protected on each side, how it sounded, why it ended, and what the log says of it. */
import { Link, useParams } from '@tanstack/react-router'
import { pathOf } from '../../api/client.ts'
import type { LoggedEvent, PastCall } from '../../api/types.ts'
import { formatClock, formatDuration, formatTime } from '../../components/format.tsx'
import { Badge, Card, Empty, Facts, Failure, Loading, PageHead } from '../../components/parts.tsx'
import { useApi, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { eventText } from '../log/event-text.ts'
import { causeText, protectionOf } from './call-text.ts'

export default function OneCall() {
  const { may } = useSession()
  const { id } = useParams({ strict: false }) as { readonly id: string }
  const { data: call, error, refetch } = useApi<PastCall>(pathOf`/calls/${id}`)
  const families = encodeURIComponent('call.,fraud.,media.,trunk.,caller-identity.,emergency.')
  const events = usePages<LoggedEvent>(`/events?types=${families}`, { limit: 500, enabled: may('log:read') })
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (call === undefined) return <Loading />
  const steps = events.items?.filter(({ event }) => event.data['callId'] === id).toReversed()
  const { answeredAt, endedAt, startedAt, end } = call
  const why = steps?.find(({ event }) => event.type === 'call.refused')?.event.data['reason']
  return (
    <div className="grid gap-5">
      <PageHead
        title={`${call.from} → ${call.to}`}
        lead={
          <Link to="/calls" className="text-accent underline">
            All calls
          </Link>
        }
      >
        <Badge tone={protectionOf(call) === 'encrypted' ? 'good' : 'bad'}>{protectionOf(call)}</Badge>
      </PageHead>
      <Card title="What happened">
        <Facts
          items={[
            ['Began', formatTime(startedAt)],
            [
              'Answered',
              answeredAt === undefined
                ? 'never'
                : `${formatTime(answeredAt)}, after ${formatDuration(answeredAt - startedAt)}`,
            ],
            ['Talked', answeredAt === undefined ? '–' : formatDuration((endedAt ?? Date.now()) - answeredAt)],
            ['Ended', end === undefined ? 'it is still up' : `${causeText(call)} (${end.side}, SIP ${end.sipCode})`],
            ...(typeof why === 'string' ? [['Why', why] as const] : []),
          ]}
        />
      </Card>
      <div className="grid gap-5 lg:grid-cols-2">
        {call.legs.map((leg, index) => (
          <Card
            key={`${leg.number}-${index}`}
            title={leg.direction === 'in' ? `Caller: ${leg.number}` : `Called: ${leg.trunk ?? leg.number}`}
          >
            <Facts
              items={[
                [
                  'Signalling',
                  `${leg.signalling.protocol}${leg.signalling.tls === undefined ? '' : `, ${leg.signalling.tls} ${leg.signalling.cipher ?? ''}`}`,
                ],
                ['Voice', leg.media?.suite ?? (leg.media?.codec === undefined ? 'none' : 'NOT ENCRYPTED')],
                ['Codec', leg.media?.codec ?? '–'],
                ['Quality (MOS)', typeof leg.media?.mos === 'number' ? leg.media.mos.toFixed(2) : '–'],
                ['Proved by', leg.authentication ?? (leg.direction === 'in' ? '–' : 'we called it')],
                ['From address', leg.sourceAddress],
                ['Client', leg.userAgent === '' ? '–' : leg.userAgent],
              ]}
            />
          </Card>
        ))}
      </div>
      {may('log:read') && (
        <Card title="Step by step">
          {steps === undefined ? (
            <Loading />
          ) : steps.length === 0 ? (
            <Empty title="Nothing among the newest events">Look in the log for the call’s id: {id}</Empty>
          ) : (
            <ol className="grid gap-2">
              {steps.map(({ position, event }) => (
                <li key={position} className="grid grid-cols-[6rem_10rem_1fr] gap-3 max-md:grid-cols-1 max-md:gap-0">
                  <span className="text-muted">{formatClock(event.at)}</span>
                  <span className="font-medium">{event.type}</span>
                  <span className="min-w-0 break-words">{eventText(event)}</span>
                </li>
              ))}
            </ol>
          )}
        </Card>
      )}
    </div>
  )
}
