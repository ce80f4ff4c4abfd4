/** Entity tags and what they decide (RFC 9110 §13): of the representation, octet by octet, so they are strong. */
import { createHash } from 'node:crypto'
import type { ApiError, ApiRoute, RouteInput } from './route.ts'

export function etagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
}

/** `If-None-Match`: the weak comparison, of a list or `*`. */
export function isNotModified(condition: string | undefined, tag: string): boolean {
  return condition !== undefined && listOf(condition).some(each => each === '*' || each.replace(/^W\//, '') === tag)
}

/**
 * What `If-Match` names has to be what `GET` of the same path answers now, by the strong comparison. Undefined: it is, or
 * nothing was asked. Whoever may not read it is not told by a comparison either.
 */
export async function refuseChanged(
  condition: string | undefined,
  read: ApiRoute | undefined,
  input: RouteInput,
): Promise<ApiError | undefined> {
  if (condition === undefined) return undefined
  const changed = { code: 'API_CHANGED', message: 'it was changed since you read it: read it again, then change it' }
  if (read === undefined) return changed
  const { access } = read
  if (access !== 'public' && access !== 'session' && input.caller?.permissions.has(access) !== true) {
    return { code: 'API_FORBIDDEN', message: `If-Match compares with what ${access} lets you read` }
  }
  const query = read.query === undefined ? {} : read.query.safeParse({}).data
  const now = await read.handle({ ...input, query: (query ?? {}) as RouteInput['query'], body: undefined })
  if (!now.ok) return now.error
  const tag = etagOf(JSON.stringify(now.value))
  return listOf(condition).some(each => each === '*' || each === tag) ? undefined : changed
}

function listOf(condition: string): readonly string[] {
  return condition.split(',', 64).map(each => each.trim())
}
