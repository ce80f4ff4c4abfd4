/** Rules in Splunk's SPL, over events of our HTTP Event Collector export. */
import type { CorrelationRule, EventRule, FieldTest, SigmaRule } from '../types.ts'
import { conditionInBrackets, conditionText, type Language } from './condition.ts'
import { type FieldNames, splunkNames } from './fields.ts'
import { spanText } from './span.ts'
import { hasWildcards, partsOf, plainText } from './wildcards.ts'

const SOURCE = 'sourcetype="ringfence:event"'

/** Of single events: for `search`, and, with patterns that it does not know, for `where`. */
export function splEvent(rule: EventRule): string {
  const names = splunkNames([rule])
  if (!needsWhere(rule)) return `${SOURCE} ${conditionInBrackets(rule, searchLanguage(names))}`
  return `${SOURCE}\n| where ${conditionText(rule, whereLanguage(names))}`
}

/** Undefined where it cannot be said. `find`: a rule by its name. */
export function splCorrelation(
  rule: CorrelationRule,
  find: (name: string) => SigmaRule | undefined,
): string | undefined {
  const lines: string[] = []
  const leaves: EventRule[] = []
  const marks = new Map<string, string>()
  const [only] = rule.rules
  const isAlone = rule.rules.length === 1 && find(only ?? '')?.kind === 'event'

  function mark(name: string): string | undefined {
    const known = marks.get(name)
    if (known !== undefined) return known
    const found = find(name)
    if (found === undefined) return undefined
    const made = found.kind === 'event' ? leaf(found) : counted(found)
    if (made !== undefined) marks.set(name, made)
    return made
  }

  function leaf(event: EventRule): string {
    leaves.push(event)
    const field = `is_${leaves.length}`
    // What is alone was searched for already.
    const alone = isAlone && !needsWhere(event)
    lines.push(
      alone
        ? `| eval ${field}=1`
        : `| eval ${field}=if(${conditionText(event, whereLanguage(splunkNames([event])))}, 1, null())`,
    )
    return field
  }

  function counted(correlation: CorrelationRule): string | undefined {
    const parts = correlation.rules.map(mark)
    const known = parts.filter(each => each !== undefined)
    if (known.length < parts.length) return undefined
    const field = `met_${marks.size + 1}`
    const names = splunkNames(leaves)
    lines.push(...commandsOf(correlation, known, field, names))
    return field
  }

  const last = counted(rule)
  if (last === undefined) return undefined
  const names = splunkNames(leaves)
  const search = leaves.map(each => (needsWhere(each) ? SOURCE : conditionInBrackets(each, searchLanguage(names))))
  const shown = ['_time', ...rule.groupBy.map(names), 'type', 'id']
  return [
    `${SOURCE} ${search.length === 1 ? search[0]! : `(${search.join(' OR ')})`}`,
    '| sort 0 _time',
    ...lines,
    `| where ${last}=1`,
    `| table ${shown.join(', ')}`,
  ].join('\n')
}

function commandsOf(
  { type, groupBy, timespanMs, threshold, field }: CorrelationRule,
  marks: readonly string[],
  met: string,
  names: FieldNames,
): readonly string[] {
  const by = groupBy.length === 0 ? '' : ` by ${groupBy.map(each => quotedName(names(each))).join(', ')}`
  const window = `| streamstats time_window=${spanText(timespanMs)}`
  const any = marks.length === 1 ? marks[0]! : `coalesce(${marks.join(', ')})`
  switch (type) {
    case 'event_count':
      return [
        `| eval one=${any}`,
        `${window} sum(one) as found${by}`,
        `| eval ${met}=if(one=1 AND found>=${threshold}, 1, null())`,
      ]
    case 'value_count':
      return [
        `| eval one=if(${any}=1, '${names(field ?? 'id')}', null())`,
        `${window} dc(one) as found${by}`,
        `| eval ${met}=if(isnotnull(one) AND found>=${threshold}, 1, null())`,
      ]
    case 'temporal':
      return [
        `${window} ${marks.map(each => `sum(${each}) as n_${each}`).join(', ')}${by}`,
        `| eval ${met}=if(${marks.map(each => `n_${each}>0`).join(' AND ')} AND ${any}=1, 1, null())`,
      ]
    case 'temporal_ordered':
      return inOrder(marks, met, timespanMs / 1_000, by)
  }
}

