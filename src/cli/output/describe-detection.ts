/** Findings of detections, and which rules there are, in words. */
import type { EventPayloads } from '../../events/catalogue.ts'
import type { SearchEvents } from '../../events/search-events.ts'
import type { DetectionEvents } from '../../events/detection-events.ts'
import { countOf } from './text.ts'

type Describers = { readonly [T in keyof DetectionEvents | keyof SearchEvents]: (data: EventPayloads[T]) => string }

export const DETECTIONS: Describers = {
  'detection.found': ({ level, title, group, count, address, extension }) => {
    const about = Object.entries(group).map(([field, value]) => `${field} ${value}`)
    const where = about.length > 0 ? about : [extension && `extension ${extension}`, address].filter(Boolean)
    return `${level}: ${title}${where.length === 0 ? '' : ` (${where.join(', ')})`}${count > 1 ? `, ${countOf(count, 'event')}` : ''}`
  },
  'detection.rules-changed': ({ rules, own, disabled, problems }) =>
    `${countOf(rules, 'rule')}, ${own} of the folder, ${disabled.length} disabled${problems === 0 ? '' : `, ${countOf(problems, 'problem')}`}`,
  'search.changed': ({ actor, search, after }) =>
    after === undefined ? `${search} removed by ${actor.name}` : `${search} by ${actor.name}: ${after.q}`,
  'search.found': ({ search, q, count, minutes }) => `${search}: ${count} in ${minutes} minutes: ${q}`,
  'detection.rule-problem': ({ file, where, problem }) => `${file}, ${where}: ${problem}`,
}
