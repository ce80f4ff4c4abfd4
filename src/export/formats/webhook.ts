/** Events in one message of Standard Webhooks: `{ type, timestamp, data }`. Pure. */
import { type EventFacts, plainEvent } from '../event-facts.ts'
import { jsonText } from '../text.ts'

/** `timestamp`: of the last event, so that the same batch has the same body when it is sent again. */
export function webhookBody(facts: readonly EventFacts[]): string {
  const last = facts.at(-1)
  return jsonText({
    type: 'ringfence.events',
    timestamp: new Date(last?.at ?? 0).toISOString(),
    data: { events: facts.map(plainEvent) },
  })
}
