/** Events of the firewall's decisions as sentences. */
import type { EventPayloads } from '../../events/catalogue.ts'
import type { FirewallEvents } from '../../events/firewall-events.ts'
import { formatTime } from './time.ts'

type Describers = { readonly [T in keyof FirewallEvents]: (data: EventPayloads[T]) => string }

export const FIREWALL: Describers = {
  'firewall.decided': data => `${data.action} of ${data.target}${until(data.until)}: ${data.rule}, ${data.reason}`,
  'firewall.tried': data => `${data.target} would get a ${data.action}: ${data.rule}, ${data.reason}; tried only`,
  'firewall.ordered': data =>
    `${data.action} of ${data.target}${until(data.until)} by ${data.actor.name}: ${data.reason}`,
  'firewall.undone': data => `${data.action} of ${data.target} (${data.rule}) by ${data.actor.name}: ${data.reason}`,
  'firewall.evicted': data => `${data.count} made room for newer ones, the last was ${data.target} (${data.rule})`,
  'firewall.list-changed': data => `${data.list} has ${data.entries} networks, before ${data.before} (${data.from})`,
  'firewall.list-problem': data => `${data.list}: ${data.problem}; what was read before stays in force`,
  'firewall.kernel': data => `${data.state}: ${data.detail}`,
}

function until(at: number | undefined): string {
  return at == null ? '' : ` until ${formatTime(at)}`
}
