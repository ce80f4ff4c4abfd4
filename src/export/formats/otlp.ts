/** OpenTelemetry logs in JSON (OTLP/HTTP 1.x, `/v1/logs`), named by the semantic conventions where they have a name. Pure. */
import type { Severity } from '../../events/catalogue.ts'
import type { JsonObject } from '../bounded-data.ts'
import { type EventFacts, plainEvent } from '../event-facts.ts'
import { jsonText } from '../text.ts'
import type { FormatContext } from '../types.ts'

/** https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const SEVERITY: { readonly [S in Severity]: number } = { info: 9, notice: 10, warning: 13, error: 17, critical: 21 }

export function otlpRecord(facts: EventFacts): JsonObject {
  const { type, at, severity, common, address, port, id, position, organisationId, message } = facts
  const nanoseconds = `${Math.round(at)}000000`
  return {
    timeUnixNano: nanoseconds,
    observedTimeUnixNano: nanoseconds,
    severityNumber: SEVERITY[severity] ?? 9,
    severityText: severity,
    eventName: `ringfence.${type}`,
    body: { stringValue: message },
    attributes: [
      ...texts('event.id', id),
      { key: 'ringfence.position', value: { intValue: String(position) } },
      ...texts('ringfence.organisation.id', organisationId),
      ...texts('ringfence.outcome', common.outcome),
      ...texts('client.address', address ?? common.source),
      ...(port === undefined ? [] : [{ key: 'client.port', value: { intValue: String(port) } }]),
      ...texts('user.name', common.actor),
      ...texts('user_agent.original', common.client),
      ...texts('ringfence.extension', common.extension),
      ...texts('ringfence.target', common.target),
      ...texts('ringfence.reason', common.reason),
      ...texts('ringfence.rule', common.rule),
      ...texts('ringfence.call.id', common.call),
      ...texts('session.id', common.session),
      ...texts('ringfence.event', jsonText(plainEvent(facts))),
    ],
  }
}

function texts(key: string, value: string | undefined): readonly JsonObject[] {
  return value === undefined ? [] : [{ key, value: { stringValue: value } }]
}

export function otlpRequest(records: readonly JsonObject[], { host, version }: FormatContext): string {
  const attributes = [
    ...texts('service.name', 'ringfence'),
    ...texts('service.version', version),
    ...texts('host.name', host),
  ]
  const scope = { name: 'ringfence', version }
  return jsonText({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ scope, logRecords: records }] }] })
}
