/** Why a call was allowed, refused or ended, and what it cost, from its record and from what the log says of it. */
import type { LoggedEvent, PastCall } from '../../api/types.ts'
import { ruleName } from '../../components/format.tsx'
import { causeText } from './call-text.ts'

export function reasonsOf(call: PastCall, events: readonly LoggedEvent[]): readonly string[] {
  const reasons = [...provedBy(call), ...events.flatMap(decidedBy)]
  const { end } = call
  if (end !== undefined) reasons.push(`It ended: ${causeText(call)}, by the ${end.side}.`)
  return [...new Set(reasons)]
}

function provedBy({ legs }: PastCall): readonly string[] {
  const caller = legs.find(leg => leg.direction === 'in')
  if (caller === undefined) return []
  if (caller.trunk !== undefined) return [`It came by trunk ${caller.trunk}.`]
  return caller.authentication === undefined ? [] : [`The caller proved who it is: ${caller.authentication}.`]
}

function decidedBy({ event: { type, data } }: LoggedEvent): readonly string[] {
  const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '')
  switch (type) {
    case 'call.answered':
      return ['It was allowed, and answered.']
    case 'call.refused':
      return [`Refused by ${ruleName(text('rule'))}: ${text('reason')} (${text('rule')})`]
    case 'fraud.confirmation-asked':
      return [`It waited for somebody’s word: ${text('reason')}`]
    case 'fraud.blocked':
    case 'fraud.calls-ended':
    case 'fraud.suspended':
    case 'fraud.cap-reached':
    case 'fraud.found':
      return [`Fraud control, ${ruleName(text('rule'))}: ${text('reason')} (${text('rule')})`]
    case 'emergency.called':
      return ['A call for help: nothing may stop it.']
    default:
      return []
  }
}

/** Of all legs to the outside. */
export function costOf(events: readonly LoggedEvent[]): string | undefined {
  const charges = events.filter(({ event }) => event.type === 'fraud.charged').map(({ event }) => event.data)
  const said = charges.map(
    ({ cost, currency, seconds, perMinute }) =>
      `${String(cost)} ${String(currency)} (${String(seconds)} s at ${String(perMinute)} a minute)`,
  )
  return said.length === 0 ? undefined : said.join(', ')
}
