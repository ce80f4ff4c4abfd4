/** The log: asked in its own language, listed or counted, followed as it happens, and saved. */
import { useState } from 'react'
import { ApiError } from '../../api/client.ts'
import type { LoggedEvent } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { formatTime } from '../../components/format.tsx'
import { Badge, Empty, Facts, Failure, Loading, PageHead, type Tone } from '../../components/parts.tsx'
import { saveCsv } from '../../components/save-csv.ts'
import { Table } from '../../components/table.tsx'
import { useEventStream, usePages } from '../../hooks/use-api.ts'
import { actorOf, eventText } from './event-text.ts'
import { FAMILIES } from './families.ts'

const TONES: Readonly<Record<LoggedEvent['event']['severity'], Tone>> = {
  info: 'neutral',
  notice: 'neutral',
  warning: 'warn',
  error: 'bad',
  critical: 'bad',
}
const MAXIMUM_LIVE = 500

export default function Log() {
  const [family, setFamily] = useState('')
  const [search, setSearch] = useState('')
  const [live, setLive] = useState(false)
  const [newest, setNewest] = useState<readonly LoggedEvent[]>([])
  const [open, setOpen] = useState<LoggedEvent>()
  const path = family === '' ? '/events' : `/events?types=${encodeURIComponent(family)}`
  const { items, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = usePages<LoggedEvent>(path, {
    limit: 200,
  })
  useEventStream(live, family === '' ? [] : family.split(','), event =>
    setNewest(all => [event, ...all].slice(0, MAXIMUM_LIVE)),
  )
  const wanted = search.trim().toLowerCase()
  const matches = ({ event }: LoggedEvent): boolean =>
    wanted === '' || `${event.type} ${JSON.stringify(event.data)}`.toLowerCase().includes(wanted)
  const known = new Set((items ?? []).map(each => each.position))
  const shown = [...newest.filter(each => !known.has(each.position)), ...(items ?? [])].filter(matches)
  return (
    <div className="grid gap-4">
      <PageHead
        title="Log"
        lead="Everything that happened, in order, with who did it and from where. Nothing here can be changed."
      >
        <Button kind={live ? 'primary' : 'secondary'} aria-pressed={live} onClick={() => setLive(!live)}>
          {live ? 'Following' : 'Follow'}
        </Button>
        <Button
          onClick={() => saveCsv('log.csv', ['position', 'time', 'severity', 'type', 'actor', 'what'], shown.map(row))}
        >
          Save as CSV
        </Button>
      </PageHead>
      <div className="flex flex-wrap items-end gap-3">
        <Field
          label="Search"
          type="search"
          value={search}
          onChange={setSearch}
          placeholder="An address, a number, a name, a rule"
          className="min-w-64 flex-1"
        />
        <div className="flex flex-wrap gap-1" role="group" aria-label="Kind">
          {FAMILIES.map(each => (
            <Button
              key={each.label}
              small
              kind={family === each.types ? 'primary' : 'secondary'}
              aria-pressed={family === each.types}
              onClick={() => {
                setFamily(each.types)
                setNewest([])
              }}
            >
              {each.label}
            </Button>
          ))}
        </div>
      </div>
      {error !== null ? (
        <Failure
          error={error instanceof ApiError ? error : new Error('the log cannot be read')}
          onRetry={() => void refetch()}
        />
      ) : items === undefined ? (
        <Loading what="Reading the log" />
      ) : (
        <Table
          label="Events"
          rows={shown}
          keyOf={each => String(each.position)}
          onOpen={setOpen}
          empty={
            <Empty title="Nothing like that among what was read">
              Read older events below, or choose another kind.
            </Empty>
          }
          columns={[
            { title: 'When', cell: each => formatTime(each.event.at), width: '11rem' },
            {
              title: 'Severity',
              cell: each => <Badge tone={TONES[each.event.severity]}>{each.event.severity}</Badge>,
              width: '6rem',
            },
            {
              title: 'What',
              cell: each => <span className="font-medium">{each.event.type}</span>,
              width: 'minmax(0,1fr)',
            },
            {
              title: 'Details',
              cell: each => <span className="text-muted">{eventText(each.event)}</span>,
              width: 'minmax(0,2.2fr)',
            },
          ]}
          more={
            hasNextPage ? (
              <div className="p-3 text-center">
                <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                  Read older events
                </Button>
              </div>
            ) : null
          }
        />
      )}
      {open !== undefined && <OneEvent logged={open} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

function row({ position, event }: LoggedEvent): readonly string[] {
  return [
    String(position),
    new Date(event.at).toISOString(),
    event.severity,
    event.type,
    actorOf(event.data) ?? '',
    eventText(event),
  ]
}

function OneEvent({
  logged: { position, event },
  onClose,
}: {
  readonly logged: LoggedEvent
  readonly onClose: () => void
}) {
  return (
    <Dialog title={event.type} onClose={onClose} wide>
      <Facts
        items={[
          ['When', formatTime(event.at)],
          ['Severity', event.severity],
          ['Place in the log', String(position)],
          ['Id', event.id],
          ...(actorOf(event.data) === undefined ? [] : [['By', actorOf(event.data)] as const]),
        ]}
      />
      <pre className="max-h-[50dvh] overflow-auto rounded-lg border p-3 font-mono text-sm whitespace-pre-wrap break-words">
        {JSON.stringify(event.data, null, 2)}
      </pre>
    </Dialog>
  )
}
