/** Events of exports as sentences. */
import type { EventPayloads } from '../../events/catalogue.ts'
import type { ExportEvents } from '../../events/export-events.ts'
import { formatDuration, formatTime } from './time.ts'

type Describers = { readonly [T in keyof ExportEvents]: (data: EventPayloads[T]) => string }

export const EXPORTS: Describers = {
  'export.added': ({ export: name, destination, filter, actor, weakened }) =>
    `${name} to ${destination}${filter === '' ? '' : `, where ${filter}`}, by ${actor.name}` +
    (weakened.length === 0 ? '' : `; ${weakened.join(', ')}`),
  'export.removed': ({ export: name, destination, actor }) => `${name} to ${destination}, by ${actor.name}`,
  'export.tested': ({ export: name, destination, ok, detail }) =>
    `${name} to ${destination}: ${ok ? 'taken' : `FAILED: ${detail}`}`,
  'export.failing': ({ export: name, destination, detail, behind }) =>
    `${name} to ${destination}: ${detail}; ${behind} events wait`,
  'export.recovered': ({ export: name, destination, awayForMs }) =>
    `${name} to ${destination} after ${formatDuration(awayForMs)}`,
  'export.behind': ({ export: name, behind, since }) => `${name}: ${behind} events wait since ${formatTime(since)}`,
  'export.refused': ({ export: name, destination, events, first, detail }) =>
    `${name} to ${destination}: ${events} events from position ${first} were not taken: ${detail}`,
  'export.lost': ({ export: name, events, after }) =>
    `${name}: ${events} events after position ${after} were removed before they were sent`,
}
