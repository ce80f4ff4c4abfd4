/**
 * Whom each value of an event is about: its key can be destroyed alone. What is not known to name no one is treated as
 * if it did.
 */
import type { RingfenceEvent } from '../catalogue.ts'
import { commonFields } from '../common-fields.ts'

/** Names of fields whose values are words of ours, or ids that mean nothing without the records. */
const PUBLIC = new Set([
  'action',
  'approval',
  'attestation',
  'authentication',
  'callId',
  'cause',
  'codec',
  'condition',
  'cost',
  'currency',
  'decision',
  'fingerprint',
  'kind',
  'limit',
  'media',
  'method',
  'newCallId',
  'outcome',
  'perMinute',
  'protocol',
  'response',
  'role',
  'rule',
  'sampled',
  'side',
  'signalling',
  'tls',
  'version',
])
/** Families that are about the machine: only who acted is a person. */
const MACHINE = /^(?:system|configuration|listener|certificate|store|export)\./
/** A stranger chooses values of the others: a word of ours is short and plain. */
const PLAIN = /^[\w.:+ /-]{0,80}$/

export function isPublic(type: string, path: readonly string[], value: string): boolean {
  if (path.includes('actor') && path.at(-1) !== 'kind') return false
  if (MACHINE.test(type)) return true
  return PUBLIC.has(path.at(-1) ?? '') && PLAIN.test(value)
}

export interface Subjects {
  readonly actor: string
  readonly from: string
  readonly to: string
  /** Whoever else the event is about. */
  readonly main: string
}

export function subjectsOf(event: RingfenceEvent): Subjects {
  const held = event.data as unknown as Readonly<Record<string, unknown>>
  const owner = event.organisationId ?? 'machine'
  const common = commonFields(event)
  const others = `others:${owner}`
  const main = common.extension === undefined ? others : subjectOfNumber(owner, common.extension)
  const party = (value: unknown): string => (typeof value === 'string' ? subjectOfNumber(owner, value) : main)
  return {
    actor: common.actor === undefined ? main : subjectOfPerson(common.actor),
    from: party(held['from'] ?? held['claimed']),
    to: party(held['to'] ?? held['target']),
    main,
  }
}

export function subjectAt(subjects: Subjects, path: readonly string[]): string {
  switch (path[0]) {
    case 'actor':
      return subjects.actor
    case 'from':
    case 'caller':
    case 'claimed':
      return subjects.from
    case 'to':
    case 'callee':
    case 'target':
      return subjects.to
    default:
      return subjects.main
  }
}

export function subjectOfPerson(name: string): string {
  return `person:${name.toLowerCase()}`
}

/** Extensions, and numbers of the public network. Anything else that stands there is nobody's own. */
export function subjectOfNumber(organisation: string, number: string): string {
  if (/^\d{1,8}$/.test(number)) return `extension:${organisation}:${number}`
  if (/^\+\d{4,15}$/.test(number)) return `number:${organisation}:${number}`
  return `others:${organisation}`
}
