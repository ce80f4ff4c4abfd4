/** The data of an event within bounds: depth, members, and octets in all. Pure. */
import { cut, jsonText, LONGEST_VALUE } from './text.ts'
import { LARGEST_EVENT } from './types.ts'

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue }
export type JsonObject = { readonly [name: string]: JsonValue }

const DEPTH = 8
const MEMBERS = 200

/** `change` sees each text with the names that lead to it. */
export type ChangeText = (text: string, path: readonly string[]) => string

/** Values that are too long are cut, ever shorter until the whole has room in `largest` octets of JSON. */
export function boundedData(data: object, change: ChangeText = text => text, largest = LARGEST_EVENT / 2): JsonObject {
  let members = MEMBERS
  for (let longest = Math.min(LONGEST_VALUE, largest); longest >= 16; longest = Math.floor(longest / 4)) {
    const bounded = walk(data, { longest, members, change }, []) as JsonObject
    if (Buffer.byteLength(jsonText(bounded)) <= largest) return bounded
    members = Math.max(4, Math.floor(members / 4))
  }
  return {}
}

interface Bounds {
  readonly longest: number
  readonly members: number
  readonly change: ChangeText
}

function walk(value: unknown, bounds: Bounds, path: readonly string[]): JsonValue {
  switch (typeof value) {
    case 'string':
      return cut(bounds.change(value, path), bounds.longest)
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'boolean':
      return value
    case 'object':
      break
    default:
      return null
  }
  if (value === null || path.length >= DEPTH) return null
  if (Array.isArray(value)) {
    return value.slice(0, bounds.members).map((each, index) => walk(each, bounds, [...path, String(index)]))
  }
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(
    entries.slice(0, bounds.members).map(([name, each]) => {
      const key = cut(name, 64)
      return [key === '__proto__' ? '_proto_' : key, walk(each, bounds, [...path, key])]
    }),
  )
}
