/** From what happens to what people are told, over every channel that there is. */
import type { Clock } from '../base/clock.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import { createDelivery, type Delivery } from './delivery.ts'
import { createEscalation } from './escalation.ts'
import { createGrouping } from './grouping.ts'
import { type Facts, isTold, noticeOf } from './notice.ts'
import { type QuietHours, quietUntil } from './quiet-hours.ts'
import type { AlertMessage, Channel, Notice, UndoLink } from './types.ts'

export interface AlertServiceOptions {
  readonly clock: Clock
  readonly channels: readonly Channel[]
  /** Asked for each event that is told; a rejection, or no answer in two seconds, costs the figures and not the message. */
  facts(event: RingfenceEvent): Promise<Facts>
  /** Called at once, before `take` returns. Undefined: there is nothing to take back. */
  linkFor(event: RingfenceEvent): UndoLink | undefined
  onSent(channel: string, message: AlertMessage, attempts: number): void
  onFailed(channel: string, message: AlertMessage, attempts: number, detail: string): void
  readonly escalation?: EscalationSettings | undefined
  /** Hours in which nobody is disturbed by what is not critical. */
  readonly quiet?: (() => QuietHours) | undefined
  /** Where somebody says that they see to it. */
  pageOf?(event: RingfenceEvent): string
}

/** Who is told of what nobody saw to. */
export interface EscalationSettings {
  readonly minutes: number
  /** The least urgency that somebody has to see to. */
  readonly from: 'error' | 'critical'
  readonly channels: readonly Channel[]
  answered(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** Called before they are told. */
  onEscalated(about: Notice, others: readonly Notice[]): void
}

export interface ChannelTest {
  readonly channel: string
  readonly ok: boolean
  /** What went wrong; empty: nothing. */
  readonly detail: string
  readonly milliseconds: number
}

export interface AlertService {
  /** For the bus. Never throws, never waits. */
  take(event: RingfenceEvent): void
  /** What was told before a restart, and waits for somebody to see to it. */
  awaitAnswer(event: RingfenceEvent): void
  /** One message by each channel, once, past the queue. */
  test(id: string): Promise<readonly ChannelTest[]>
  readonly pending: number
  stop(): Promise<void>
}

const FACTS_MS = 2_000
const STOP_MS = 3_000
/** Events whose figures are being looked up; beyond them they go without. */
const MAXIMUM_ASKED = 100

export function createAlertService(options: AlertServiceOptions): AlertService {
  const { clock, channels, linkFor, quiet } = options
  const quietFor = (): number | undefined => {
    const until = quiet === undefined ? undefined : quietUntil(quiet(), clock.now())
    return until === undefined ? undefined : until - clock.now()
  }
  const deliveries = channels.map(channel => deliveryOf(options, channel))
  const later = options.escalation === undefined ? undefined : escalationOf(options, options.escalation)
  const allChannels = [...channels, ...(options.escalation?.channels ?? [])]
  const grouping = createGrouping({
    clock,
    quietFor,
    send(message) {
      for (const delivery of deliveries) delivery.push(message)
    },
  })
  const asked = new Set<Promise<void>>()

  async function tell(event: RingfenceEvent, undo: UndoLink | undefined): Promise<void> {
    const facts = asked.size < MAXIMUM_ASKED ? await factsInTime(event) : undefined
    const notice = noticeOf(event, facts ?? unknownFacts(event), undo)
    if (notice === undefined) return
    const page = later?.wants(notice) === true ? options.pageOf?.(event) : undefined
    grouping.take(page === undefined ? notice : { ...notice, page })
    // Nobody was told yet of what waits for the morning.
    const silent = notice.urgency === 'critical' ? undefined : quietFor()
    later?.take(silent === undefined ? notice : { ...notice, at: clock.now() + silent })
  }

  async function factsInTime(event: RingfenceEvent): Promise<Facts | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const timer = clock.schedule(FACTS_MS, () => resolve(undefined))
    try {
      return await Promise.race([options.facts(event), promise])
    } catch {
      return undefined
    } finally {
      timer.cancel()
    }
  }

  return {
    get pending() {
      return [...deliveries, ...(later?.deliveries ?? [])].reduce((sum, each) => sum + each.pending, asked.size)
    },
    take(event) {
      if (allChannels.length === 0 || !isTold(event)) return
      const telling = tell(event, linkFor(event)).finally(() => asked.delete(telling))
      asked.add(telling)
    },
    awaitAnswer(event) {
      const notice = noticeOf(event, unknownFacts(event), undefined)
      if (notice !== undefined) later?.take(notice)
    },
    test: id => Promise.all(allChannels.map(channel => testOne(channel, testNotice(id, clock.now()), clock))),
    async stop() {
      await Promise.all(asked)
      grouping.flush()
      later?.escalation.stop()
      await Promise.all([...deliveries, ...(later?.deliveries ?? [])].map(each => each.stop(STOP_MS)))
    },
  }
}

function deliveryOf({ clock, onSent, onFailed }: AlertServiceOptions, channel: Channel): Delivery {
  return createDelivery({
    clock,
    channel,
    onSent: (message, attempts) => onSent(channel.name, message, attempts),
    onFailed: (message, attempts, detail) => onFailed(channel.name, message, attempts, detail),
  })
}

function escalationOf(options: AlertServiceOptions, settings: EscalationSettings) {
  const { minutes, from, answered, onEscalated } = settings
  const deliveries = settings.channels.map(channel => deliveryOf(options, channel))
  const escalation = createEscalation({
    clock: options.clock,
    minutes,
    answered,
    send(message, about, others) {
      onEscalated(about, others)
      for (const delivery of deliveries) delivery.push(message)
    },
  })
  const urgencies: ReadonlySet<string> = new Set(from === 'error' ? ['error', 'critical'] : ['critical'])
  return {
    deliveries,
    escalation,
    wants: ({ urgency }: Notice): boolean => urgencies.has(urgency),
    take: (notice: Notice): void => (urgencies.has(notice.urgency) ? escalation.take(notice) : undefined),
  }
}

async function testOne(channel: Channel, notice: Notice, clock: Clock): Promise<ChannelTest> {
  const begun = clock.monotonic()
  const result = await channel.send({ notice, more: 0 }).catch((error: unknown) => {
    return { ok: false, error: { temporary: true, detail: String(error) } } as const
  })
  const milliseconds = Math.round(clock.monotonic() - begun)
  return { channel: channel.name, ok: result.ok, detail: result.ok ? '' : result.error.detail, milliseconds }
}

function unknownFacts(event: RingfenceEvent): Facts {
  const payer = 'payer' in event.data ? event.data.payer : undefined
  return { who: payer ?? 'the organisation', cost: undefined, prevented: undefined }
}

function testNotice(id: string, at: number): Notice {
  return {
    id,
    type: 'alert.test',
    at,
    urgency: 'warning',
    group: 'test',
    title: 'This is a test',
    happened: 'Somebody asked for a test of the alerts of your phone system.',
    who: 'nobody',
    cost: undefined,
    prevented: undefined,
    done: 'Nothing. An alert that matters looks like this one, and has a link to take back what was done.',
    advice: undefined,
    undo: undefined,
    details: {},
  }
}