/** Each step carries the time at which its order began last. */
function inOrder(marks: readonly string[], met: string, seconds: number, by: string): readonly string[] {
  return marks.flatMap((each, index) => {
    if (index === 0) return [`| eval began_1=if(${each}=1, _time, null())`]
    const [before, now] = [`before_${index}`, index === marks.length - 1 ? met : `began_${index + 1}`]
    const value = index === marks.length - 1 ? '1' : before
    return [
      `| streamstats current=f last(began_${index}) as ${before}${by}`,
      `| eval ${now}=if(${each}=1 AND _time-${before}<${seconds}, ${value}, null())`,
    ]
  })
}

/** `search` has no patterns, and no way to write an asterisk that is one. */
function needsWhere({ selections }: EventRule): boolean {
  return [...selections.values()].flat(2).some(({ operator, values }) => {
    if (operator === 're') return true
    const isPlain = operator === 'contains' || operator === 'startswith' || operator === 'endswith'
    return values.some(value => {
      const text = String(value)
      if (isPlain) return /[*?]/.test(text)
      return (
        operator === 'equals' &&
        partsOf(text).some(part => ('text' in part ? /[*?]/.test(part.text) : part.any === 'one'))
      )
    })
  })
}

function searchLanguage(names: FieldNames): Language {
  return {
    and: 'AND',
    or: 'OR',
    not: 'NOT',
    test({ field, operator, values }) {
      if (field === undefined) return values.map(each => quoted(`*${each}*`))
      const name = names(field)
      if (operator === 'exists') return [values.includes(true) ? `${name}=*` : `NOT ${name}=*`]
      return values.map(value => searchValue(name, operator, value))
    },
  }
}

const ORDERED: { readonly [O in FieldTest['operator']]?: string } = { gt: '>', gte: '>=', lt: '<', lte: '<=' }

function searchValue(name: string, operator: FieldTest['operator'], value: FieldTest['values'][number]): string {
  if (value === null) return `NOT ${name}=*`
  const text = String(value)
  const order = ORDERED[operator]
  if (order !== undefined) return `${name}${order}${text}`
  if (operator === 'contains') return `${name}=${quoted(`*${text}*`)}`
  if (operator === 'startswith') return `${name}=${quoted(`${text}*`)}`
  if (operator === 'endswith') return `${name}=${quoted(`*${text}`)}`
  if (typeof value !== 'string') return `${name}=${text}`
  return `${name}=${quoted(hasWildcards(text) ? text.replace(/\\([*?\\])/g, '$1') : plainText(text))}`
}

/** For `where` and `eval`: of a field with several values, any. */
function whereLanguage(names: FieldNames): Language {
  return {
    and: 'AND',
    or: 'OR',
    not: 'NOT',
    test({ field, operator, values }) {
      const name = field === undefined ? '_raw' : names(field)
      if (operator === 'exists') return [values.includes(true) ? `isnotnull('${name}')` : `isnull('${name}')`]
      return values.map(value => whereValue(name, field === undefined ? 'contains' : operator, value))
    },
  }
}

function whereValue(name: string, operator: FieldTest['operator'], value: FieldTest['values'][number]): string {
  const field = `'${name}'`
  if (value === null) return `isnull(${field})`
  const text = String(value)
  const order = ORDERED[operator]
  if (order !== undefined) return `tonumber(${field})${order}${text}`
  if (operator === 'cidr') return `cidrmatch(${quoted(text)}, ${field})`
  const pattern = patternOf(operator, text)
  return name.includes('{}') ? `isnotnull(mvfind(${field}, ${quoted(pattern)}))` : `match(${field}, ${quoted(pattern)})`
}

/** PCRE that means the same; Sigma looks at no case. */
function patternOf(operator: FieldTest['operator'], text: string): string {
  switch (operator) {
    case 're':
      return text
    case 'contains':
      return `(?i)${literal(text)}`
    case 'startswith':
      return `(?i)^${literal(text)}`
    case 'endswith':
      return `(?i)${literal(text)}$`
    default: {
      const parts = partsOf(text).map(part => ('text' in part ? literal(part.text) : part.any === 'many' ? '.*' : '.'))
      return `(?i)^${parts.join('')}$`
    }
  }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, character => `\\${character}`)
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, character => `\\${character}`)}"`
}

function quotedName(name: string): string {
  return /^[\w.]+$/.test(name) ? name : quoted(name)
}
