/** Events of trunks, numbers, caller identity and emergency calls as sentences. */
import type { EventPayloads } from '../../events/catalogue.ts'
import type { OutsideEvents } from '../../events/outside-events.ts'

type Changes = EventPayloads['directory.calling-changed']['changed']

export const OUTSIDE: { readonly [T in keyof OutsideEvents]: (data: OutsideEvents[T]) => string } = {
  'directory.trunk-added': data =>
    `${data.trunk} to ${data.host} by ${data.actor.name}${data.weakened.length === 0 ? '' : `, NOT ENCRYPTED: ${data.weakened.join(', ')}`}`,
  'directory.trunk-changed': data => `${data.trunk}: ${changes(data.changed)} by ${data.actor.name}`,
  'directory.trunk-removed': data => `${data.trunk} by ${data.actor.name}`,
  'directory.number-added': data => `${data.number} to ${data.target} by ${data.actor.name}`,
  'directory.number-routed': data => `${data.number} from ${data.before} to ${data.after} by ${data.actor.name}`,
  'directory.number-removed': data => `${data.number} by ${data.actor.name}`,
  'directory.group-added': data => `${data.group} with ${data.members.join(', ')} by ${data.actor.name}`,
  'directory.group-changed': data => `${data.group}: ${changes(data.changed)} by ${data.actor.name}`,
  'directory.group-removed': data => `${data.group} by ${data.actor.name}`,
  'directory.calling-changed': data => `${changes(data.changed)} by ${data.actor.name}`,
  'directory.extension-calling-changed': data => `${data.extension}: ${changes(data.changed)} by ${data.actor.name}`,
  'trunk.up': data => `${data.trunk} at ${data.remote} over ${data.tls ?? 'a connection that is NOT ENCRYPTED'}`,
  'trunk.down': data => `${data.trunk}: ${data.problem}`,
  'trunk.failed-over': data =>
    `${data.trunk}: ${data.reason}; ${data.next === undefined ? 'no other trunk is left' : `went on by ${data.next}`}`,
  'trunk.limit-reached': data => `${data.trunk}: its limit of ${data.limit === 'calls' ? 'calls' : 'calls per second'}`,
  'caller-identity.spoofed': data => `${data.claimed} to ${data.to} by ${data.trunk}: ${data.reason}`,
  'caller-identity.verified': data =>
    `${data.outcome}${data.attestation == null ? '' : `, attestation ${data.attestation}`}: ${data.detail}`,
  'call.forwarded': data => `by ${data.by} (${data.condition}) to ${data.target}`,
  'call.parked': data => `by ${data.by} at ${data.slot}`,
  'call.retrieved': data => `by ${data.by} from ${data.slot}`,
  'call.picked-up': data => `by ${data.by} from ${data.from}`,
  'emergency.called': data =>
    `${data.extension} (${data.name}) calls ${data.number}${data.test ? ' as a test' : ''}` +
    `${data.location == null ? '' : `, at ${data.location}`}; told: ${data.notified.length === 0 ? 'nobody' : data.notified.join(', ')}`,
  'emergency.connected': data => `${data.extension} by ${data.trunk}, attempt ${data.attempts}`,
  'emergency.failed': data => `${data.extension} after ${data.attempts} attempts: ${data.detail}`,
}

function changes(changed: Changes): string {
  return changed
    .map(({ field, before, after }) => `${field} from ${before || 'nothing'} to ${after || 'nothing'}`)
    .join('; ')
}
