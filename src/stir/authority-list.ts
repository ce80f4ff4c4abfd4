/** TNAuthList (RFC 8226 §9): which numbers a certificate may sign for. A small part of DER, bounded, and strict. */

export const AUTHORITY_LIST_OID = '1.3.6.1.5.5.7.1.26'

export type AuthorityEntry =
  /** All numbers of a provider: whose they are is the provider's word. */
  | { readonly kind: 'provider'; readonly code: string }
  | { readonly kind: 'range'; readonly start: string; readonly count: number }
  | { readonly kind: 'one'; readonly number: string }

interface Element {
  readonly tag: number
  readonly content: Buffer
  readonly rest: Buffer
}

const SEQUENCE = 0x30
const IA5_STRING = 0x16
const INTEGER = 0x02
const MAXIMUM_ENTRIES = 1_000

/** Undefined: not a TNAuthList. */
export function parseAuthorityList(der: Buffer): readonly AuthorityEntry[] | undefined {
  const list = element(der)
  if (list?.tag !== SEQUENCE || list.rest.length > 0) return undefined
  const entries: AuthorityEntry[] = []
  for (let left = list.content; left.length > 0; ) {
    const tagged = element(left)
    const entry = tagged === undefined ? undefined : entryOf(tagged)
    if (entry === undefined || entries.length >= MAXIMUM_ENTRIES) return undefined
    entries.push(entry)
    left = tagged!.rest
  }
  return entries.length === 0 ? undefined : entries
}

/** The tags are explicit: within each stands the type itself. */
function entryOf({ tag, content }: Element): AuthorityEntry | undefined {
  const inner = element(content)
  if (inner === undefined || inner.rest.length > 0) return undefined
  if (tag === 0xa0 && inner.tag === IA5_STRING) return { kind: 'provider', code: inner.content.toString('latin1') }
  if (tag === 0xa2 && inner.tag === IA5_STRING) return { kind: 'one', number: inner.content.toString('latin1') }
  if (tag !== 0xa1 || inner.tag !== SEQUENCE) return undefined
  const start = element(inner.content)
  const count = start === undefined ? undefined : element(start.rest)
  if (start?.tag !== IA5_STRING || count?.tag !== INTEGER || count.rest.length > 0 || count.content.length > 5)
    return undefined
  return { kind: 'range', start: start.content.toString('latin1'), count: Number(`0x${count.content.toString('hex')}`) }
}

function element(der: Buffer): Element | undefined {
  const tag = der[0]
  const first = der[1]
  if (tag === undefined || first === undefined) return undefined
  const long = first >= 0x80 ? first & 0x7f : 0
  if (long > 3 || first === 0x80 || der.length < 2 + long) return undefined
  const length = long === 0 ? first : der.readUIntBE(2, long)
  const start = 2 + long
  if (der.length < start + length) return undefined
  return { tag, content: der.subarray(start, start + length), rest: der.subarray(start + length) }
}

/** Whether the certificate may speak for `number` (digits). */
export function covers(entries: readonly AuthorityEntry[], number: string): boolean {
  return entries.some(entry => {
    if (entry.kind === 'provider') return true
    if (entry.kind === 'one') return digits(entry.number) === number
    const start = digits(entry.start)
    if (start.length !== number.length) return false
    const offset = BigInt(number) - BigInt(start === '' ? '0' : start)
    return offset >= 0n && offset < BigInt(entry.count)
  })
}

function digits(text: string): string {
  return text.replace(/[^0-9]/g, '')
}
