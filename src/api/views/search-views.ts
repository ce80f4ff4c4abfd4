/** What operations on saved searches answer. */
import { z } from 'zod'
import { text, time } from './directory-views.ts'

const search = z.object({
  name: text,
  q: text,
  tell: z.object({ more: z.int(), minutes: z.int() }).nullable(),
  changedAt: time,
  changedBy: text,
})

export const SEARCH_VIEWS = {
  searchList: z.array(search),
  searchSave: search,
  searchRemove: z.object({ name: text }),
} as const
