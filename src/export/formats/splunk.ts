/** Splunk's HTTP Event Collector: one object for each event, one after another in a body. Pure. */
import { type EventFacts, plainEvent } from '../event-facts.ts'
import { jsonText } from '../text.ts'
import type { FormatContext } from '../types.ts'

export function splunkEvent(facts: EventFacts, { host }: FormatContext, index: string | undefined): string {
  const { at, id, position, common, address } = facts
  return jsonText({
    time: Math.round(at) / 1_000,
    host,
    source: 'ringfence',
    sourcetype: 'ringfence:event',
    ...(index === undefined ? {} : { index }),
    event: { ...plainEvent(facts), common: { ...common, source: address ?? common.source } },
    // Found without reading the event: duplicates share their id.
    fields: { event_id: id, event_position: String(position) },
  })
}
