/** A call in words. */
import type { PastCall } from '../../api/types.ts'

const CAUSES: Readonly<Record<string, string>> = {
  normal: 'hung up',
  cancelled: 'the caller gave up',
  busy: 'busy',
  declined: 'declined',
  'no-answer': 'no answer',
  unreachable: 'no phone could be reached',
  'unknown-destination': 'no such number',
  'not-admitted': 'refused by a rule or a suspension',
  'media-refused': 'not encrypted, so refused',
  'media-timeout': 'one side fell silent',
  'key-expired': 'its keys were used up',
  'session-expired': 'one side vanished',
  loop: 'went in a circle',
  overload: 'too many calls at once',
  transferred: 'transferred',
  replaced: 'taken by another phone',
  'protocol-error': 'a phone broke the protocol',
  'trunk-failed': 'no trunk took it',
  'system-error': 'a fault of this system',
  'system-crash': 'this system stopped',
}

export function causeText({ end }: PastCall): string {
  return end === undefined ? 'still up' : (CAUSES[end.cause] ?? end.cause)
}

export function isGood({ end }: PastCall): boolean {
  return (
    end === undefined ||
    ['normal', 'cancelled', 'transferred', 'replaced', 'busy', 'declined', 'no-answer'].includes(end.cause)
  )
}

export function protectionOf(call: PastCall): 'encrypted' | 'NOT encrypted' {
  const plain = call.legs.some(
    ({ signalling, media }) =>
      !/TLS|WSS/.test(signalling.protocol) ||
      (media !== undefined && media.codec !== undefined && media.suite === undefined),
  )
  return plain ? 'NOT encrypted' : 'encrypted'
}

/** The worse of both sides. */
export function mosOf(call: PastCall): number | undefined {
  const known = call.legs.flatMap(({ media }) => (typeof media?.mos === 'number' ? [media.mos] : []))
  return known.length === 0 ? undefined : Math.min(...known)
}
