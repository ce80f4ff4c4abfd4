/** The event as the log has it, one object on one line. Pure. */
import { type EventFacts, plainEvent } from '../event-facts.ts'
import { jsonText } from '../text.ts'

export function jsonLine(facts: EventFacts): string {
  return jsonText(plainEvent(facts))
}
