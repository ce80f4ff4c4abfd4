/** Events of toll-fraud control as sentences. */
import type { EventPayloads } from '../../events/catalogue.ts'
import type { DecidedAbout, FraudEvents } from '../../events/fraud-events.ts'
import { formatTime } from './time.ts'

type Describers = { readonly [T in keyof FraudEvents]: (data: EventPayloads[T]) => string }

export const FRAUD: Describers = {
  'fraud.found': data =>
    `${about(data)}; ${data.dryRun ? `tried only, would be: ${data.response}` : 'nothing was done'}`,
  'fraud.confirmation-asked': data => `${about(data)}; waits for somebody to allow ${data.approval} ${data.value}`,
  'fraud.approved': data =>
    `${data.approval} ${data.value} for ${data.payer ?? 'everybody'} until ${formatTime(data.until)} by ${data.actor.name}`,
  'fraud.denied': data => `${data.decision} by ${data.actor.name}`,
  'fraud.blocked': data =>
    `${about(data)}${data.prefix == null ? '' : `; +${data.prefix} is closed${until(data.until)}`}`,
  'fraud.calls-ended': data => `${about(data)}; its calls outside were ended`,
  'fraud.suspended': data =>
    `${about(data)}; suspended${data.also.length === 0 ? '' : `, and ${data.also.length} others with it`}`,
  'fraud.undone': data => `${data.rule} (${data.decision}) by ${data.actor.name}: ${data.reason}`,
  'fraud.cap-reached': data =>
    `${data.payer} to ${data.to}: ${data.rule}, ${data.reason}; ${data.refused ? 'refused' : 'ended'}`,
  'fraud.charged': data =>
    `${data.payer} to ${data.to}: ${data.cost} ${data.currency} for ${data.seconds} s at ${data.perMinute} a minute (+${data.prefix})`,
  'fraud.policy-changed': data =>
    `by ${data.actor.name}: ${data.changed.map(each => `${each.field} from ${each.before} to ${each.after}`).join(', ')}`,
  'fraud.deck-imported': data => `${data.name}, ${data.rates} rates in ${data.currency}, by ${data.actor.name}`,
  'fraud.deck-removed': data => `${data.name} by ${data.actor.name}: the built-in prices count`,
}

function about({ payer, rule, reason }: DecidedAbout): string {
  return `${payer}: ${rule}, ${reason}`
}

function until(at: number | undefined): string {
  return at == null ? '' : ` until ${formatTime(at)}`
}
