/** The log: asked in its own language, listed or counted, followed as it happens, and saved. */
import { useEffect, useMemo, useState } from 'react'
import type { LogCounts, LoggedEvent } from '../../api/types.ts'
import { Button } from '../../components/button.tsx'
import { Badge, Card, Empty, Failure, Loading, PageHead, type Tone } from '../../components/parts.tsx'
import { Table } from '../../components/table.tsx'
import { visible } from '../../components/visible.ts'
import { useAddress } from '../../hooks/use-address.ts'
import { useApi, usePages } from '../../hooks/use-api.ts'
import { ByField, GROUPINGS, OverTime } from './counts-view.tsx'
import { eventText } from './event-text.ts'
import { EXAMPLES, FAMILIES, TIMES } from './families.ts'
import { fieldValue, listingOf, partsOf, readQuery, withTerm, withTime } from './language.ts'
import { OneEvent } from './one-event.tsx'
import { QueryBox } from './query-box.tsx'
import { SaveResult } from './save-result.tsx'
import { Saved } from './saved.tsx'
import { useTail } from './tail.ts'
import { TailState } from './tail-state.tsx'

const TONES: Readonly<Record<LoggedEvent['event']['severity'], Tone>> = {
  info: 'neutral',
  notice: 'neutral',
  warning: 'warn',
  error: 'bad',
  critical: 'bad',
}
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const ENOUGH = 50
/** Pages that are read without a word, before the person is asked whether to look further back. */
const BY_ITSELF = 10
const PAGE = 100

export default function Log() {
  const { get, change } = useAddress()
  const asked = get('q')
  const reading = useMemo(() => readQuery(asked), [asked])
  const [paused, setPaused] = useState(false)
  const live = get('live') === 'yes'
  const path = pathFor(asked)
  const pages = usePages<LoggedEvent>(path, { limit: PAGE, enabled: reading.fault === undefined })
  const { items, error, refetch, hasNextPage, fetchNextPage, isFetching, data } = pages
  const looked = data?.pages.length ?? 0
  const isShort = (items?.length ?? 0) < ENOUGH
  const goesOn = hasNextPage && isShort && looked % BY_ITSELF !== 0
  useEffect(() => {
    if (goesOn && !isFetching && error === null) void fetchNextPage()
  }, [goesOn, isFetching, error, fetchNextPage])
  const tail = useTail(live, paused, reading.wants)
  const known = new Set((items ?? []).map(each => each.position))
  const shown = [...tail.rows.filter(each => !known.has(each.position)), ...(items ?? [])]
  const open = shown.find(each => String(each.position) === get('event'))
  const ask = (q: string): void => change({ q, event: '' })
  const seen = (field: string): readonly string[] =>
    [...new Set(shown.slice(0, 1_000).map(each => fieldValue(each, field)))].filter(value => value !== '').toSorted()
  const { counting } = reading
  const counted = useApi<LogCounts>(`/events/count?q=${encodeURIComponent(asked)}`, {
    enabled: counting !== undefined,
  })
  const by = counting?.by ?? [GROUPINGS.includes(get('by')) ? get('by') : 'severity']
  return (
    <div className="grid gap-4">
      <PageHead
        title="Log"
        lead="Everything that happened, in order, with who did it and from where. Nothing here can be changed."
      >
        <Button
          kind={live ? 'primary' : 'secondary'}
          aria-pressed={live}
          onClick={() => {
            setPaused(false)
            change({ live: live ? '' : 'yes' })
          }}
        >
          {live ? 'Following' : 'Follow'}
        </Button>
        <SaveResult path={path} enabled={reading.fault === undefined} />
      </PageHead>
      <QueryBox asked={asked} onAsk={ask} seen={seen} busy={isFetching && looked === 0} />
      <Chips asked={asked} onAsk={ask} />
      <Saved asked={reading.fault === undefined ? asked : ''} onAsk={ask} />
      {live && <TailState tail={tail} paused={paused} onPaused={setPaused} />}
      {reading.fault !== undefined ? null : error !== null ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : items === undefined ? (
        <Loading what="Reading the log" />
      ) : (
        <>
          {shown.length > 0 && (
            <Card title={`Of the ${shown.length} events that were read`}>
              <div className="grid gap-5 lg:grid-cols-[3fr_2fr]">
                <OverTime events={shown} per={counting?.per} onSpan={bar => ask(withTime(asked, between(bar)))} />
                <ByField
                  events={shown}
                  by={by}
                  top={counting?.top ?? 8}
                  counted={counting === undefined ? undefined : counted.data}
                  fixed={counting !== undefined}
                  onBy={field => change({ by: field }, true)}
                  onGroup={values => ask(narrowed(asked, by, values))}
                />
              </div>
            </Card>
          )}
          <Table
            label="Events"
            rows={shown}
            keyOf={each => String(each.position)}
            onOpen={each => change({ event: String(each.position) })}
            empty={goesOn ? null : <Nothing asked={asked} isAll={!hasNextPage} onAsk={ask} />}
            columns={[
              { title: 'When', cell: each => WHEN.format(each.event.at), width: '12rem' },
              {
                title: 'Severity',
                cell: each => <Badge tone={TONES[each.event.severity]}>{each.event.severity}</Badge>,
                width: '6rem',
              },
              {
                title: 'What',
                cell: each => (
                  <Value name="type" value={each.event.type} onTerm={(...term) => ask(withTerm(asked, ...term))} />
                ),
                width: 'minmax(0,1fr)',
              },
              {
                title: 'Details',
                cell: each => (
                  <bdi className="text-muted max-md:line-clamp-3">{visible(eventText(each.event)).slice(0, 600)}</bdi>
                ),
                width: 'minmax(0,2.2fr)',
              },
            ]}
          />
          <Further
            looked={looked}
            found={items.length}
            busy={isFetching || goesOn}
            more={hasNextPage}
            onMore={() => void fetchNextPage()}
          />
        </>
      )}
      {open !== undefined && (
        <OneEvent
          logged={open}
          onClose={() => change({ event: '' })}
          onTerm={(field, value, not) => ask(withTerm(asked, field, value, not))}
        />
      )}
    </div>
  )
}

