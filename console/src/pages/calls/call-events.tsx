/** What the log says of a call, in order; measurements are drawn above and left out here. */
import { Button } from '../../components/button.tsx'
import { formatClock } from '../../components/format.tsx'
import { Empty, Failure, Loading } from '../../components/parts.tsx'
import { visible } from '../../components/visible.ts'
import { eventText } from '../log/event-text.ts'
import type { EventsOfCall } from './one.tsx'

const MAXIMUM_TEXT = 2_000

export function CallEvents({ items, isReading, hasMore, error, onMore }: EventsOfCall) {
  const steps = items.filter(({ event }) => event.type !== 'call.quality')
  if (error !== null) return <Failure error={error} onRetry={onMore} />
  return (
    <div className="grid gap-3">
      {hasMore && !isReading && (
        <Button className="justify-self-start" onClick={onMore}>
          Look further back for its beginning
        </Button>
      )}
      {isReading && <Loading what="Looking through the log" />}
      {steps.length === 0 && !isReading && (
        <Empty title="Nothing of it in the log">What is older than the log is kept is gone.</Empty>
      )}
      <ol className="grid gap-2">
        {steps.map(({ position, event }) => (
          <li key={position} className="grid grid-cols-[6rem_12rem_1fr] gap-3 max-md:grid-cols-1 max-md:gap-0">
            <span className="text-muted">{formatClock(event.at)}</span>
            <span className="font-medium break-words">{event.type}</span>
            <bdi className="min-w-0 break-words">{visible(eventText(event)).slice(0, MAXIMUM_TEXT)}</bdi>
          </li>
        ))}
      </ol>
    </div>
  )
}
