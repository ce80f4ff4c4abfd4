/** Shapes of messages that known attack tools send: data, so that it can be newer than the program. */
import type { SipRequest } from '../../sip/message/types.ts'
import builtIn from './built-in.json' with { type: 'json' }

const FIELDS = [
  'user-agent',
  'from-user',
  'from-host',
  'from-name',
  'to-user',
  'to-host',
  'to-name',
  'call-id',
  'branch',
  'request-user',
  'request-host',
  'contact',
  'any-header-name',
] as const
type Field = (typeof FIELDS)[number]

const MATCHES = ['contains', 'starts', 'equals'] as const
type Match = (typeof MATCHES)[number]

export interface Signature {
  /** `[a-z0-9-]{1,40}`. */
  readonly id: string
  /** The tool, as people know it. */
  readonly tool: string
  readonly field: Field
  readonly match: Match
  /** Compared without regard to case. */
  readonly value: string
  /** Where that was seen. */
  readonly source: string
}

export interface SignatureSet {
  readonly version: string
  readonly signatures: readonly Signature[]
}

export interface Signatures {
  readonly version: string
  readonly count: number
  match(request: SipRequest): Signature | undefined
}

/** More of a field is not looked at. */
const MAXIMUM_LOOKED_AT = 256
const MAXIMUM_SIGNATURES = 10_000

export const BUILT_IN_SIGNATURES: SignatureSet = builtIn as SignatureSet

/** What is wrong with a file of signatures, or the set. `document`: parsed JSON. */
export function readSignatures(document: unknown): SignatureSet | { readonly problem: string } {
  const set = document as Partial<SignatureSet> | null
  if (typeof set !== 'object' || set === null || typeof set.version !== 'string' || !Array.isArray(set.signatures)) {
    return { problem: 'it needs "version" (text) and "signatures" (a list)' }
  }
  if (set.signatures.length > MAXIMUM_SIGNATURES) return { problem: `more than ${MAXIMUM_SIGNATURES} signatures` }
  for (const [index, each] of set.signatures.entries()) {
    const problem = problemOf(each as Partial<Signature>)
    if (problem !== undefined) return { problem: `signature ${index + 1}: ${problem}` }
  }
  return { version: set.version.slice(0, 64), signatures: set.signatures as readonly Signature[] }
}

function problemOf({ id, tool, field, match, value, source }: Partial<Signature>): string | undefined {
  if (typeof id !== 'string' || !/^[a-z0-9-]{1,40}$/.test(id)) return 'id is not like "sipvicious-agent"'
  if (typeof tool !== 'string' || tool === '' || typeof source !== 'string' || source === '') {
    return `${id}: tool and source are needed`
  }
  if (!FIELDS.includes(field as Field)) return `${id}: field is none of ${FIELDS.join(', ')}`
  if (!MATCHES.includes(match as Match)) return `${id}: match is none of ${MATCHES.join(', ')}`
  if (typeof value !== 'string' || value.trim().length < 2 || value.length > 128)
    return `${id}: value has 2 to 128 characters`
  return undefined
}

export function createSignatures({ version, signatures }: SignatureSet): Signatures {
  const byField = new Map<Field, { readonly value: string; readonly signature: Signature }[]>()
  for (const signature of signatures) {
    const list = byField.get(signature.field) ?? []
    list.push({ value: signature.value.toLowerCase(), signature })
    byField.set(signature.field, list)
  }
  return {
    version,
    count: signatures.length,
    match(request) {
      for (const [field, list] of byField) {
        for (const text of textsOf(request, field)) {
          const lower = text.slice(0, MAXIMUM_LOOKED_AT).toLowerCase()
          for (const { value, signature } of list) if (matches(lower, value, signature.match)) return signature
        }
      }
      return undefined
    },
  }
}

function matches(text: string, value: string, match: Match): boolean {
  if (match === 'contains') return text.includes(value)
  return match === 'starts' ? text.startsWith(value) : text === value
}

function textsOf(request: SipRequest, field: Field): readonly string[] {
  const { from, to, requestUri } = request
  switch (field) {
    case 'user-agent':
      return [request.header('User-Agent') ?? '']
    case 'from-user':
      return [from.uri.kind === 'sip' ? (from.uri.user ?? '') : '']
    case 'from-host':
      return [from.uri.kind === 'sip' ? from.uri.host : '']
    case 'from-name':
      return [from.displayName ?? '']
    case 'to-user':
      return [to.uri.kind === 'sip' ? (to.uri.user ?? '') : '']
    case 'to-host':
      return [to.uri.kind === 'sip' ? to.uri.host : '']
    case 'to-name':
      return [to.displayName ?? '']
    case 'call-id':
      return [request.callId]
    case 'branch':
      return request.vias.map(({ branch }) => branch ?? '')
    case 'request-user':
      return [requestUri.kind === 'sip' ? (requestUri.user ?? '') : '']
    case 'request-host':
      return [requestUri.kind === 'sip' ? requestUri.host : '']
    case 'contact':
      return [request.header('Contact') ?? '']
    case 'any-header-name':
      return request.headers.map(({ name }) => name)
  }
}
