/** One schema for each event, and all of them as one document of JSON Schema (docs/events.schema.json). */
import { z } from 'zod'
import { EVENT_SEVERITY, type EventType } from '../catalogue.ts'
import { SEVERITY_OF_LEVEL } from '../detection-events.ts'
import { EVENT_OUTCOME } from '../common-fields.ts'
import { EVENT_CLASS } from '../event-class.ts'
import { ADMINISTRATION_SHAPES } from './administration-schemas.ts'
import { CALLS_SHAPES } from './calls-schemas.ts'
import { PEOPLE_SHAPES } from './people-schemas.ts'
import { REGISTRATION_SHAPES } from './registration-schemas.ts'
import { SYSTEM_SHAPES } from './system-schemas.ts'
import type { Shapes } from './types.ts'

/** Grows when a field changes its meaning or goes; new events and new fields do not count. */
export const SCHEMA_VERSION = 1

const SHAPES: Shapes = {
  ...SYSTEM_SHAPES,
  ...REGISTRATION_SHAPES,
  ...CALLS_SHAPES,
  ...ADMINISTRATION_SHAPES,
  ...PEOPLE_SHAPES,
}

const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)

export function eventSchema(type: EventType): z.ZodType {
  return z.strictObject({
    id: uuid,
    type: z.literal(type),
    at: z.int(),
    // A finding is as loud as its rule.
    severity: type === 'detection.found' ? z.enum(Object.values(SEVERITY_OF_LEVEL)) : z.literal(EVENT_SEVERITY[type]),
    organisationId: uuid.optional(),
    data: z.strictObject(SHAPES[type]),
  })
}

export function eventTypes(): readonly EventType[] {
  return Object.keys(EVENT_SEVERITY) as EventType[]
}

/** The published document: one definition for each type. */
export function jsonSchemaDocument(): object {
  const definitions = eventTypes().map(type => {
    const { $schema: _, ...schema } = z.toJSONSchema(eventSchema(type), { target: 'draft-2020-12' })
    return [type, { title: type, 'x-class': EVENT_CLASS[type], 'x-outcome': EVENT_OUTCOME[type], ...schema }]
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Events of Ringfence',
    'x-version': SCHEMA_VERSION,
    oneOf: eventTypes().map(type => ({ $ref: `#/$defs/${type}` })),
    $defs: Object.fromEntries(definitions),
  }
}
