/** What happens now, as long as somebody looks: so many rows, held while it is paused, and said when the connection is lost. */
import { useEffect, useRef, useState } from 'react'
import type { LoggedEvent } from '../../api/types.ts'
import { EVENT_TYPES } from './language.ts'

export const MAXIMUM_LIVE = 500
const AGAIN_MS = 5_000
/** A busy system has hundreds of events a second: the page shows them together. */
const SHOW_MS = 250

export interface Tail {
  readonly state: 'off' | 'connecting' | 'live' | 'lost'
  /** The newest first. */
  readonly rows: readonly LoggedEvent[]
  /** While paused. */
  readonly waiting: number
}

export function useTail(enabled: boolean, paused: boolean, wants: (logged: LoggedEvent) => boolean): Tail {
  const [state, setState] = useState<Tail['state']>('off')
  const [rows, setRows] = useState<readonly LoggedEvent[]>([])
  const [waiting, setWaiting] = useState(0)
  const isHeld = useRef(paused)
  isHeld.current = paused
  useEffect(() => {
    setRows([])
    setWaiting(0)
    setState(enabled ? 'connecting' : 'off')
    if (!enabled) return
    let held: readonly LoggedEvent[] = []
    const show = setInterval(() => {
      if (isHeld.current) setWaiting(held.length)
      else if (held.length > 0) {
        const fresh = held
        held = []
        setRows(all => [...fresh, ...all].slice(0, MAXIMUM_LIVE))
        setWaiting(0)
      }
    }, SHOW_MS)
    const close = follow({
      onState: setState,
      onEvent(logged) {
        if (wants(logged)) held = [logged, ...held].slice(0, MAXIMUM_LIVE)
      },
    })
    return () => {
      clearInterval(show)
      close()
    }
  }, [enabled, wants])
  return { state, rows, waiting }
}

interface Follower {
  readonly onState: (state: Tail['state']) => void
  readonly onEvent: (logged: LoggedEvent) => void
}

/** The browser connects again by itself and goes on where it ended; an answer that refuses ends that, and it is tried again. */
function follow({ onState, onEvent }: Follower): () => void {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const take = (message: MessageEvent<string>): void => {
    try {
      onEvent(JSON.parse(message.data) as LoggedEvent)
    } catch {
      // A line that was cut off comes again.
    }
  }
  const open = (): void => {
    source = new EventSource('/api/v1/events/stream')
    source.onopen = () => onState('live')
    source.onerror = () => {
      onState('lost')
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS)
    }
    // Each event is named by its type, and nothing listens to all names.
    for (const type of EVENT_TYPES) source.addEventListener(type, take)
  }
  open()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}
