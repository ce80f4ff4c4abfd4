/** What can be asked for by name. `data.NAME` reaches every field of an event's own, whatever its type. */

export interface QueryField {
  readonly name: string
  readonly kind: 'text' | 'number' | 'time' | 'severity' | 'network'
  readonly meaning: string
  readonly example: string
}

export const QUERY_FIELDS: readonly QueryField[] = [
  { name: 'type', kind: 'text', meaning: 'what happened; a family with *', example: 'type:call.*' },
  {
    name: 'severity',
    kind: 'severity',
    meaning: 'how loud: info, notice, warning, error, critical',
    example: 'severity>=warning',
  },
  { name: 'actor', kind: 'text', meaning: 'who did it', example: 'actor:ada@example.com' },
  { name: 'extension', kind: 'text', meaning: 'the extension that it is about', example: 'extension:101' },
  {
    name: 'source',
    kind: 'network',
    meaning: 'where it came from: an address, or a network',
    example: 'source:198.51.100.0/24',
  },
  { name: 'client', kind: 'text', meaning: 'the User-Agent', example: 'client~yealink' },
  {
    name: 'target',
    kind: 'text',
    meaning: 'what it was done to: a number, a trunk, a person',
    example: 'target:+34900123456',
  },
  { name: 'outcome', kind: 'text', meaning: 'success, failure, or unknown', example: 'outcome:failure' },
  { name: 'reason', kind: 'text', meaning: 'why', example: 'reason~password' },
  { name: 'rule', kind: 'text', meaning: 'the rule or check that decided', example: 'rule:FRAUD_*' },
  { name: 'call', kind: 'text', meaning: 'id of the call', example: 'call:019ac3b2-…' },
  { name: 'session', kind: 'text', meaning: 'id of the session of a person', example: 'session:019ac3b2-…' },
  { name: 'id', kind: 'text', meaning: 'id of the event', example: 'id:019ac3b2-…' },
  { name: 'position', kind: 'number', meaning: 'place in the log; only grows', example: 'position>1000' },
]

const NAMES = new Map(QUERY_FIELDS.map(field => [field.name, field]))
const DATA_FIELD = /^data(?:\.[A-Za-z][A-Za-z0-9_-]{0,63}){1,4}$/

export const SEVERITIES = ['info', 'notice', 'warning', 'error', 'critical'] as const

export function isField(name: string): boolean {
  return NAMES.has(name) || DATA_FIELD.test(name)
}

/** Undefined for `data.…`, whose values are what they are. */
export function fieldKind(name: string): QueryField['kind'] | undefined {
  return NAMES.get(name)?.kind
}

export function fieldNames(): readonly string[] {
  return [...NAMES.keys(), 'data.NAME']
}
