/** The 200 to a REGISTER: every binding of the device with what is left of its time (RFC 3261 §10.3 step 8). */
import { formatDate } from '../sip/message/date.ts'
import { isAll, VALUE } from '../sip/message/characters.ts'
import { quoteString } from '../sip/message/text.ts'
import type { Entry } from './binding-table.ts'
import type { Registration } from './requested-contacts.ts'

export type HeaderPair = readonly [string, string]

/** `date` is the value of Date, `monotonic` what the bindings' deadlines are counted in. */
export function answerHeaders(
  entries: readonly Entry[],
  registration: Registration,
  flowTimer: number,
  date: string,
  monotonic: number,
): HeaderPair[] {
  const headers: HeaderPair[] = []
  for (const entry of entries) headers.push(['Contact', formatBinding(entry, monotonic)])
  if (registration.outbound) headers.push(['Require', 'outbound'], ['Flow-Timer', String(flowTimer)])
  if (registration.supportsPath) for (const value of registration.path) headers.push(['Path', value])
  headers.push(['Supported', 'path, outbound'], ['Date', date])
  return headers
}

function formatBinding(entry: Entry, monotonic: number): string {
  const { contact, instanceId, regId, q } = entry.binding
  const expires = Math.max(1, Math.ceil((entry.deadline - monotonic) / 1000))
  let text = `<${contact}>;expires=${expires}`
  if (q !== 1_000) text += `;q=${(q / 1_000).toFixed(3)}`
  if (instanceId !== undefined) {
    text += `;+sip.instance=${isAll(instanceId, VALUE) ? instanceId : quoteString(instanceId)}`
  }
  return regId === undefined ? text : `${text};reg-id=${regId}`
}

/** The Date of a wall-clock time, formatted once a second. */
export function createDateText(): (now: number) => string {
  let second = -1
  let text = ''
  return now => {
    const current = Math.floor(now / 1000)
    if (current !== second) {
      second = current
      text = formatDate(second * 1000)
    }
    return text
  }
}
