/** How many phones one call may ring at once, over all servers that it passes (RFC 5393 §5, for B2BUAs RFC 7332 §4). Pure. */
import type { SipRequest } from '../sip/message/types.ts'

/** What a request without Max-Breadth counts as ("a value of 60 is RECOMMENDED"), and the most that we pass on. */
export const DEFAULT_BREADTH = 60

/** Undefined: the header field is malformed. */
export function breadthOf(request: SipRequest): number | undefined {
  const values = request.headerValues('Max-Breadth')
  if (values.length === 0) return DEFAULT_BREADTH
  const [text = ''] = values
  if (values.length > 1 || !/^\d{1,10}$/.test(text)) return undefined
  return Math.min(Number(text), DEFAULT_BREADTH)
}

/** One part for each branch; together they are `breadth`, which is at least as large as `branches`. */
export function shareBreadth(breadth: number, branches: number): readonly number[] {
  const part = Math.floor(breadth / branches)
  const more = breadth % branches
  return Array.from({ length: branches }, (_, index) => (index < more ? part + 1 : part))
}
