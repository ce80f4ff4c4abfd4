/** Whether the log is followed, whether it is held, and whether the line to the server is there. */
import { Button } from '../../components/button.tsx'
import { Notice } from '../../components/parts.tsx'
import { MAXIMUM_LIVE, type Tail } from './tail.ts'

interface TailStateProps {
  readonly tail: Tail
  readonly paused: boolean
  readonly onPaused: (paused: boolean) => void
}

export function TailState({ tail, paused, onPaused }: TailStateProps) {
  const { state, waiting, rows } = tail
  return (
    <Notice tone={state === 'lost' ? 'bad' : state === 'live' ? 'good' : 'neutral'}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <span role="status">
          {state === 'lost'
            ? 'The connection is lost. It is tried again, and goes on where it ended.'
            : state === 'live'
              ? paused
                ? `Held: ${waiting === MAXIMUM_LIVE ? `the newest ${waiting}` : waiting} wait`
                : `Following what answers to the question${rows.length === MAXIMUM_LIVE ? `; the newest ${MAXIMUM_LIVE} are kept here` : ''}`
              : 'Connecting …'}
        </span>
        <Button small aria-pressed={paused} onClick={() => onPaused(!paused)}>
          {paused ? 'Go on' : 'Hold'}
        </Button>
      </div>
    </Notice>
  )
}
