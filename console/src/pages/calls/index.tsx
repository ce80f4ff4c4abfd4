/** Calls that are up and calls of the past, the newest first, by number, time, outcome, direction, trunk and protection. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { PastCall } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { formatDuration, formatTime } from '../../components/format.tsx'
import { Badge, Empty, Failure, Loading, PageHead } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { visible } from '../../components/visible.ts'
import { useAddress } from '../../hooks/use-address.ts'
import { usePages } from '../../hooks/use-api.ts'
import { CallFiles } from './call-file.tsx'
import { causeText, isGood, mosOf, protectionOf } from './call-text.ts'
import { Filters } from './filters-form.tsx'
import { isWanted, readFilter } from './filters.ts'
import { LiveCalls } from './live-calls.tsx'

const ENOUGH = 30
/** Pages that are read without a word, before the person is asked whether to look further back. */
const BY_ITSELF = 10
const PAGE = 200

export default function Calls() {
  const navigate = useNavigate()
  const { get, change } = useAddress()
  const pages = usePages<PastCall>('/calls', { everyMs: 30_000, limit: PAGE })
  const { items, error, refetch, hasNextPage, fetchNextPage, isFetching, isFetchingNextPage, data } = pages
  const filter = readFilter(get)
  const shown = (items ?? []).filter(call => isWanted(call, filter))
  const looked = data?.pages.length ?? 0
  // What is older than the first day asked for need not be read.
  const isPast = filter.from !== undefined && (items?.at(-1)?.startedAt ?? filter.from) < filter.from
  const hasMore = hasNextPage && !isPast
  const goesOn = hasMore && shown.length < ENOUGH && looked % BY_ITSELF !== 0
  useEffect(() => {
    if (goesOn && !isFetching && error === null) void fetchNextPage()
  }, [goesOn, isFetching, error, fetchNextPage])
  const isFiltered = NAMES.some(name => get(name) !== '')
  const trunks = [...new Set((items ?? []).flatMap(call => call.legs.flatMap(leg => leg.trunk ?? [])))].toSorted()
  return (
    <div className="grid gap-4">
      <PageHead title="Calls" lead="Every call, answered or refused, with how each side was protected.">
        <CallFiles shown={shown} />
      </PageHead>
      <LiveCalls />
      <Filters get={get} change={change} trunks={trunks} onClear={isFiltered ? () => change(NOTHING) : undefined} />
      {error !== null ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : items === undefined ? (
        <Loading what="Reading calls" />
      ) : (
        <>
          <Table
            label="Calls"
            rows={shown}
            keyOf={call => call.id}
            onOpen={call => void navigate({ to: '/calls/$id', params: { id: call.id } })}
            empty={goesOn ? null : <Nothing isFiltered={isFiltered} hasMore={hasMore} />}
            columns={COLUMNS}
          />
          <div className="flex flex-wrap items-center justify-center gap-3" role="status">
            <span className="text-sm text-muted">
              {goesOn || isFetchingNextPage
                ? `Looking further back: ${shown.length} found among ${items.length}`
                : `${shown.length} ${isFiltered ? `of ${items.length} calls that were read` : 'calls'}${hasMore ? '; there are older ones' : ''}`}
            </span>
            {hasMore && (
              <Button busy={goesOn || isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Read older calls
              </Button>
            )}
          </div>
        </>
      )}
    </div>
  )
}

const NAMES = ['q', 'outcome', 'direction', 'trunk', 'protection', 'from', 'to']
const NOTHING = Object.fromEntries(NAMES.map(name => [name, '']))

const COLUMNS = [
  { title: 'When', cell: (call: PastCall) => formatTime(call.startedAt), width: '11rem' },
  { title: 'From', cell: (call: PastCall) => <bdi>{visible(call.from)}</bdi> },
  { title: 'To', cell: (call: PastCall) => <bdi>{visible(call.to)}</bdi> },
  {
    title: 'Talked',
    cell: (call: PastCall) =>
      call.answeredAt === undefined ? '–' : formatDuration((call.endedAt ?? Date.now()) - call.answeredAt),
    width: '6rem',
    right: true,
  },
  {
    title: 'How it ended',
    cell: (call: PastCall) => <Badge tone={isGood(call) ? 'neutral' : 'warn'}>{visible(causeText(call))}</Badge>,
    width: 'minmax(0,2fr)',
  },
  {
    title: 'Protection',
    cell: (call: PastCall) => (
      <Badge tone={protectionOf(call) === 'encrypted' ? 'good' : 'bad'}>{protectionOf(call)}</Badge>
    ),
    width: '9rem',
  },
  {
    title: 'Quality',
    cell: (call: PastCall) => mosOf(call)?.toFixed(1) ?? '–',
    width: '4.5rem',
    right: true,
    wideOnly: true,
  },
]

function Nothing({ isFiltered, hasMore }: { readonly isFiltered: boolean; readonly hasMore: boolean }) {
  if (!isFiltered) return <Empty title="No calls yet">A call stands here as soon as it is over.</Empty>
  return (
    <Empty title={hasMore ? 'No such call among those read' : 'No such call'}>
      {hasMore ? 'Read older calls below, or ask for less.' : 'Ask for less: a part of a number, or more days.'} A call
      that was stopped before it began has events only: look in the log for its number.
    </Empty>
  )
}
