/** Which events people are told of, and in which words. Pure. */
import type { EventOf, EventType, RingfenceEvent } from '../events/catalogue.ts'
import type { DecidedAbout } from '../events/fraud-events.ts'
import { detectionWords } from './detection-words.ts'
import type { Notice, UndoLink, Urgency } from './types.ts'

/** What the event itself does not say. */
export interface Facts {
  /** `extension 101 (Front desk)` */
  readonly who: string
  readonly cost: string | undefined
  readonly prevented: string | undefined
}

export type Words = Pick<Notice, 'title' | 'happened' | 'done'> & {
  readonly urgency: Urgency
  /** Key of what is told together. */
  readonly about: string
  readonly who?: string
  readonly advice?: string
  readonly details?: Readonly<Record<string, string>>
  readonly aboutMoney?: boolean
}

/** Undefined: nobody is disturbed by it. */
export function noticeOf(event: RingfenceEvent, facts: Facts, undo: UndoLink | undefined): Notice | undefined {
  const words = wordsOf(event, facts)
  if (words === undefined) return undefined
  const { urgency, about, title, happened, done, advice, who = facts.who, details = {}, aboutMoney = true } = words
  const money = aboutMoney ? facts : { cost: undefined, prevented: undefined }
  const { cost, prevented } = money
  const { id, type, at, organisationId } = event
  const group = `${organisationId ?? ''} ${type} ${about}`
  return { id, type, at, urgency, group, title, happened, who, cost, prevented, done, advice, undo, details }
}

/** Types of which people may be told. */
export const TOLD_TYPES = [
  'fraud.suspended',
  'fraud.blocked',
  'fraud.calls-ended',
  'fraud.confirmation-asked',
  'fraud.found',
  'fraud.cap-reached',
  'fraud.undone',
  'fraud.policy-changed',
  'emergency.called',
  'emergency.failed',
  'people.recovery-started',
  'detection.found',
  'store.unavailable',
  'call.reported',
  'search.found',
] as const satisfies readonly EventType[]

const TOLD: ReadonlySet<string> = new Set(TOLD_TYPES)

/** Whether anybody is told of it. */
export function isTold(event: RingfenceEvent): boolean {
  return TOLD.has(event.type) && wordsOf(event, { who: '', cost: undefined, prevented: undefined }) !== undefined
}

function wordsOf(event: RingfenceEvent, facts: Facts): Words | undefined {
  switch (event.type) {
    case 'fraud.suspended':
      return suspended(event, facts)
    case 'fraud.blocked':
      return blocked(event, facts)
    case 'fraud.calls-ended': {
      const done = 'Its calls to the outside were ended. It may call again.'
      return { ...decided(event.data), urgency: 'critical', title: `Calls of ${facts.who} were ended`, done }
    }
    case 'fraud.confirmation-asked':
      return asked(event, facts)
    case 'fraud.found': {
      if (event.data.dryRun) return undefined
      const done = 'Nothing: this rule only tells.'
      return { ...decided(event.data), urgency: 'warning', title: `${facts.who} is worth a look`, done }
    }
    case 'fraud.cap-reached':
      return capReached(event, facts)
    case 'fraud.undone': {
      const { actor, decision, rule, reason } = event.data
      const happened = `${actor.name} took back a decision of toll-fraud control: ${reason}`
      const done = 'What it closed is open again. No spending cap was changed.'
      const advice = 'If nobody of yours did this, suspend the extension again: ringfence extension suspend NUMBER'
      const title = 'A decision was taken back'
      const details = { decision, rule }
      return { urgency: 'error', about: decision, title, happened, done, advice, details }
    }
    case 'fraud.policy-changed': {
      const { actor, changed } = event.data
      const happened = `${actor.name} changed the rules or caps against toll fraud.`
      const details = Object.fromEntries(changed.map(({ field, before, after }) => [field, `${before} -> ${after}`]))
      const done = 'The change is in force.'
      return { urgency: 'warning', about: actor.name, title: 'The fraud policy was changed', happened, done, details }
    }
    default:
      return ofHelpAndStore(event)
  }
}

function decided({
  rule,
  reason,
  evidence,
  decision,
  payer,
  callId,
}: DecidedAbout): Pick<Words, 'about' | 'happened' | 'details'> {
  const call = callId === undefined ? {} : { call: callId }
  return { about: payer, happened: sentence(reason), details: { rule, ...evidence, ...call, decision } }
}

function suspended({ data }: EventOf<'fraud.suspended'>, { who }: Facts): Words {
  const others = data.also.length === 0 ? '' : ` The same was done to ${data.also.join(', ')}.`
  return {
    ...decided(data),
    urgency: 'critical',
    title: `${capital(who)} was suspended`,
    done: `Its calls to the outside were ended, and it cannot make new ones until somebody restores it. Internal and emergency calls go on.${others}`,
    advice: 'Change the password of its phones before you restore it.',
  }
}

