/** Replaces (RFC 3891): the dialog that a new call takes over. */
import { isToken } from '../message/characters.ts'
import { parseParameters } from '../message/headers.ts'
import type { SipMessage } from '../message/types.ts'

export interface Replaces {
  readonly callId: string
  readonly toTag: string
  readonly fromTag: string
  /** Only a call that was not answered yet may be replaced (§3). */
  readonly earlyOnly: boolean
}

/** `Call-ID;to-tag=…;from-tag=…[;early-only]`. Undefined when malformed. */
export function parseReplaces(value: string): Replaces | undefined {
  const semicolon = value.indexOf(';')
  const callId = value.slice(0, Math.max(semicolon, 0)).trim()
  const parameters = semicolon === -1 ? undefined : parseParameters(value, semicolon)
  const toTag = parameters?.get('to-tag')
  const fromTag = parameters?.get('from-tag')
  if (parameters === undefined || !isCallId(callId) || toTag === undefined || fromTag === undefined) return undefined
  if (!isToken(toTag) || !isToken(fromTag)) return undefined
  return { callId, toTag, fromTag, earlyOnly: parameters.has('early-only') }
}

export function formatReplaces(replaces: Replaces): string {
  const { callId, toTag, fromTag, earlyOnly } = replaces
  return `${callId};to-tag=${toTag};from-tag=${fromTag}${earlyOnly ? ';early-only' : ''}`
}

/** `none` without the header; `malformed` also when it stands twice: 400 (§3). */
export function replacesOf(message: SipMessage): Replaces | 'none' | 'malformed' {
  const values = message.headerValues('Replaces')
  if (values.length === 0) return 'none'
  return (values.length === 1 ? parseReplaces(values[0]!) : undefined) ?? 'malformed'
}

function isCallId(text: string): boolean {
  return /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(text)
}
