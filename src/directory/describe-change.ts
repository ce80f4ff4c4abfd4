/** What a change changed, as events tell it: before and after as text, and nothing secret. */
import { Secret } from '../base/secret.ts'
import type { FieldChange } from '../events/outside-events.ts'
import type { OfficeHours } from './calling.ts'
import type { Change } from './outside-changes.ts'
import type { CallTarget } from './number.ts'

const MAXIMUM_TEXT = 200
const NONE = '-'

/** `current` with the fields of `change` that are given; null takes a value away. No other field of `change` is looked at. */
export function applyChange<T extends object>(current: T, change: Change<T>, fields: readonly (keyof T)[]): T {
  const next = { ...current }
  for (const field of fields) {
    const given: unknown = change[field]
    if (given !== undefined) next[field] = (given === null ? undefined : given) as T[typeof field]
  }
  return next
}

/** The fields that differ, in the order of `fields`. */
export function fieldChanges<T extends object>(
  before: T,
  after: T,
  fields: readonly (keyof T & string)[],
): readonly FieldChange[] {
  const changes: FieldChange[] = []
  for (const field of fields) {
    if (canonical(before[field]) === canonical(after[field])) continue
    const texts = { before: textOf(before[field]), after: textOf(after[field]) }
    // Two secrets, or two long documents, may look the same.
    changes.push({ field, before: texts.before, after: texts.before === texts.after ? 'another' : texts.after })
  }
  return changes
}

/** `extension:101`, `external:+4930…`, `reject`: as operators write it. */
export function targetText(target: CallTarget): string {
  switch (target.kind) {
    case 'extension':
    case 'group':
      return `${target.kind}:${target.number}`
    case 'external':
      return `external:${target.e164}`
    case 'trunk':
      return `trunk:${target.name}`
    case 'reject':
      return 'reject'
  }
}

function canonical(value: unknown): string {
  if (value instanceof Secret) return value.reveal()
  return value === undefined ? '' : JSON.stringify(value)
}

function textOf(value: unknown): string {
  if (value === undefined) return NONE
  if (value instanceof Secret) return 'set'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? NONE : short(value.map(textOf).join(', '))
  if (isTarget(value)) return targetText(value)
  if (isHours(value)) return `${value.days.join(' ')} ${value.from}-${value.to}`
  return short(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

function isHours(value: unknown): value is OfficeHours {
  return typeof value === 'object' && value !== null && 'days' in value
}

function isTarget(value: unknown): value is CallTarget {
  return typeof value === 'object' && value !== null && 'kind' in value
}

function short(text: string): string {
  if (text.includes('\n')) return `a document of ${text.length} characters`
  if (text.length <= MAXIMUM_TEXT) return text
  return `${text.slice(0, MAXIMUM_TEXT).toWellFormed()}… (${text.length} characters)`
}