function blocked({ data }: EventOf<'fraud.blocked'>, { who }: Facts): Words | undefined {
  const { prefix } = data
  // What an operator did, an operator knows.
  if (data.rule === 'OPERATOR') return undefined
  if (prefix === undefined)
    return { ...decided(data), urgency: 'error', title: `A call of ${who} was stopped`, done: 'The call was refused.' }
  const until = data.until === undefined ? 'until somebody opens it' : `until ${new Date(data.until).toISOString()}`
  const done = `Numbers that begin with +${prefix} are closed to everybody ${until}. Emergency calls are not touched.`
  return { ...decided(data), urgency: 'critical', title: `Calls to +${prefix} are closed to everybody`, done }
}

function asked({ data }: EventOf<'fraud.confirmation-asked'>, { who }: Facts): Words {
  const { decision, approval, value } = data
  return {
    ...decided(data),
    about: `${data.payer} ${approval} ${value}`,
    urgency: 'error',
    title: `${capital(who)} asks to be allowed ${approval} ${value}`,
    done: 'The call was not put through. It will be, once somebody says that it is wanted.',
    advice: `Yes: ringfence fraud approve ${decision} - No: ringfence fraud deny ${decision}`,
  }
}

function capReached({ data }: EventOf<'fraud.cap-reached'>, { who }: Facts): Words {
  const { payer, to, rule, reason, refused, callId } = data
  const done = refused ? 'The call was refused.' : 'The call was ended before the first minute that did not fit.'
  const happened = sentence(reason)
  const advice = 'If it has to be more: ringfence budget set'
  const details = { rule, to, call: callId }
  return {
    urgency: 'error',
    about: payer,
    title: `${capital(who)} reached a spending cap`,
    happened,
    done,
    advice,
    details,
  }
}

/** What has to reach people and is not about money. */
function ofHelpAndStore(event: RingfenceEvent): Words | undefined {
  if (event.type === 'emergency.called') {
    const { extension, name, number, test, location, callId } = event.data
    if (test) return undefined
    const where = location === undefined ? 'Where it stands is not known.' : `It stands here: ${location}.`
    return {
      urgency: 'critical',
      about: callId,
      title: `Somebody called for help from extension ${extension}`,
      happened: `${number} was dialled. ${where}`,
      who: `extension ${extension} (${name})`,
      done: 'The call is put through by every way that there is.',
      details: { call: callId },
      aboutMoney: false,
    }
  }
  if (event.type === 'emergency.failed') {
    const { extension, detail, callId } = event.data
    return {
      urgency: 'critical',
      about: callId,
      title: `A call for help from extension ${extension} was not connected`,
      happened: sentence(detail),
      who: `extension ${extension}`,
      done: 'Every trunk was tried twice. Call for help by another telephone.',
      details: { call: callId },
      aboutMoney: false,
    }
  }
  if (event.type === 'people.recovery-started') return recovery(event)
  if (event.type === 'call.reported') return reported(event)
  if (event.type === 'search.found') return searched(event)
  if (event.type === 'detection.found') return detectionWords(event)
  if (event.type !== 'store.unavailable') return undefined
  return {
    urgency: 'critical',
    about: 'store',
    title: 'The database does not answer',
    happened: sentence(event.data.detail),
    who: 'the whole system',
    done: 'Calls that cost money are refused while it is away. Internal and emergency calls go on.',
    aboutMoney: false,
  }
}

function searched({ data }: EventOf<'search.found'>): Words {
  const { search, q, count, minutes, events } = data
  return {
    urgency: 'error',
    about: search,
    title: `${count} events in ${minutes} minutes: ${search}`,
    happened: `More events answered to this saved search than it allows: ${q}`,
    who: 'whoever the events name',
    done: 'Nothing: a search only tells.',
    advice: `See them: ringfence events query "${q} last ${minutes}m"`,
    details: { search, ...(events.length === 0 ? {} : { 'last event': events.at(-1)! }) },
    aboutMoney: false,
  }
}

function reported({ data }: EventOf<'call.reported'>): Words {
  const { actor, callId, extension, from, to, reason } = data
  return {
    urgency: 'error',
    about: extension,
    title: `Extension ${extension} reports a call as suspicious`,
    happened: `${actor.name} says of the call from ${from} to ${to}: ${reason}`,
    who: `extension ${extension}`,
    done: 'Nothing: a report only tells.',
    advice: `If it was not theirs: ringfence extension suspend ${extension}, and give its phones new passwords.`,
    details: { call: callId },
    aboutMoney: false,
  }
}

/** Whoever opens the link is that person: how an account is taken over by somebody who talks well, or sits at the machine. */
function recovery({ data }: EventOf<'people.recovery-started'>): Words {
  const { person, actor, reason, expiresAt } = data
  const who = actor.kind === 'operator' ? "The operator at the machine's own console" : actor.name
  const from = actor.address === undefined ? '' : ` from ${actor.address}`
  return {
    urgency: 'critical',
    about: person,
    title: `Somebody was given a new way to sign in as ${person}`,
    happened: `${who}${from} made a link that replaces every passkey, password and code: ${reason}`,
    who: person,
    done: `Their sessions have ended. The link can be used once, until ${new Date(expiresAt).toISOString()}.`,
    advice: `Call them. If they did not ask for it: ringfence people suspend ${person} --reason WHY`,
    aboutMoney: false,
  }
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? capital(text) : `${capital(text)}.`
}
