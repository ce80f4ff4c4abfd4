/** What fields of rules are called where our exports bring them: Splunk's HTTP Event Collector, and Elastic's schema. */
import type { EventRule, SigmaRule } from '../types.ts'
import { fieldFacts } from '../field-paths.ts'

/** As in `src/export/formats/splunk.ts`. */
const SPLUNK: Readonly<Record<string, string>> = {
  type: 'type',
  severity: 'severity',
  id: 'id',
  position: 'position',
  actor: 'common.actor',
  extension: 'common.extension',
  source: 'common.source',
  client: 'common.client',
  target: 'common.target',
  outcome: 'common.outcome',
  reason: 'common.reason',
  rule: 'common.rule',
  call: 'common.call',
  session: 'common.session',
}

/** As in `src/export/formats/ecs.ts`; `data` is text there, and the pipeline of docs/detections.md makes fields of it. */
const ELASTIC: Readonly<Record<string, string>> = {
  type: 'event.action',
  severity: 'log.level',
  id: 'event.id',
  position: 'event.sequence',
  actor: 'user.name',
  extension: 'ringfence.extension',
  source: 'source.address',
  client: 'user_agent.original',
  target: 'ringfence.target',
  outcome: 'event.outcome',
  reason: 'event.reason',
  rule: 'rule.id',
  call: 'ringfence.call_id',
  session: 'ringfence.session_id',
}

export type FieldNames = (field: string) => string

/** Lists have braces in the names that Splunk gives to what is in them: `data.changed{}.field`. */
export function splunkNames(rules: readonly SigmaRule[]): FieldNames {
  const types = rules.flatMap(rule => (rule.kind === 'event' ? typesNamed(rule) : []))
  return field => {
    const known = SPLUNK[field]
    if (known !== undefined) return known
    const path = field.slice('data.'.length)
    const facts = types.map(type => fieldFacts(type, path)).find(each => each !== undefined)
    const steps = facts?.steps ?? path.split('.').map(name => ({ name, many: false }))
    return ['data', ...steps.map(({ name, many }) => (many ? `${name}{}` : name))].join('.')
  }
}

export const elasticNames: FieldNames = field => ELASTIC[field] ?? `ringfence.event.${field.slice('data.'.length)}`

function typesNamed({ selections }: EventRule): readonly string[] {
  return [...selections.values()].flat(2).flatMap(test => (test.field === 'type' ? test.values.map(String) : []))
}
