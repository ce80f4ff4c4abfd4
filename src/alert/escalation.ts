/** What nobody saw to in time is told to others, once; what comes due together, in one message. */
import type { Clock, Timer } from '../base/clock.ts'
import type { AlertMessage, Notice } from './types.ts'

export interface EscalationOptions {
  readonly clock: Clock
  /** Minutes that people have. */
  readonly minutes: number
  /** Those of `ids` that somebody saw to. A rejection counts as nobody. */
  answered(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** `others`: what came due with it. */
  send(message: AlertMessage, about: Notice, others: readonly Notice[]): void
  /** That wait at most; when it is full the oldest are told at once. Default 1,000. */
  readonly limit?: number
}

export interface Escalation {
  /** `at`: since when it waits, in milliseconds since the epoch. */
  take(notice: Notice): void
  readonly waiting: number
  stop(): void
}

const MINUTE = 60_000
/** So long an answer may take. */
const LOOK_MS = 15_000

export function createEscalation(options: EscalationOptions): Escalation {
  const { clock, minutes, answered, send, limit = 1_000 } = options
  const waiting = new Map<string, { readonly notice: Notice; readonly due: number }>()
  let timer: Timer | undefined
  let looking = false
  let stopped = false

  function arm(): void {
    timer?.cancel()
    timer = undefined
    if (stopped || waiting.size === 0) return
    const soonest = Math.min(...[...waiting.values()].map(each => each.due))
    timer = clock.schedule(Math.max(0, soonest - clock.now()), () => void look(clock.now()))
  }

  async function look(until: number): Promise<void> {
    if (looking) return
    looking = true
    const due = [...waiting.values()].filter(each => each.due <= until).map(each => each.notice)
    const seen = await answeredInTime(due.map(each => each.id))
    looking = false
    if (stopped) return
    for (const { id } of due) waiting.delete(id)
    const open = due.filter(({ id }) => !seen.has(id)).toSorted((one, other) => rank(other) - rank(one))
    const [first, ...others] = open
    if (first !== undefined) send({ notice: escalated(first, others, minutes), more: 0 }, first, others)
    arm()
  }

  async function answeredInTime(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const late = Promise.withResolvers<ReadonlySet<string>>()
    const limitTimer = clock.schedule(LOOK_MS, () => late.resolve(new Set()))
    try {
      return await Promise.race([answered(ids), late.promise])
    } catch {
      return new Set()
    } finally {
      limitTimer.cancel()
    }
  }

  return {
    get waiting() {
      return waiting.size
    },
    take(notice) {
      if (stopped || waiting.has(notice.id) || (looking && waiting.size >= limit)) return
      waiting.set(notice.id, { notice, due: notice.at + minutes * MINUTE })
      if (waiting.size > limit) {
        const oldest = Math.min(...[...waiting.values()].map(each => each.due))
        void look(Math.max(oldest, clock.now()))
        return
      }
      arm()
    },
    stop() {
      stopped = true
      timer?.cancel()
      waiting.clear()
    },
  }
}

const RANKS = { warning: 0, error: 1, critical: 2 } as const

function rank({ urgency }: Notice): number {
  return RANKS[urgency]
}

function escalated(notice: Notice, others: readonly Notice[], minutes: number): Notice {
  const besides = others.length === 0 ? '' : ` So is it with ${others.length} more.`
  return {
    ...notice,
    id: `${notice.id}-escalated`,
    type: 'alert.escalated',
    title: `Nobody saw to this: ${notice.title}`,
    happened: `Others were told ${minutes} minutes ago, and nobody has seen to it.${besides} ${notice.happened}`,
    advice: `See to it, then: ringfence alert acknowledge ${notice.id}. ${notice.advice ?? ''}`.trim(),
    details: { ...notice.details, 'told first': notice.type },
  }
}
