/** Each event as one sentence for a person. The compiler asks for one line for each type. */
import type { EventLeg } from '../../events/call-events.ts'
import type { EventPayloads, EventType, RingfenceEvent } from '../../events/catalogue.ts'
import type { Source } from '../../events/registration-events.ts'
import { DETECTIONS } from './describe-detection.ts'
import { ALERTS } from './describe-alert.ts'
import { EXPORTS } from './describe-export.ts'
import { FIREWALL } from './describe-firewall.ts'
import { FRAUD } from './describe-fraud.ts'
import { PEOPLE } from './describe-people.ts'
import { OUTSIDE } from './describe-outside.ts'
import { printable } from './text.ts'
import { formatDuration, formatTime } from './time.ts'

type Describers = { readonly [T in EventType]: (data: EventPayloads[T]) => string }

const SYSTEM = {
  'system.started': data => `release ${data.version} on Node.js ${data.node}: ${data.listeners.join(', ')}`,
  'system.draining': data => `no new calls; ${data.liveCalls} may go on until ${formatTime(data.endsAt)}`,
  'system.stopped': data => `${data.reason}, ${data.liveCalls} calls were up`,
  'system.overloaded': data => `${data.what}: ${data.detail}`,
  'configuration.loaded': data =>
    `${data.file ?? 'no file, defaults'}${data.overridden.length === 0 ? '' : `; set by flags: ${data.overridden.join(', ')}`}`,
  'configuration.weakened': data =>
    `${data.option}: ${data.detail}${data.expiresAt == null ? '' : `, until ${formatTime(data.expiresAt)}`}`,
  'listener.opened': data =>
    `${data.protocol} on ${data.address} port ${data.port}${data.insecure ? ', NOT ENCRYPTED (allowInsecure)' : ''}`,
  'listener.expired': data => `${data.protocol} on ${data.address} port ${data.port} closed: its time was over`,
  'certificate.created': data =>
    `${data.subject} for ${data.names.join(', ')}, valid until ${formatTime(data.notAfter)}`,
  'certificate.replaced': data =>
    `${data.subject} for ${data.names.join(', ')}, valid until ${formatTime(data.notAfter)}`,
  'certificate.expiring': data => `${data.subject} expires in ${data.daysLeft} days, on ${formatTime(data.notAfter)}`,
  'certificate.refused': data => `${data.file}: ${data.reason}; the old certificate stays in use`,
  'store.unavailable': data => data.detail,
  'store.recovered': data =>
    `after ${formatDuration(data.unavailableForMs)}; ${data.eventsBuffered} events were kept, ${data.eventsLost} lost`,
} satisfies Partial<Describers>

const DIRECTORY = {
  'directory.extension-added': data => `${data.extension} (${data.name}) by ${data.actor.name}`,
  'directory.extension-suspended': data => `${data.extension} by ${data.actor.name}: ${data.reason}`,
  'directory.extension-restored': data => `${data.extension} by ${data.actor.name}: ${data.reason}`,
  'directory.extension-removed': data => `${data.extension} with ${data.devices} devices by ${data.actor.name}`,
  'directory.device-added': data => `${data.username} for ${data.extension} by ${data.actor.name}`,
  'directory.device-removed': data => `${data.username} of ${data.extension} by ${data.actor.name}`,
  'directory.devices-imported': data => `${data.count} devices with imported secrets by ${data.actor.name}`,
} satisfies Partial<Describers>

const EDGE = {
  'transport.connection-refused': data => `${data.protocol} from ${data.source}: ${data.reason}`,
  'transport.message-refused': data => `${data.protocol} from ${data.source}: ${data.error}, ${data.detail}`,
  'registration.accepted': data =>
    `${data.extension} as ${data.username} ${from(data.source)}, ${data.expires} s, ${data.authentication}` +
    `${data.weaker ? ' (weaker)' : ''}, ${data.userAgent}${data.refreshed ? ', again' : ''}`,
  'registration.removed': data => `${data.extension} as ${data.username} ${from(data.source)}`,
  'registration.expired': data => `${data.extension} as ${data.username}: not renewed in time`,
  'registration.flow-lost': data => `${data.extension} as ${data.username}: ${data.reason}`,
  'registration.refused': data => `${data.username} ${from(data.source)}: ${data.sipCode}, ${data.reason}`,
  'authentication.failed': data => `${data.username} ${from(data.source)}, ${data.method}: ${data.reason}`,
  'message.dropped': data => `${data.count} x ${data.method} ${from(data.source)}: ${data.rule}, ${data.reason}`,
} satisfies Partial<Describers>

const CALLS = {
  'call.started': data => `${data.from} calls ${data.to}, ${leg(data.caller)}`,
  'call.ringing': data => `${data.devices} devices ring`,
  'call.answered': data =>
    `${data.from} and ${data.to} after ${data.setupMs} ms; caller ${leg(data.caller)}; callee ${leg(data.callee)}`,
  'call.quality': data => `MOS of caller ${mos(data.caller.mos)}, of callee ${mos(data.callee.mos)}`,
  'call.transferred': data => `by ${data.by} to ${data.to}${data.attended ? ' after talking to them' : ''}`,
  'call.held': data => `${data.by} ${data.held ? 'holds' : 'goes on'}`,
  'call.ended': data =>
    `${data.from} and ${data.to}: ${data.cause} (${data.side}, ${data.sipCode}) after ${formatDuration(data.durationMs)}`,
  'call.reported': data =>
    `${data.actor.name} reports the call ${data.from} to ${data.to} of extension ${data.extension}: ${data.reason}`,
  'call.refused': data => `${data.from} to ${data.to}: ${data.sipCode}, ${data.rule}, ${data.reason}`,
  'media.refused': data => `by ${data.by}: ${data.reason}, ${data.explanation}`,
  'media.worker-failed': data => `worker ${data.worker} with ${data.bridges} calls: ${data.detail}`,
} satisfies Partial<Describers>

const DESCRIBERS: Describers = {
  ...SYSTEM,
  ...DIRECTORY,
  ...EDGE,
  ...CALLS,
  ...OUTSIDE,
  ...FRAUD,
  ...FIREWALL,
  ...EXPORTS,
  ...ALERTS,
  ...DETECTIONS,
  ...PEOPLE,
}

/** An event of another release may be unknown here, or lack a field: it is then shown as it is. */
export function describeEvent(event: RingfenceEvent): string {
  const describe = DESCRIBERS[event.type] as ((data: unknown) => string) | undefined
  try {
    if (describe !== undefined) return printable(describe(event.data), 300)
  } catch {
    // Falls through to the data as it is.
  }
  return printable(JSON.stringify(event.data), 300)
}

function from(source: Source): string {
  const host = source.address.includes(':') ? `[${source.address}]` : source.address
  return `from ${host}:${source.port} over ${source.tls ?? source.protocol}`
}

function leg({ signalling, tls, media, codec }: EventLeg): string {
  const suite = media ?? (codec == null ? undefined : 'NOT ENCRYPTED')
  return [tls ?? signalling, suite, codec].filter(part => part != null).join(', ')
}

function mos(value: number | undefined): string {
  return value == null ? 'unknown' : value.toFixed(1)
}
