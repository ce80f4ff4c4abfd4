/** The text of one event for one destination: masked, in its form, no longer than the receiver takes. Pure. */
import type { LoggedEvent } from '../events/event-log.ts'
import type { ChangeText } from './bounded-data.ts'
import { eventFacts } from './event-facts.ts'
import { lineOf } from './formats/index.ts'
import { countOctets, SYSLOG_ROOM, syslogMessage } from './formats/syslog.ts'
import type { ExportForm, FormatContext } from './types.ts'

export interface EncodeOptions {
  readonly form: ExportForm
  readonly mask: ChangeText | undefined
  readonly context: FormatContext
}

const ROOMS = [4_000, 1_500, 400, 100] as const

/** One frame of syslog. What is JSON inside stays whole: its values are cut, not its end. */
export function syslogFrame(logged: LoggedEvent, { form, mask, context }: EncodeOptions): Buffer {
  for (const room of ROOMS) {
    const facts = eventFacts(logged, mask, room)
    const line = lineOf(form, facts, context)
    const fits = Buffer.byteLength(line) <= SYSLOG_ROOM
    if (fits || room === ROOMS.at(-1)) return countOctets(syslogMessage(facts, context, line))
  }
  throw new RangeError('no room')
}

/** One line of a file, with its end. */
export function fileLine(logged: LoggedEvent, { form, mask, context }: EncodeOptions): string {
  return `${lineOf(form, eventFacts(logged, mask), context)}\n`
}
