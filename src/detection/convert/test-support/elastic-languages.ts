/** So much of Elastic's EQL and ES|QL as our converter writes, by the rules of their manuals. */
import { parseNetwork } from '../../../base/network.ts'
import { type QueryLanguage, readQuery, wildcardPattern } from './boolean-query.ts'
import { LUCENE } from './languages.ts'
import type { Row } from './spl-pipeline.ts'

type Values = Row['fields']

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** Conditions behind `where`. A field with several values holds where one of them does. */
export const EQL: QueryLanguage<Values> = {
  orFirst: false,
  term(text) {
    const found =
      /^(?:cidrMatch\(([\w.@]+), "([^"]*)"\)|([\w.@]+) (==|!=|:|like~|regex~?|>=|<=|>|<) ("(?:[^"\\]|\\.)*"|null|true|false|-?[\d.]+))/.exec(
        text,
      )
    if (found === null) return undefined
    const [whole, networkField, network = '', field = '', operator = '', raw = ''] = found
    if (networkField !== undefined) {
      const includes = parseNetwork(network)
      return {
        length: whole.length,
        holds: document => (document.get(networkField) ?? []).some(each => includes?.includes(each) === true),
      }
    }
    const value = raw.startsWith('"') ? raw.slice(1, -1).replace(/\\(["\\])/g, '$1') : raw
    return {
      length: whole.length,
      holds(document) {
        const held = document.get(field) ?? []
        if (raw === 'null') return (held.length === 0) === (operator === '==')
        return held.some(each => holds(each, operator, value))
      },
    }
  },
}

function holds(held: string, operator: string, value: string): boolean {
  switch (operator) {
    case '==':
      return held === value
    case ':':
    case 'like~':
      return new RegExp(wildcardPattern(value, true).source, 'si').test(held)
    case '<':
      return Number(held) < Number(value)
    case '<=':
      return Number(held) <= Number(value)
    case '>':
      return Number(held) > Number(value)
    case '>=':
      return Number(held) >= Number(value)
    default:
      return new RegExp(`^(?:${value})$`, operator === 'regex~' ? 'si' : 's').test(held)
  }
}

/** Whether events in this order are among the rows, of one group and within the span. */
export function hasSequence(text: string, rows: readonly Row[]): boolean {
  const [head = '', ...lines] = text.split('\n')
  const [, by = '', length = '', unit = ''] = /^sequence(?: by (.*))? with maxspan=(\d+)([smhd])$/.exec(head) ?? []
  const span = Number(length) * UNITS[unit]!
  const steps = lines.flatMap(line => {
    const [, condition = '', runs = '1'] = /^ {2}\[ any where (.*) \](?: with runs=(\d+))?$/.exec(line) ?? []
    return Array.from({ length: Number(runs) }, () => readQuery(condition, EQL))
  })
  const groups = Map.groupBy(rows, row =>
    JSON.stringify(by === '' ? [] : by.split(', ').map(each => row.fields.get(each))),
  )
  return [...groups.values()].some(group =>
    group.some((first, start) => {
      let step = 0
      for (const row of group.slice(start)) {
        if (row.time - first.time > span) return false
        if (steps[step]!(row.fields)) step++
        else if (row === first) return false
        if (step === steps.length) return true
      }
      return false
    }),
  )
}

/** Whether a count comes out when it is asked at the moment of one of the rows. */
export function hasCount(text: string, rows: readonly Row[]): boolean {
  const read = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? ''
  const seconds = Number(read(/NOW\(\) - (\d+) seconds/))
  const query = readQuery(read(/QSTR\("""([\s\S]*?) """\)/), LUCENE)
  const needed = [...text.matchAll(/WHERE ([\w.@]+) IS NOT NULL/g)].map(each => each[1]!)
  const by = read(/ BY (.*)/)
    .split(', ')
    .filter(Boolean)
  const counted = read(/COUNT_DISTINCT\(([^)]*)\)/)
  const least = Number(read(/found >= (\d+)/))
  return rows.some(({ time: now }) => {
    const asked = rows.filter(
      ({ time, fields }) =>
        time > now - seconds && time <= now && query(fields) && needed.every(each => fields.has(each)),
    )
    const groups = Map.groupBy(asked, row => JSON.stringify(by.map(each => row.fields.get(each))))
    return [...groups.values()].some(group => {
      if (counted === '') return group.length >= least
      return new Set(group.flatMap(({ fields }) => fields.get(counted) ?? [])).size >= least
    })
  })
}
