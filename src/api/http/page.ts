/** Lists in pages: a cursor names the last item of the page before, so that pages stay right whatever is added or removed meanwhile. */
import { z } from 'zod'
import type { ApiResult } from './route.ts'

const MAXIMUM_PAGE = 1_000
const STANDARD_PAGE = 100
const MAXIMUM_CURSOR = 512

export const pageQuery = {
  limit: z.int().min(1).max(MAXIMUM_PAGE).default(STANDARD_PAGE),
  cursor: z.string().max(MAXIMUM_CURSOR).optional().describe('`next` of the page before'),
}

export interface PageAsked {
  readonly limit: number
  /** Name of the last item of the page before. */
  readonly after: string | undefined
}

export function pageOf(view: z.ZodType): z.ZodType {
  const items = view instanceof z.ZodArray ? view : z.array(view)
  return z.object({
    items,
    next: z.string().nullable().describe('cursor of the next page; null: this is the last one'),
  })
}

/** Undefined: the cursor is none of ours. */
export function readPage(query: Readonly<Record<string, unknown>>): PageAsked | undefined {
  const { limit = STANDARD_PAGE, cursor } = query
  if (cursor === undefined) return { limit: Number(limit), after: undefined }
  const after = readCursor(String(cursor))
  return after === undefined ? undefined : { limit: Number(limit), after }
}

export function wrongCursor(): ApiResult {
  const message = 'cursor: is not one of ours; begin without it'
  return { ok: false, error: { code: 'API_INVALID', message, status: 400, field: 'cursor' } }
}

/** `items`: what follows the page before, in order; more than a page where there is a next one. */
export function pageFrom<T>(items: readonly T[], limit: number, nameOf: (item: T) => string): ApiResult {
  const page = items.slice(0, limit)
  const last = page.at(-1)
  const next = items.length > limit && last !== undefined ? writeCursor(nameOf(last)) : null
  return { ok: true, value: { items: page, next } }
}

/** In order of their names. */
export function pageByName<T>(items: readonly T[], asked: PageAsked, nameOf: (item: T) => string): ApiResult {
  const { after, limit } = asked
  const later = after === undefined ? items : items.filter(item => nameOf(item) > after)
  return pageFrom(
    later.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
    limit,
    nameOf,
  )
}

/** In the order that they have, such as the newest first. */
export function pageAsGiven<T>(items: readonly T[], asked: PageAsked, nameOf: (item: T) => string): ApiResult {
  const { after, limit } = asked
  if (after === undefined) return pageFrom(items, limit, nameOf)
  const index = items.findIndex(item => nameOf(item) === after)
  return index < 0 ? wrongCursor() : pageFrom(items.slice(index + 1), limit, nameOf)
}

export function writeCursor(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64url')
}

/** Undefined: nothing that `writeCursor` writes. */
export function readCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  return text !== '' && writeCursor(text) === cursor ? text : undefined
}
