/**
 * Open Cybersecurity Schema Framework 1.3.0 (https://schema.ocsf.io/1.3.0). Telephony, which it has no words for, stands in
 * `unmapped.ringfence`, and the number of a call's parties in the names of their endpoints: docs/exports.md. Pure.
 */
import type { Severity } from '../../events/catalogue.ts'
import type { JsonObject } from '../bounded-data.ts'
import { OCSF_CLASSES } from '../event-classes.ts'
import type { EventFacts } from '../event-facts.ts'
import type { FormatContext } from '../types.ts'

export const OCSF_VERSION = '1.3.0'

const SEVERITY: { readonly [S in Severity]: readonly [number, string] } = {
  info: [1, 'Informational'],
  notice: [2, 'Low'],
  warning: [3, 'Medium'],
  error: [4, 'High'],
  critical: [5, 'Critical'],
}
const STATUS = { unknown: [0, 'Unknown'], success: [1, 'Success'], failure: [2, 'Failure'] } as const

export function ocsfEvent(facts: EventFacts, context: FormatContext): JsonObject {
  const { class: of, common, severity, at, organisationId, id, position, type, message } = facts
  const { uid, category, name, categoryName } = OCSF_CLASSES[of.of]
  const [severityId, severityName] = SEVERITY[severity] ?? SEVERITY.info
  const [statusId, status] = STATUS[common.outcome]
  return {
    activity_id: of.activity,
    ...(of.activity === 99 ? { activity_name: type } : {}),
    category_uid: category,
    category_name: categoryName,
    class_uid: uid,
    class_name: name,
    type_uid: uid * 100 + of.activity,
    time: Math.round(at),
    severity_id: severityId,
    severity: severityName,
    status_id: statusId,
    status,
    ...some('status_detail', common.reason),
    message,
    metadata: {
      version: OCSF_VERSION,
      uid: id,
      sequence: position,
      event_code: type,
      log_name: 'ringfence',
      product: { name: 'Ringfence', vendor_name: 'Ringfence', version: context.version },
      ...some('tenant_uid', organisationId),
      ...some('correlation_uid', common.call ?? common.session),
    },
    ...particulars(facts, context),
    unmapped: { ringfence: { type, ...telephony(facts), data: facts.data } },
  }
}

/** What each class asks for. */
function particulars(facts: EventFacts, context: FormatContext): JsonObject {
  const { class: of, common } = facts
  const service = { name: 'ringfence' }
  const actor = actorOf(facts)
  const source = endpoint(facts)
  switch (of.of) {
    case 'logon':
      return {
        user: userOf(subjectOf(facts)),
        service,
        dst_endpoint: { hostname: context.host },
        ...some('src_endpoint', source),
        ...some('http_request', userAgent(facts)),
        is_remote: true,
      }
    case 'account':
      return { user: userOf(subjectOf(facts)), ...some('actor', actor), ...some('src_endpoint', source) }
    case 'entity':
      return {
        entity: { name: common.target ?? common.extension ?? facts.type, type: facts.type.split('.')[0] ?? '' },
        ...some('actor', actor),
        ...some('src_endpoint', source),
      }
    case 'api':
      return {
        api: { operation: facts.type, service },
        actor: actor ?? { app_name: 'ringfence' },
        src_endpoint: source ?? { hostname: context.host },
        ...some('http_request', userAgent(facts)),
      }
    case 'network':
      return {
        src_endpoint: source ?? callParty(facts, 'from') ?? { hostname: context.host },
        dst_endpoint: callParty(facts, 'to') ?? { hostname: context.host },
        connection_info: { direction_id: 0, ...some('uid', common.call) },
        app_name: 'sip',
      }
    case 'finding':
      return finding(facts)
    case 'config':
      return { device: { type_id: 99, type: 'phone system', hostname: context.host }, ...some('actor', actor) }
    case 'lifecycle':
      return { app: { name: 'Ringfence', vendor_name: 'Ringfence', version: context.version } }
  }
}

function finding(facts: EventFacts): JsonObject {
  const { common, data, class: of, id } = facts
  const decision = textAt(data, 'decision')
  const observables = facts.address === undefined ? [] : [{ name: 'src_endpoint.ip', type_id: 2, value: facts.address }]
  return {
    finding_info: {
      uid: decision ?? id,
      title: of.title,
      ...some('desc', common.reason),
      ...some(
        'analytic',
        common.rule === undefined ? undefined : { type_id: 1, uid: common.rule, name: ruleName(facts) },
      ),
      ...some('related_events', relatedEvents(data)),
    },
    is_alert: true,
    ...(observables.length === 0 ? {} : { observables }),
    ...some('actor', actorOf(facts)),
  }
}

function ruleName({ type, common, class: of }: EventFacts): string {
  return type === 'detection.found' ? of.title : (common.rule ?? '')
}

/** What a detection rests on. */
function relatedEvents({ events }: JsonObject): readonly JsonObject[] | undefined {
  if (!Array.isArray(events)) return undefined
  const related = events.flatMap(each => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return []
    const uid = textAt(each as JsonObject, 'id')
    return uid === undefined ? [] : [{ uid, ...some('type', textAt(each as JsonObject, 'type')) }]
  })
  return related.length === 0 ? undefined : related
}

/** Telephony: who called whom, and which call it was. */
function telephony({ common, data }: EventFacts): JsonObject {
  return {
    ...some('call_uid', common.call),
    ...some('session_uid', common.session),
    ...some('extension', common.extension),
    ...some('caller', textAt(data, 'from')),
    ...some('callee', textAt(data, 'to')),
    ...some('trunk', textAt(data, 'trunk')),
    ...some('rule', common.rule),
    ...some('target', common.target),
  }
}

function actorOf({ common, data }: EventFacts): JsonObject | undefined {
  if (common.actor === undefined) return undefined
  const actor = data['actor']
  const uid = typeof actor === 'object' && actor !== null ? textAt(actor as JsonObject, 'id') : undefined
  return {
    user: { name: common.actor, ...some('uid', uid) },
    ...some('session', common.session === undefined ? undefined : { uid: common.session }),
  }
}

/** Whose account it is. */
function subjectOf({ common, data }: EventFacts): string {
  return textAt(data, 'person') ?? textAt(data, 'username') ?? common.extension ?? common.target ?? 'unknown'
}

function userOf(name: string): JsonObject {
  return { name }
}

function endpoint({ address, port, common }: EventFacts): JsonObject | undefined {
  if (common.source === undefined) return undefined
  return { ...(address === undefined ? { name: common.source } : { ip: address }), ...some('port', port) }
}

function callParty({ data }: EventFacts, name: 'from' | 'to'): JsonObject | undefined {
  const number = textAt(data, name)
  return number === undefined ? undefined : { name: number }
}

function userAgent({ common }: EventFacts): JsonObject | undefined {
  return common.client === undefined ? undefined : { user_agent: common.client }
}

function textAt(data: JsonObject, name: string): string | undefined {
  const value = data[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function some<T>(name: string, value: T | undefined): { readonly [name: string]: T } {
  return value === undefined ? {} : { [name]: value }
}
