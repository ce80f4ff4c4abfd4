import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commonFields } from '../../src/events/common-fields.ts'
import { eventSchema, eventTypes, jsonSchemaDocument } from '../../src/events/schemas/event-schemas.ts'
import { repositoryRoot } from '../support/places.ts'

const file = join(repositoryRoot, 'docs/events.schema.json')

test('docs/events.schema.json is what the schemas of the source say (UPDATE_DOCS=true writes it)', () => {
  const document = `${JSON.stringify(jsonSchemaDocument(), null, 1)}\n`
  if (process.env['UPDATE_DOCS'] === 'true') writeFileSync(file, document)
  equal(readFileSync(file, 'utf8'), document)
})

test('each event has a schema with fields, and its common fields', () => {
  for (const type of eventTypes()) {
    ok(eventSchema(type), type)
    ok(['success', 'failure', 'unknown'].includes(commonFields({ type, data: {} } as never).outcome), type)
  }
})

test('an event that lacks a field, has another one or another type is not of the schema', () => {
  const event = {
    id: '019ac3b2-0000-7000-8000-000000000000',
    type: 'call.held',
    at: 1,
    severity: 'info',
    data: { callId: 'c', by: '101', held: true },
  }
  const schema = eventSchema('call.held')
  deepEqual(schema.safeParse(event).success, true)
  for (const data of [
    { callId: 'c', by: '101' },
    { ...event.data, more: 1 },
    { ...event.data, held: 'yes' },
  ]) {
    equal(schema.safeParse({ ...event, data }).success, false)
  }
})
