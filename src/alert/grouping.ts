/**
 * At once for the first, then at most one message a minute for each group, with a count; in quiet hours one at their end.
 * What is critical is never held back.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { AlertMessage, Notice } from './types.ts'

export interface GroupingOptions {
  readonly clock: Clock
  send(message: AlertMessage): void
  /** Default a minute. */
  readonly windowMs?: number
  /** Groups told apart at once; what is beyond them is one group. Default 1,000. */
  readonly groups?: number
  /** Messages a window at once, over all groups; what is beyond them waits for the end of it. Default 20. */
  readonly atOnce?: number
  /** Milliseconds for which nobody is disturbed by what is not critical; undefined: they are. */
  quietFor?(): number | undefined
}

export interface Grouping {
  take(notice: Notice): void
  /** Sends what waits, now. */
  flush(): void
}

interface Group {
  readonly timer: Timer
  /** The most urgent of those that wait. */
  waiting: Notice | undefined
  count: number
}

const URGENCIES = ['warning', 'error', 'critical'] as const
const THE_REST = 'the rest'
/** What came in quiet hours: one message at their end. */
const THE_NIGHT = 'the night'

export function createGrouping(options: GroupingOptions): Grouping {
  const { clock, send, windowMs = 60_000, groups: maximum = 1_000, atOnce = 20, quietFor = () => undefined } = options
  const groups = new Map<string, Group>()
  let sent = 0
  let windowEnd = 0

  /** A minute's worth of messages, whatever there is to tell. */
  function mayGo(): boolean {
    const now = clock.monotonic()
    if (now >= windowEnd) {
      sent = 0
      windowEnd = now + windowMs
    }
    return ++sent <= atOnce
  }

  function open(key: string, ms = windowMs): Group {
    const timer = clock.schedule(ms, () => close(key))
    const group: Group = { timer, waiting: undefined, count: 0 }
    groups.set(key, group)
    return group
  }

  function close(key: string): void {
    const group = groups.get(key)
    groups.delete(key)
    if (group?.waiting === undefined) return
    const quiet = quietFor()
    if (quiet !== undefined && group.waiting.urgency !== 'critical') {
      const night = key === THE_NIGHT ? open(THE_NIGHT, quiet) : (groups.get(THE_NIGHT) ?? open(THE_NIGHT, quiet))
      wait(night, group.waiting, group.count)
      return
    }
    const again = open(key)
    if (key === THE_REST || mayGo()) send({ notice: group.waiting, more: group.count - 1 })
    else Object.assign(again, { waiting: group.waiting, count: group.count })
  }

  function wait(group: Group, notice: Notice, count = 1): void {
    group.count += count
    const before = group.waiting
    // Of equally urgent ones the first: its link is as good, and its time says when it began.
    if (before === undefined || URGENCIES.indexOf(notice.urgency) > URGENCIES.indexOf(before.urgency))
      group.waiting = notice
  }

  return {
    take(notice) {
      if (notice.urgency === 'critical') {
        send({ notice, more: 0 })
        return
      }
      const quiet = quietFor()
      if (quiet !== undefined) return wait(groups.get(THE_NIGHT) ?? open(THE_NIGHT, quiet), notice)
      const known = groups.get(notice.group)
      if (known !== undefined) return wait(known, notice)
      if (groups.size < maximum && mayGo()) {
        open(notice.group)
        send({ notice, more: 0 })
      } else wait(groups.get(THE_REST) ?? open(THE_REST), notice)
    },
    flush() {
      for (const [key, { timer, waiting, count }] of groups) {
        timer.cancel()
        groups.delete(key)
        if (waiting !== undefined) send({ notice: waiting, more: count - 1 })
      }
    },
  }
}
