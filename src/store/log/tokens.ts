/**
 * Blind indexes of an event: numbers that stand for its values, so that they are found and counted without being read.
 * The first eight have a place of their own, by which answers are grouped.
 */
import { neighbourhoodOf } from '../../base/network.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import { commonFields } from '../../events/common-fields.ts'
import type { LogSecrets } from './secrets.ts'

export const PLACES = ['actor', 'extension', 'source', 'target', 'client', 'rule', 'call', 'session'] as const
export type Place = (typeof PLACES)[number]

/** Fields of an event's own that are found at once when they are asked for by their whole value. */
export const INDEXED_DATA = ['from', 'to', 'number', 'username', 'person', 'payer', 'trunk', 'group', 'email'] as const

/** A group of more is asked for by its other fields. */
const MAXIMUM_MEMBERS = 100

export function tokensOf(event: RingfenceEvent, token: LogSecrets['token']): readonly (bigint | undefined)[] {
  const common = commonFields(event)
  const tokens: (bigint | undefined)[] = PLACES.map(place => {
    const value = common[place]
    return value === undefined ? undefined : token(place, value)
  })
  const network = common.source === undefined ? '' : neighbourhoodOf(common.source)
  if (network !== '') tokens.push(token('network', network))
  const data = event.data as unknown as Readonly<Record<string, unknown>>
  for (const name of INDEXED_DATA) {
    for (const value of valuesOf(data[name])) tokens.push(token(`data.${name}`, value))
  }
  return tokens
}

/** As the filter language reads a field: its value, or the members of a list. */
function valuesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.slice(0, MAXIMUM_MEMBERS).flatMap(valuesOf)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : []
}
