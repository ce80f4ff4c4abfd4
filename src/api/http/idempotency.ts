/** A POST that is sent again with the same key is answered as before, and done once. Kept by this process for a day. */
import { createHash } from 'node:crypto'
import { BoundedMap } from '../../base/bounded.ts'

export interface KeptAnswer {
  readonly status: number
  readonly body: string
  readonly type: string
}

export type Begun =
  | { readonly kind: 'new'; done(answer: KeptAnswer | undefined): void }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'running' }
  /** The key was used for another request. */
  | { readonly kind: 'other' }

export interface Idempotency {
  begin(who: string, key: string, request: string, now: number): Begun
}

interface Entry {
  readonly request: string
  readonly at: number
  answer: KeptAnswer | undefined
}

const DAY = 86_400_000
const CAPACITY = 10_000

export function createIdempotency(): Idempotency {
  const entries = new BoundedMap<string, Entry>(CAPACITY)
  return {
    begin(who, key, request, now) {
      const name = digest(`${who}\n${key}`)
      const found = entries.get(name)
      const digested = digest(request)
      if (found !== undefined && now - found.at < DAY) {
        if (found.request !== digested) return { kind: 'other' }
        return found.answer === undefined ? { kind: 'running' } : { kind: 'answered', answer: found.answer }
      }
      const entry: Entry = { request: digested, at: now, answer: undefined }
      entries.set(name, entry)
      return {
        kind: 'new',
        done(answer) {
          // What failed by our fault may be tried again.
          if (answer === undefined) entries.delete(name)
          else entry.answer = answer
        },
      }
    },
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
