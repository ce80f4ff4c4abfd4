/** Elastic Common Schema 8.11: one document for each event, and the bulk request of Elasticsearch and OpenSearch. Pure. */
import type { Severity } from '../../events/catalogue.ts'
import type { JsonObject } from '../bounded-data.ts'
import type { OcsfClass } from '../event-classes.ts'
import type { EventFacts } from '../event-facts.ts'
import { jsonText } from '../text.ts'
import type { FormatContext } from '../types.ts'
import { SYSLOG_SEVERITY } from './syslog.ts'

/** `event.category` and `event.type` of the schema's closed lists. */
const CATEGORIES: { readonly [C in OcsfClass]: readonly string[] } = {
  finding: ['intrusion_detection'],
  account: ['iam'],
  logon: ['authentication'],
  entity: ['configuration'],
  network: ['network'],
  config: ['configuration'],
  lifecycle: ['process'],
  api: ['api'],
}

const LEVELS: { readonly [S in Severity]: number } = { info: 21, notice: 35, warning: 47, error: 73, critical: 99 }

export function ecsDocument(facts: EventFacts, { host, version }: FormatContext): JsonObject {
  const { type, severity, common, address, port, message, data, id, position, at, organisationId } = facts
  const users = [common.actor, common.target].filter(each => each !== undefined)
  return {
    '@timestamp': new Date(at).toISOString(),
    ecs: { version: '8.11.0' },
    message,
    event: {
      id,
      sequence: position,
      kind: facts.class.of === 'finding' ? 'alert' : 'event',
      category: CATEGORIES[facts.class.of],
      type: typesOf(facts),
      action: type,
      outcome: common.outcome,
      severity: LEVELS[severity] ?? 35,
      provider: 'ringfence',
      module: 'ringfence',
      dataset: `ringfence.${type.slice(0, type.indexOf('.'))}`,
      ...optional('reason', common.reason),
    },
    log: { level: severity, syslog: { severity: { code: SYSLOG_SEVERITY[severity] ?? 5 } } },
    observer: { vendor: 'Ringfence', product: 'Ringfence', type: 'pbx', name: host, version },
    ...optional('organization', organisationId === undefined ? undefined : { id: organisationId }),
    ...sourceOf(common.source, address, port),
    ...optional('user', common.actor === undefined ? undefined : { name: common.actor }),
    ...optional('user_agent', common.client === undefined ? undefined : { original: common.client }),
    ...optional(
      'rule',
      common.rule === undefined
        ? undefined
        : { id: common.rule, name: type === 'detection.found' ? facts.class.title : common.rule },
    ),
    related: { ...(address === undefined ? {} : { ip: [address] }), ...(users.length === 0 ? {} : { user: users }) },
    ringfence: {
      ...optional('call_id', common.call),
      ...optional('session_id', common.session),
      ...optional('extension', common.extension),
      ...optional('target', common.target),
      // As text: names in it are many, and none may become a field that nobody asked for.
      data: jsonText(data),
    },
  }
}

function sourceOf(source: string | undefined, address: string | undefined, port: number | undefined): JsonObject {
  if (source === undefined) return {}
  return { source: { address: source, ...optional('ip', address), ...optional('port', port) } }
}

function optional<T>(name: string, value: T | undefined): { readonly [name: string]: T } {
  return value === undefined ? {} : { [name]: value }
}

const BY_ACTIVITY: { readonly [C in OcsfClass]?: Readonly<Record<number, string>> } = {
  account: { 1: 'creation', 2: 'change', 5: 'change', 6: 'deletion' },
  entity: { 1: 'creation', 3: 'change', 4: 'deletion' },
  logon: { 1: 'start', 2: 'end' },
  network: { 1: 'start', 2: 'end', 5: 'denied', 7: 'start' },
  lifecycle: { 3: 'start', 4: 'end' },
}

function typesOf({ class: of, common }: EventFacts): readonly string[] {
  const named = BY_ACTIVITY[of.of]?.[of.activity] ?? 'info'
  if (of.of === 'network') return named === 'denied' ? ['connection', 'denied'] : ['connection', named]
  if (of.of === 'account') return ['user', named === 'info' ? 'change' : named]
  return common.outcome === 'failure' && named !== 'denied'
    ? [named, 'error'].slice(0, of.of === 'api' ? 2 : 1)
    : [named]
}

/**
 * `create` with the event's own id: sent twice it is there once. The answer names each that was not taken.
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
 */
export function bulkLines(facts: EventFacts, context: FormatContext, index: string): string {
  return `${jsonText({ create: { _index: index, _id: facts.id } })}\n${jsonText(ecsDocument(facts, context))}\n`
}
