/**
 * An event as it is chained: what names no one stands in clear, every other text is moved into a sealed part of whom it
 * is about, and the document keeps a commitment to it. So the chain can be checked by somebody who may not read it, and
 * after a key was destroyed. Pure.
 *
 *   commitment = SHA-256( salt (32) | JSON of the part's values )
 */
import { hash } from 'node:crypto'
import type { EventId, OrganisationId } from '../../base/ids.ts'
import type { RingfenceEvent } from '../catalogue.ts'
import { isPublic, subjectAt, subjectsOf } from './subjects.ts'
import type { Opening } from './types.ts'

export const ERASED = '[erased]'
const MAXIMUM_DEPTH = 12

/** Values of one subject, in the order of their appearance. */
export interface Part {
  readonly subject: string
  readonly values: string[]
}

export interface SplitEvent {
  /** `data` with `{"$":[part,value]}` for what was taken out (and a 1 as the third where it is JSON). */
  readonly data: unknown
  readonly parts: readonly Part[]
}

interface Document {
  readonly v: 1
  readonly id: EventId
  readonly type: string
  readonly at: number
  readonly severity: string
  readonly organisationId?: OrganisationId
  readonly data: unknown
  /** Key and commitment of each part. */
  readonly sealed: readonly (readonly [key: number, commitment: string])[]
}

export function splitEvent(event: RingfenceEvent): SplitEvent {
  const parts: Part[] = []
  const subjects = subjectsOf(event)
  const take = (path: readonly string[], text: string, isJson: boolean): unknown => {
    const subject = subjectAt(subjects, path)
    let index = parts.findIndex(part => part.subject === subject)
    if (index === -1) index = parts.push({ subject, values: [] }) - 1
    const place = parts[index]!.values.push(text) - 1
    return { $: isJson ? [index, place, 1] : [index, place] }
  }
  const walk = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === 'string') return isPublic(event.type, path, value) ? value : take(path, value, false)
    if (typeof value !== 'object' || value === null) return value
    if (path.length > MAXIMUM_DEPTH || Object.hasOwn(value, '$')) return take(path, JSON.stringify(value), true)
    if (Array.isArray(value)) return value.map(each => walk(each, path))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, [...path, name])]))
  }
  return { data: walk(event.data, []), parts }
}

export function commitmentOf(salt: Buffer, values: readonly string[]): string {
  return hash('sha256', Buffer.concat([salt, Buffer.from(JSON.stringify(values), 'utf8')]), 'hex')
}

/** The text that is hashed and kept. */
export function documentText(event: RingfenceEvent, data: unknown, sealed: Document['sealed']): string {
  const { id, type, at, severity, organisationId } = event
  const owner = organisationId === undefined ? {} : { organisationId }
  return JSON.stringify({ v: 1, id, type, at, severity, ...owner, data, sealed } satisfies Document)
}

/** Undefined for a text that is no document. */
export function readDocument(text: string): Document | undefined {
  try {
    const value = JSON.parse(text) as Document
    return value.v === 1 && Array.isArray(value.sealed) && typeof value.type === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** The event again; `[erased]` for what nobody can read any more. */
export function joinEvent(document: Document, parts: readonly (readonly string[] | undefined)[]): RingfenceEvent {
  const put = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(put)
    if (Object.hasOwn(value, '$')) return taken((value as { $: unknown }).$, parts)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, put(each)]))
  }
  const { id, type, at, severity, organisationId, data } = document
  return { id, type, at, severity, organisationId, data: put(data) } as RingfenceEvent
}

function taken(place: unknown, parts: readonly (readonly string[] | undefined)[]): unknown {
  const [part, index, isJson] = Array.isArray(place) ? (place as unknown[]) : []
  const text = parts[Number(part)]?.[Number(index)]
  if (text === undefined) return ERASED
  return isJson === 1 ? (JSON.parse(text) as unknown) : text
}

/** Whether these values are those that the document commits to. */
export function opens(document: Document, index: number, opening: Opening): boolean {
  const salt = Buffer.from(opening.salt, 'hex')
  return salt.length === 32 && document.sealed[index]?.[1] === commitmentOf(salt, opening.values)
}
