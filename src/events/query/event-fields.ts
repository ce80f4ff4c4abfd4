/** An event as queries and detections read it. */
import type { RingfenceEvent } from '../catalogue.ts'
import { commonFields } from '../common-fields.ts'
import type { Fields, FieldValue } from './matches.ts'

/** `position`: its place in the log, where it has one yet. */
export function eventFields(event: RingfenceEvent, position?: number): Fields {
  let common: ReturnType<typeof commonFields> | undefined
  let text: string | undefined
  return {
    values(field) {
      switch (field) {
        case 'type':
          return [event.type]
        case 'severity':
          return [event.severity]
        case 'id':
          return [event.id]
        case 'position':
          return position === undefined ? [] : [position]
        default: {
          if (field.startsWith('data.')) return valuesAt(event.data, field.split('.').slice(1))
          common ??= commonFields(event)
          const value = common[field as keyof typeof common]
          return value === undefined ? [] : [value]
        }
      }
    },
    text: () => (text ??= `${event.type} ${JSON.stringify(event.data)}`),
  }
}

/** Every value that a path leads to, through the members of lists. */
function valuesAt(value: unknown, path: readonly string[]): readonly FieldValue[] {
  if (Array.isArray(value)) return value.flatMap(each => valuesAt(each, path))
  const [name, ...rest] = path
  if (name === undefined) {
    const isValue = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return isValue ? [value] : []
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return []
  return valuesAt((value as Readonly<Record<string, unknown>>)[name], rest)
}
