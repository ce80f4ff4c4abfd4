/** JSON as PASSporTs have it: members in order, nothing twice (RFC 8225 §9). */

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Lexicographic order of members, no white space. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`).join()}}`
}

/** An object without repeated members, at any depth; undefined otherwise. Two readers must not see two different callers. */
export function parseObject(text: string): { readonly [name: string]: unknown } | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return countMembers(value) === countNames(text) ? (value as { readonly [name: string]: unknown }) : undefined
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, each) => sum + countMembers(each), own)
}

/** Strings that a colon follows; the text is known to be JSON. */
function countNames(text: string): number {
  return text.match(/"(?:[^"\\]|\\.)*"\s*(?=:)/g)?.length ?? 0
}