function pathFor(asked: string): string {
  const listing = listingOf(asked)
  return listing === '' ? '/events' : `/events/query?q=${encodeURIComponent(listing)}`
}

const between = ({ from, until }: { readonly from: number; readonly until: number }): string =>
  `since ${new Date(from).toISOString()} until ${new Date(until).toISOString()}`

/** What a group counts, listed. */
function narrowed(asked: string, by: readonly string[], values: readonly string[]): string {
  return by.reduce(
    (text, field, index) => (values[index] === '' ? text : withTerm(text, field, values[index]!)),
    listingOf(asked),
  )
}

interface ValueProps {
  readonly name: string
  readonly value: string
  readonly onTerm: (field: string, value: string) => void
}

function Value({ name, value, onTerm }: ValueProps) {
  return (
    <button
      type="button"
      className="max-w-full truncate text-left font-medium hover:text-accent hover:underline"
      title={`Only ${name} ${value}`}
      onClick={event => {
        event.stopPropagation()
        onTerm(name, value)
      }}
    >
      {value}
    </button>
  )
}

interface AskProps {
  readonly asked: string
  readonly onAsk: (text: string) => void
}

function Chips({ asked, onAsk }: AskProps) {
  const { filter, times, counting } = partsOf(asked)
  const whole = (...parts: readonly string[]): string => parts.filter(part => part !== '').join(' ')
  return (
    <div className="flex flex-wrap gap-x-6 gap-y-2">
      <div className="flex flex-wrap gap-1" role="group" aria-label="Kind">
        {FAMILIES.map(each => (
          <Chip
            key={each.label}
            label={each.label}
            isOn={filter === each.filter}
            onClick={() => onAsk(whole(each.filter, times, counting))}
          />
        ))}
      </div>
      <div className="flex flex-wrap gap-1" role="group" aria-label="Time">
        {TIMES.map(each => (
          <Chip
            key={each.label}
            label={each.label}
            isOn={times === each.times}
            onClick={() => onAsk(whole(filter, each.times, counting))}
          />
        ))}
      </div>
    </div>
  )
}

function Chip({
  label,
  isOn,
  onClick,
}: {
  readonly label: string
  readonly isOn: boolean
  readonly onClick: () => void
}) {
  return (
    <Button small kind={isOn ? 'primary' : 'secondary'} aria-pressed={isOn} onClick={onClick}>
      {label}
    </Button>
  )
}

function Nothing({ asked, isAll, onAsk }: AskProps & { readonly isAll: boolean }) {
  const title =
    asked === '' ? 'Nothing happened yet' : isAll ? 'Nothing like that in the log' : 'Nothing like that so far'
  return (
    <Empty title={title}>
      <p>
        {isAll
          ? 'Ask less of it, or for a longer time. Questions look like these:'
          : 'Look further back below, or ask differently:'}
      </p>
      <ul className="mt-2 grid gap-2">
        {EXAMPLES.map(({ query, meaning }) => (
          <li key={query}>
            <button type="button" className="font-mono text-accent underline break-words" onClick={() => onAsk(query)}>
              {query}
            </button>{' '}
            – {meaning}
          </li>
        ))}
      </ul>
    </Empty>
  )
}

interface FurtherProps {
  readonly looked: number
  readonly found: number
  readonly busy: boolean
  readonly more: boolean
  readonly onMore: () => void
}

function Further({ looked, found, busy, more, onMore }: FurtherProps) {
  return (
    <div className="flex flex-wrap items-center justify-center gap-3" role="status">
      <span className="text-sm text-muted">
        {busy
          ? `Looking further back: ${found} found, ${looked} pages read`
          : more
            ? `${found} found so far; there may be older ones`
            : `All ${found} found`}
      </span>
      {more && (
        <Button busy={busy} onClick={onMore}>
          Read older events
        </Button>
      )}
    </div>
  )
}
