/**
 * What events of all types have in common, for whoever asks, masks, forwards or detects: who did what to whom, from where,
 * with what outcome, and why. Names of fields have one meaning throughout the catalogue, so most are read by their name.
 */
import type { EventType, RingfenceEvent } from './catalogue.ts'

export interface CommonFields {
  /** Who did it. */
  readonly actor: string | undefined
  readonly extension: string | undefined
  /** Address that it came from. */
  readonly source: string | undefined
  /** User-Agent. */
  readonly client: string | undefined
  /** What it was done to: a number, a trunk, a person, a device. */
  readonly target: string | undefined
  readonly outcome: Outcome
  readonly reason: string | undefined
  readonly rule: string | undefined
  /** Id of the call. */
  readonly call: string | undefined
  /** Id of a person's session. */
  readonly session: string | undefined
}

export type Outcome = 'success' | 'failure' | 'unknown'

type Data = Readonly<Record<string, unknown>>

/** Fields that name what was acted upon, the most telling first. */
const TARGETS = [
  'to',
  'target',
  'number',
  'trunk',
  'group',
  'username',
  'person',
  'key',
  'list',
  'listener',
  'subject',
  'option',
  'export',
  'name',
]
const REASONS = ['reason', 'cause', 'problem', 'detail', 'explanation', 'why']

export function commonFields({ type, data }: Pick<RingfenceEvent, 'type' | 'data'>): CommonFields {
  const held = data as unknown as Data
  const actor = objectOf(held['actor'])
  const source = objectOf(held['source'])
  return {
    actor: textOf(actor['name']),
    extension: extensionOf(type, held),
    source: textOf(source['address']) ?? textOf(held['address']) ?? textOf(actor['address']) ?? bannedAddress(held),
    client: textOf(held['userAgent']),
    target: first(held, TARGETS),
    outcome: EVENT_OUTCOME[type],
    reason: first(held, REASONS),
    rule: textOf(held['rule']),
    call: textOf(held['callId']),
    session: textOf(actor['session']),
  }
}

/** The caller of a call, the payer of a cost; of other events the extension itself. */
function extensionOf(type: EventType, held: Data): string | undefined {
  const named = textOf(held['extension'])
  if (named !== undefined) return named
  const payer = textOf(held['payer'])
  if (payer !== undefined && !/[:+]/.test(payer)) return payer
  return type.startsWith('call.') ? (textOf(held['by']) ?? textOf(held['from'])) : undefined
}

/** Decisions of the firewall name their target as `address 198.51.100.7`. */
function bannedAddress(held: Data): string | undefined {
  const [, address] = /^address (\S+)$/.exec(textOf(held['target']) ?? '') ?? []
  return address
}

function first(held: Data, names: readonly string[]): string | undefined {
  for (const name of names) {
    const text = textOf(held[name])
    if (text !== undefined) return text
  }
  return undefined
}

function objectOf(value: unknown): Data {
  return typeof value === 'object' && value !== null ? (value as Data) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The compiler asks for one line here for each type. */
export const EVENT_OUTCOME: { readonly [T in EventType]: Outcome } = {
  'system.started': 'success',
  'system.draining': 'unknown',
  'system.stopped': 'success',
  'system.overloaded': 'failure',
  'configuration.loaded': 'success',
  'configuration.weakened': 'unknown',
  'listener.opened': 'success',
  'listener.expired': 'success',
  'certificate.created': 'success',
  'certificate.replaced': 'success',
  'certificate.expiring': 'unknown',
  'certificate.refused': 'failure',
  'store.unavailable': 'failure',
  'store.recovered': 'success',
  'directory.extension-added': 'success',
  'directory.extension-suspended': 'success',
  'directory.extension-restored': 'success',
  'directory.extension-removed': 'success',
  'directory.device-added': 'success',
  'directory.device-removed': 'success',
  'directory.devices-imported': 'success',
  'transport.connection-refused': 'failure',
  'transport.message-refused': 'failure',
  'registration.accepted': 'success',
  'registration.removed': 'success',
  'registration.expired': 'success',
  'registration.flow-lost': 'failure',
  'registration.refused': 'failure',
  'authentication.failed': 'failure',
  'message.dropped': 'failure',
  'call.started': 'unknown',
  'call.ringing': 'unknown',
  'call.answered': 'success',
  'call.quality': 'unknown',
  'call.transferred': 'success',
  'call.held': 'unknown',
  'call.ended': 'success',
  'call.refused': 'failure',
  'call.reported': 'unknown',
  'media.refused': 'failure',
  'media.worker-failed': 'failure',
  'directory.trunk-added': 'success',
  'directory.trunk-changed': 'success',
  'directory.trunk-removed': 'success',
  'directory.number-added': 'success',
  'directory.number-routed': 'success',
  'directory.number-removed': 'success',
  'directory.group-added': 'success',
  'directory.group-changed': 'success',
  'directory.group-removed': 'success',
  'directory.calling-changed': 'success',
  'directory.extension-calling-changed': 'success',
  'trunk.up': 'success',
  'trunk.down': 'failure',
  'trunk.failed-over': 'failure',
  'trunk.limit-reached': 'failure',
  'caller-identity.spoofed': 'failure',
  'caller-identity.verified': 'unknown',
  'call.forwarded': 'success',
  'call.parked': 'success',
  'call.retrieved': 'success',
  'call.picked-up': 'success',
  'emergency.called': 'unknown',
  'emergency.connected': 'success',
  'emergency.failed': 'failure',
  'alert.sent': 'success',
  'alert.failed': 'failure',
  'alert.acknowledged': 'success',
  'alert.escalated': 'failure',
  'detection.found': 'unknown',
  'detection.rules-changed': 'success',
  'detection.rule-problem': 'failure',
  'search.changed': 'success',
  'search.found': 'unknown',
  'fraud.found': 'unknown',
  'fraud.confirmation-asked': 'unknown',
  'fraud.approved': 'success',
  'fraud.denied': 'failure',
  'fraud.blocked': 'failure',
  'fraud.calls-ended': 'success',
  'fraud.suspended': 'success',
  'fraud.undone': 'success',
  'fraud.cap-reached': 'failure',
  'fraud.charged': 'unknown',
  'fraud.policy-changed': 'success',
  'fraud.deck-imported': 'success',
  'fraud.deck-removed': 'success',
  'firewall.decided': 'failure',
  'firewall.tried': 'unknown',
  'firewall.ordered': 'success',
  'firewall.undone': 'success',
  'firewall.evicted': 'failure',
  'firewall.list-changed': 'success',
  'firewall.list-problem': 'failure',
  'firewall.kernel': 'success',
  'people.invited': 'success',
  'people.recovery-started': 'success',
  'people.enrolled': 'success',
  'people.changed': 'success',
  'people.suspended': 'success',
  'people.restored': 'success',
  'people.removed': 'success',
  'people.factor-added': 'success',
  'people.factor-removed': 'success',
  'people.signed-in': 'success',
  'people.sign-in-failed': 'failure',
  'people.locked': 'failure',
  'people.signed-out': 'success',
  'people.session-refused': 'failure',
  'people.stepped-up': 'success',
  'people.forbidden': 'failure',
  'people.api-key-added': 'success',
  'people.api-key-removed': 'success',
  'people.api-key-refused': 'failure',
  'directory.organisation-added': 'success',
  'export.added': 'success',
  'export.removed': 'success',
  'export.tested': 'unknown',
  'export.failing': 'failure',
  'export.recovered': 'success',
  'export.behind': 'failure',
  'export.refused': 'failure',
  'export.lost': 'failure',
}
