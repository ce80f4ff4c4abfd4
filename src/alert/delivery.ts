/** Brings messages to one channel: a bounded queue, one after another, again and again with growing pauses, then given up and said. */
import type { Clock, Timer } from '../base/clock.ts'
import type { AlertMessage, Channel } from './types.ts'

export interface DeliveryOptions {
  readonly clock: Clock
  readonly channel: Channel
  /** Messages that wait at most. Default 1,000. */
  readonly limit?: number
  onSent(message: AlertMessage, attempts: number): void
  /** Refused for good, tried for too long, or no room. */
  onFailed(message: AlertMessage, attempts: number, detail: string): void
}

export interface Delivery {
  push(message: AlertMessage): void
  readonly pending: number
  /** Waits for what is under way, up to so many milliseconds; the rest is told as failed. */
  stop(limitMs: number): Promise<void>
}

/** Seconds before the second attempt, the third, and so on: some eight hours in all. */
export const PAUSES_S = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400] as const

interface Waiting {
  readonly message: AlertMessage
  attempts: number
  due: number
}

export function createDelivery({ clock, channel, limit = 1_000, onSent, onFailed }: DeliveryOptions): Delivery {
  let queue: Waiting[] = []
  let current: { readonly waiting: Waiting; readonly over: Promise<void> } | undefined
  let timer: Timer | undefined
  /** While the channel is down, what is not critical waits with the rest. */
  let pausedUntil = 0
  let failures = 0
  let stopped = false

  const isCritical = ({ message }: Waiting): boolean => message.notice.urgency === 'critical'

  /** The most urgent that is due, then the oldest. */
  function next(): Waiting | undefined {
    const now = clock.monotonic()
    const due = queue.filter(each => each.due <= now)
    return due.find(isCritical) ?? due[0]
  }

  function pump(): void {
    if (current !== undefined || stopped) return
    timer?.cancel()
    timer = undefined
    const waiting = next()
    if (waiting !== undefined) {
      queue = queue.filter(each => each !== waiting)
      current = { waiting, over: attempt(waiting) }
    } else if (queue.length > 0) {
      const soonest = Math.min(...queue.map(each => each.due))
      timer = clock.schedule(soonest - clock.monotonic(), pump)
    }
  }

  async function attempt(waiting: Waiting): Promise<void> {
    waiting.attempts++
    const result = await channel.send(waiting.message).catch((error: unknown) => {
      return { ok: false, error: { temporary: true, detail: String(error) } } as const
    })
    current = undefined
    if (result.ok) {
      failures = 0
      pausedUntil = 0
      for (const each of queue) each.due = Math.min(each.due, clock.monotonic())
      onSent(waiting.message, waiting.attempts)
    } else failed(waiting, result.error.temporary, result.error.detail)
    pump()
  }

  function failed(waiting: Waiting, temporary: boolean, detail: string): void {
    const pause = temporary ? PAUSES_S[waiting.attempts - 1] : undefined
    if (pause === undefined || stopped) {
      onFailed(waiting.message, waiting.attempts, detail)
      return
    }
    const now = clock.monotonic()
    const ofChannel = PAUSES_S[Math.min(failures++, PAUSES_S.length - 1)]!
    pausedUntil = now + ofChannel * 1_000
    waiting.due = now + pause * 1_000
    for (const each of queue) if (!isCritical(each)) each.due = Math.max(each.due, pausedUntil)
    queue.push(waiting)
  }

  function makeRoom(): void {
    if (queue.length < limit) return
    const victim = queue.find(each => !isCritical(each)) ?? queue[0]!
    queue = queue.filter(each => each !== victim)
    onFailed(victim.message, victim.attempts, `more than ${limit} messages wait`)
  }

  return {
    get pending() {
      return queue.length + (current === undefined ? 0 : 1)
    },
    push(message) {
      if (stopped) return onFailed(message, 0, 'the system stops')
      makeRoom()
      const now = clock.monotonic()
      const due = message.notice.urgency === 'critical' ? now : Math.max(now, pausedUntil)
      queue.push({ message, attempts: 0, due })
      pump()
    },
    async stop(limitMs) {
      const end = Promise.withResolvers<void>()
      const limitTimer = clock.schedule(limitMs, end.resolve)
      while (current !== undefined && (await Promise.race([current.over.then(() => true), end.promise])) === true);
      limitTimer.cancel()
      stopped = true
      timer?.cancel()
      for (const { message, attempts } of queue.splice(0)) onFailed(message, attempts, 'the system stopped')
      channel.close()
    },
  }
}
