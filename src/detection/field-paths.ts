/** Which fields events have, by their schemas: for rules, their streams, and what they are converted to. */
import { z } from 'zod'
import type { EventType } from '../events/catalogue.ts'
import { eventSchema, eventTypes } from '../events/schemas/event-schemas.ts'

interface JsonSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
}

/** Of a field: `text`, `number`, `boolean`, and whether a list leads to it. */
export interface FieldFacts {
  readonly type: string
  /** The parts of its path, and whether each holds several. */
  readonly steps: readonly { readonly name: string; readonly many: boolean }[]
}

const known = new Map<string, JsonSchema>()

/** `path`: below `data`. Undefined: an event of this type has no such field. */
export function fieldFacts(type: string, path: string): FieldFacts | undefined {
  if (!eventTypes().includes(type as EventType)) return undefined
  const schema = known.get(type) ?? (z.toJSONSchema(eventSchema(type as EventType)) as JsonSchema)
  known.set(type, schema)
  let at = schema.properties?.['data']
  const steps: { name: string; many: boolean }[] = []
  for (const name of path.split('.')) {
    const open = typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined
    at = at?.properties?.[name] ?? open
    const many = at?.items !== undefined
    steps.push({ name, many })
    if (many) at = at?.items
    if (at === undefined) return undefined
  }
  return { type: at?.type ?? 'string', steps }
}

export function hasField(type: string, path: string): boolean {
  return fieldFacts(type, path) !== undefined
}

/** Of every value in it. */
export function pathsOf(data: unknown, before: readonly string[] = []): readonly string[] {
  if (Array.isArray(data)) return data.flatMap(each => pathsOf(each, before))
  if (typeof data !== 'object' || data === null) return before.length === 0 ? [] : [before.join('.')]
  return Object.entries(data).flatMap(([name, value]) => pathsOf(value, [...before, name]))
}
