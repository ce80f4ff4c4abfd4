/** Events of people and their keys as sentences. */
import type { EventPayloads } from '../../events/catalogue.ts'
import type { PeopleEvents } from '../../events/people-events.ts'
import type { Actor } from '../../events/system-events.ts'
import { formatTime } from './time.ts'

type Describers = { readonly [T in keyof PeopleEvents]: (data: EventPayloads[T]) => string }

export const PEOPLE: Describers = {
  'people.invited': data =>
    `${data.person} as ${data.role} of ${data.scope}, ${by(data.actor)}; the link is good until ${formatTime(data.expiresAt)}`,
  'people.recovery-started': data => `new link for ${data.person}, ${by(data.actor)}: ${data.reason}`,
  'people.enrolled': data => `${data.person} with ${data.factor}${data.recovery ? ', after a recovery' : ''}`,
  'people.changed': data =>
    `${data.person}, ${by(data.actor)}: ${data.changed.map(each => `${each.field} from ${each.before} to ${each.after}`).join(', ')}`,
  'people.suspended': data => `${data.person}, ${by(data.actor)}: ${data.reason}`,
  'people.restored': data => `${data.person}, ${by(data.actor)}: ${data.reason}`,
  'people.removed': data => `${data.person}, ${by(data.actor)}`,
  'people.factor-added': data => `${data.factor} of ${data.person}, ${by(data.actor)}`,
  'people.factor-removed': data => `${data.factor} of ${data.person}, ${by(data.actor)}`,
  'people.signed-in': data =>
    `${data.person} by ${data.method}${from(data.actor)}${data.newNetwork ? ', a network that is new for them' : ''}`,
  'people.sign-in-failed': data => `${data.person} by ${data.method} from ${data.address}: ${data.reason}`,
  'people.locked': data =>
    `${data.person} for ${data.address} until ${formatTime(data.until)} after ${data.attempts} wrong attempts`,
  'people.signed-out': data => `${data.person}: ${data.why}`,
  'people.session-refused': data => `a session of ${data.person} from ${data.address}: ${data.reason}`,
  'people.stepped-up': data => `${data.person} by ${data.method}${from(data.actor)}`,
  'people.forbidden': data => `${by(data.actor)}: ${data.what}`,
  'people.api-key-added': data =>
    `${data.key} until ${formatTime(data.expiresAt)}, ${by(data.actor)}: ${data.scopes.join(', ')}`,
  'people.api-key-removed': data => `${data.key}, ${by(data.actor)}`,
  'people.api-key-refused': data => `${data.key} from ${data.address}: ${data.reason}`,
  'directory.organisation-added': data => `${data.organisation} with ${data.domain}, ${by(data.actor)}`,
}

function by(actor: Actor): string {
  return `by ${actor.name}${from(actor)}`
}

function from({ address }: Actor): string {
  return address === undefined ? '' : ` from ${address}`
}
