/** Calls of the past, the newest first. */
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { PastCall } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { formatDuration, formatTime } from '../../components/format.tsx'
import { Badge, Empty, Failure, Loading, PageHead } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { saveCsv } from '../../components/save-csv.ts'
import { usePages } from '../../hooks/use-api.ts'
import { causeText, isGood, mosOf, protectionOf } from './call-text.ts'

export default function Calls() {
  const navigate = useNavigate()
  const { items, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = usePages<PastCall>('/calls', {
    everyMs: 30_000,
  })
  const [search, setSearch] = useState('')
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (items === undefined) return <Loading what="Reading calls" />
  const wanted = search.trim().toLowerCase()
  const shown = items.filter(
    call => wanted === '' || `${call.from} ${call.to} ${causeText(call)}`.toLowerCase().includes(wanted),
  )
  return (
    <div className="grid gap-4">
      <PageHead title="Calls" lead="Every call, answered or refused, with how each side was protected.">
        <Button
          onClick={() =>
            saveCsv(
              'calls.csv',
              ['from', 'to', 'started', 'answered', 'ended', 'how it ended', 'protection'],
              shown.map(row),
            )
          }
        >
          Save as CSV
        </Button>
      </PageHead>
      <Field
        label="Search"
        value={search}
        onChange={setSearch}
        type="search"
        placeholder="A number, or how it ended"
        className="max-w-md"
      />
      <Table
        label="Calls"
        rows={shown}
        keyOf={call => call.id}
        onOpen={call => void navigate({ to: '/calls/$id', params: { id: call.id } })}
        empty={
          <Empty title={wanted === '' ? 'No calls yet' : 'No such call among those read'}>
            {wanted === '' ? 'A call stands here as soon as it is over.' : 'Read more below, or search in the log.'}
          </Empty>
        }
        columns={[
          { title: 'When', cell: call => formatTime(call.startedAt), width: '11rem' },
          { title: 'From', cell: call => call.from },
          { title: 'To', cell: call => call.to },
          {
            title: 'Talked',
            cell: call =>
              call.answeredAt === undefined ? '–' : formatDuration((call.endedAt ?? Date.now()) - call.answeredAt),
            width: '6rem',
            right: true,
          },
          {
            title: 'How it ended',
            cell: call => <Badge tone={isGood(call) ? 'neutral' : 'warn'}>{causeText(call)}</Badge>,
            width: 'minmax(0,1.3fr)',
          },
          {
            title: 'Protection',
            cell: call => (
              <Badge tone={protectionOf(call) === 'encrypted' ? 'good' : 'bad'}>{protectionOf(call)}</Badge>
            ),
            width: '9rem',
          },
          {
            title: 'Quality',
            cell: call => mosOf(call)?.toFixed(1) ?? '–',
            width: '4.5rem',
            right: true,
            wideOnly: true,
          },
        ]}
        more={
          hasNextPage ? (
            <div className="p-3 text-center">
              <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Read older calls
              </Button>
            </div>
          ) : null
        }
      />
    </div>
  )
}

function row(call: PastCall): readonly string[] {
  const time = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString())
  return [
    call.from,
    call.to,
    time(call.startedAt),
    time(call.answeredAt),
    time(call.endedAt),
    causeText(call),
    protectionOf(call),
  ]
}
