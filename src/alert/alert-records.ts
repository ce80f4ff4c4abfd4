/** What people were told of, who saw to it and what came of it: read from the log, where all of it stands. Pure. */
import type { OrganisationId } from '../base/ids.ts'
import type { EventOf, EventType, RingfenceEvent } from '../events/catalogue.ts'
import { noticeOf } from './notice.ts'
import type { Notice } from './types.ts'

/** Events that say what became of an alert. */
export const MARKS = [
  'alert.acknowledged',
  'alert.escalated',
  'alert.sent',
  'fraud.undone',
  'fraud.approved',
  'fraud.denied',
] as const satisfies readonly EventType[]

export type Mark = EventOf<(typeof MARKS)[number]>

/** `told`: nobody has to answer. `decided`: the decision behind it was taken back, allowed or denied. */
export type AlertState = 'open' | 'acknowledged' | 'decided' | 'told'

export interface AlertRecord {
  readonly notice: Notice
  readonly organisationId: OrganisationId | undefined
  readonly state: AlertState
  /** Of whoever saw to it, or took it back. */
  readonly answer: { readonly at: number; readonly by: string; readonly comment: string } | undefined
  readonly escalatedAt: number | undefined
  /** Channels that took it; of several that were told together, the first has them. */
  readonly sent: readonly string[]
}

/** In the order of `told`. What people are not told of is left out. */
export function alertRecords(
  told: readonly RingfenceEvent[],
  marks: readonly RingfenceEvent[],
  whoOf: (event: RingfenceEvent) => string,
): readonly AlertRecord[] {
  const found = collect(marks)
  return told.flatMap(event => {
    const notice = noticeOf(event, { who: whoOf(event), cost: undefined, prevented: undefined }, undefined)
    return notice === undefined ? [] : [recordOf(event, notice, found)]
  })
}

type Decided = EventOf<'fraud.undone'> | EventOf<'fraud.denied'> | EventOf<'fraud.approved'>

interface Found {
  readonly answers: ReadonlyMap<string, EventOf<'alert.acknowledged'>>
  /** By decision, or by what was asked for. */
  readonly decided: ReadonlyMap<string, readonly Decided[]>
  readonly escalated: ReadonlyMap<string, number>
  readonly sent: ReadonlyMap<string, ReadonlySet<string>>
}

function collect(marks: readonly RingfenceEvent[]): Found {
  const answers = new Map<string, EventOf<'alert.acknowledged'>>()
  const decided = new Map<string, Decided[]>()
  const escalated = new Map<string, number>()
  const sent = new Map<string, Set<string>>()
  const decide = (key: string, mark: Decided): void => void decided.set(key, [...(decided.get(key) ?? []), mark])
  for (const mark of marks) {
    if (mark.type === 'alert.acknowledged') {
      if (!answers.has(mark.data.about)) answers.set(mark.data.about, mark)
    } else if (mark.type === 'alert.escalated') {
      for (const id of [mark.data.about, ...mark.data.also]) escalated.set(id, escalated.get(id) ?? mark.at)
    } else if (mark.type === 'alert.sent') {
      const { about, channel } = mark.data
      sent.set(about, (sent.get(about) ?? new Set()).add(channel))
    } else if (mark.type === 'fraud.undone' || mark.type === 'fraud.denied') decide(mark.data.decision, mark)
    else if (mark.type === 'fraud.approved') decide(wishOf(mark), mark)
  }
  return { answers, decided, escalated, sent }
}

function recordOf(event: RingfenceEvent, notice: Notice, found: Found): AlertRecord {
  const common = {
    notice,
    organisationId: event.organisationId,
    escalatedAt: found.escalated.get(event.id),
    sent: [...(found.sent.get(event.id) ?? [])],
  }
  const answered = found.answers.get(event.id)
  if (answered !== undefined) {
    const { actor, comment } = answered.data
    return { ...common, state: 'acknowledged', answer: { at: answered.at, by: actor.name, comment } }
  }
  const mark = decidedOf(event, found)
  if (mark !== undefined) {
    const comment = mark.type === 'fraud.undone' ? mark.data.reason : mark.type.slice('fraud.'.length)
    return { ...common, state: 'decided', answer: { at: mark.at, by: mark.data.actor.name, comment } }
  }
  return { ...common, state: needsAnswer(notice) ? 'open' : 'told', answer: undefined }
}

function decidedOf(event: RingfenceEvent, { decided }: Found): Decided | undefined {
  // That somebody took something back is news of its own.
  if (event.type === 'fraud.undone' || !('decision' in event.data)) return undefined
  const own = decided.get(event.data.decision)
  if (own !== undefined || event.type !== 'fraud.confirmation-asked') return own?.[0]
  return decided.get(wishOf(event))?.find(each => each.at >= event.at)
}

function wishOf({ organisationId, data }: EventOf<'fraud.approved'> | EventOf<'fraud.confirmation-asked'>): string {
  return JSON.stringify([organisationId, data.approval, data.value])
}

/** A warning is worth knowing, and wants nothing. */
export function needsAnswer({ urgency }: Notice): boolean {
  return urgency !== 'warning'
}
