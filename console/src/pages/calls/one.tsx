/** One call: who, how it was protected on each side, why it was allowed or ended, what it cost, how it sounded, and its messages. */
import { Link, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { pathOf } from '../../api/client.ts'
import type { LoggedEvent, PastCall } from '../../api/types.ts'
import { formatDuration, formatTime } from '../../components/format.tsx'
import { Badge, Card, Facts, Failure, Loading, PageHead } from '../../components/parts.tsx'
import { visible } from '../../components/visible.ts'
import { useApi, usePages } from '../../hooks/use-api.ts'
import { useSession } from '../../session.tsx'
import { causeText, protectionOf } from './call-text.ts'
import { CallEvents } from './call-events.tsx'
import { Ladder } from './ladder.tsx'
import { qualityOf } from './quality.ts'
import { QualityChart } from './quality-chart.tsx'
import { costOf, reasonsOf } from './reasons.ts'
import { WhySuspended } from './why-suspended.tsx'

/** Pages of the log that are looked through for a call's events. */
const MAXIMUM_PAGES = 20

export default function OneCall() {
  const { may } = useSession()
  const { id } = useParams({ strict: false }) as { readonly id: string }
  const { data: call, error, refetch } = useApi<PastCall>(pathOf`/calls/${id}`)
  const events = useCallEvents(id, may('log:read'))
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (call === undefined) return <Loading what="Reading the call" />
  const { answeredAt, endedAt, startedAt, end } = call
  const cost = costOf(events.items)
  return (
    <div className="grid gap-5">
      <PageHead
        title={`${visible(call.from)} → ${visible(call.to)}`}
        lead={
          <Link to="/calls" className="text-accent underline">
            All calls
          </Link>
        }
      >
        <Badge tone={protectionOf(call) === 'encrypted' ? 'good' : 'bad'}>{protectionOf(call)}</Badge>
      </PageHead>
      <div className="grid gap-5 lg:grid-cols-2">
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
              [
                'Ended',
                end === undefined
                  ? 'it is still up'
                  : `${visible(causeText(call))} (${visible(end.side)}, SIP ${end.sipCode})`,
              ],
              ['Cost', cost ?? (events.isReading ? '…' : 'nothing was charged')],
            ]}
          />
        </Card>
        <Card title="Why">
          <ul className="grid list-disc gap-1 pl-5">
            {reasonsOf(call, events.items).map(reason => (
              <li key={reason} className="break-words">
                <bdi>{visible(reason)}</bdi>
              </li>
            ))}
            <WhySuspended call={call} events={events.items} />
          </ul>
        </Card>
        {call.legs.map((leg, index) => (
          <Leg key={`${leg.number}-${index}`} leg={leg} />
        ))}
      </div>
      <Card title="Messages">
        <Ladder id={id} />
      </Card>
      {may('log:read') && (
        <>
          <Card title="Quality over time">
            {events.isReading && events.items.length === 0 ? (
              <Loading what="Reading what was measured" />
            ) : (
              <QualityChart quality={qualityOf(events.items)} />
            )}
          </Card>
          <Card
            title="Step by step"
            more={
              <Link to="/log" search={{ q: `call:${id}` } as never} className="text-sm text-accent underline">
                In the log
              </Link>
            }
          >
            <CallEvents {...events} />
          </Card>
        </>
      )}
    </div>
  )
}

function Leg({ leg }: { readonly leg: PastCall['legs'][number] }) {
  const { signalling, media } = leg
  const title = leg.direction === 'in' ? `Caller: ${leg.trunk ?? leg.number}` : `Called: ${leg.trunk ?? leg.number}`
  const tls = signalling.tls === undefined ? '' : `, ${signalling.tls} ${signalling.cipher ?? ''}`
  const proved = leg.authentication ?? (leg.direction === 'in' ? '–' : 'we called it')
  return (
    <Card title={visible(title)}>
      <Facts
        items={[
          ['Signalling', `${signalling.protocol}${tls}`],
          ['Voice', media?.suite ?? (media?.codec === undefined ? 'none' : 'NOT ENCRYPTED')],
          ['Codec', visible(media?.codec ?? '–')],
          ['Quality (MOS)', typeof media?.mos === 'number' ? media.mos.toFixed(2) : '–'],
          ['Proved by', visible(proved)],
          ...(leg.attestation === undefined ? [] : [['Caller identity', visible(leg.attestation)] as const]),
          ['From address', leg.sourceAddress],
          ['Client', <bdi key="client">{leg.userAgent === '' ? '–' : visible(leg.userAgent).slice(0, 500)}</bdi>],
        ]}
      />
    </Card>
  )
}

export interface EventsOfCall {
  readonly items: readonly LoggedEvent[]
  readonly isReading: boolean
  readonly hasMore: boolean
  readonly error: Error | null
  readonly onMore: () => void
}

/** The oldest first. Read back in time until the call began, or so many pages. */
function useCallEvents(id: string, enabled: boolean): EventsOfCall {
  const q = encodeURIComponent(`call:"${id.replaceAll(/["\\]/g, '')}"`)
  const pages = usePages<LoggedEvent>(`/events/query?q=${q}`, { limit: 500, enabled })
  const { items = [], error, hasNextPage, fetchNextPage, isFetching, data } = pages
  const isWhole = items.some(({ event }) => event.type === 'call.started')
  const looked = data?.pages.length ?? 0
  const goesOn = hasNextPage && !isWhole && looked % MAXIMUM_PAGES !== 0
  useEffect(() => {
    if (goesOn && !isFetching && error === null) void fetchNextPage()
  }, [goesOn, isFetching, error, fetchNextPage])
  return {
    items: items.toReversed(),
    isReading: enabled && error === null && (isFetching || goesOn),
    hasMore: hasNextPage && !isWhole,
    error,
    onMore: () => void fetchNextPage(),
  }
}
