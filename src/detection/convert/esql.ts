/** Rules in Elastic's ES|QL (8.17 and later), over documents of our ECS export. Asked every minute, it looks back over the rule's time. */
import type { CorrelationRule, EventRule, SigmaRule } from '../types.ts'
import { elasticNames } from './fields.ts'
import { luceneInBrackets, luceneQuery } from './lucene.ts'

const FROM = 'FROM logs-ringfence*'

export function esqlEvent(rule: EventRule): string {
  return `${FROM}\n| WHERE ${asked(luceneQuery(rule))}`
}

/** Counts. Undefined where the language has no words for it. `find`: a rule by its name. */
export function esqlCount(rule: CorrelationRule, find: (name: string) => SigmaRule | undefined): string | undefined {
  if (rule.type !== 'event_count' && rule.type !== 'value_count') return undefined
  const bases = rule.rules.map(find)
  const events = bases.filter((each): each is EventRule => each?.kind === 'event')
  if (events.length < bases.length) return undefined
  const query = events.length === 1 ? luceneQuery(events[0]!) : events.map(luceneInBrackets).join(' OR ')
  const groups = rule.groupBy.map(elasticNames)
  const what = rule.type === 'event_count' ? 'COUNT(*)' : `COUNT_DISTINCT(${elasticNames(rule.field ?? 'id')})`
  return [
    FROM,
    `| WHERE @timestamp > NOW() - ${rule.timespanMs / 1_000} seconds`,
    `| WHERE ${asked(query)}`,
    // Events without a value belong to no group.
    ...groups.map(each => `| WHERE ${each} IS NOT NULL`),
    `| STATS found = ${what}, last = MAX(@timestamp)${groups.length === 0 ? '' : ` BY ${groups.join(', ')}`}`,
    `| WHERE found >= ${rule.threshold}`,
  ].join('\n')
}

/** In three quotation marks nothing is escaped; a blank keeps those of the query apart from them. */
function asked(query: string): string {
  return `QSTR("""${query.replaceAll('"""', '?')} """)`
}
