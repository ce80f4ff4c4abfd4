/** So much of Splunk's pipelines as our converter writes: search, sort, eval, streamstats, where, table; by the rules of its manual. */
import { type Predicate, type QueryLanguage, readQuery } from './boolean-query.ts'
import { SPLUNK_SEARCH } from './languages.ts'

export interface Row {
  /** Seconds. */
  readonly time: number
  readonly fields: ReadonlyMap<string, readonly string[]>
}

interface Live extends Row {
  readonly made: Map<string, string | number | undefined>
}

type Value = (row: Live) => string | number | undefined

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** The rows that come out. Throws where it meets what it does not know. */
export function runPipeline(text: string, rows: readonly Row[]): readonly Row[] {
  const [search = '', ...commands] = text.split('\n')
  const query = readQuery(search, SPLUNK_SEARCH)
  let at: readonly Live[] = rows.filter(row => query(row.fields)).map(row => ({ ...row, made: new Map() }))
  for (const line of commands) at = command(line.replace(/^\| /, ''), at)
  return at
}

function command(text: string, rows: readonly Live[]): readonly Live[] {
  const [, name = '', rest = ''] = /^(\w+) (.*)$/.exec(text) ?? []
  switch (name) {
    case 'sort':
      return rows.toSorted((a, b) => a.time - b.time)
    case 'where': {
      const holds = readQuery(rest, EXPRESSION)
      return rows.filter(holds)
    }
    case 'eval': {
      const [, field = '', expression = ''] = /^(\w+)=(.*)$/.exec(rest) ?? []
      const value = readValue(expression)
      for (const row of rows) row.made.set(field, value(row))
      return rows
    }
    case 'streamstats':
      streamstats(rest, rows)
      return rows
    case 'table':
      return rows
    default:
      throw new Error(`no command: ${text}`)
  }
}

function streamstats(text: string, rows: readonly Live[]): void {
  const [, options = '', parts = '', by = ''] = /^((?:\w+=\w+ )*)(.*?)(?: by (.*))?$/.exec(text) ?? []
  const [, length = '', unit = ''] = /time_window=(\d+)([smhd])/.exec(options) ?? []
  const window = length === '' ? Number.POSITIVE_INFINITY : Number(length) * UNITS[unit]!
  const current = !options.includes('current=f')
  const groups = by === '' ? [] : by.split(', ').map(each => each.replaceAll('"', ''))
  for (const part of parts.split(', ')) {
    const [, what = '', field = '', as = ''] = /^(\w+)\((\w+)\) as (\w+)$/.exec(part) ?? []
    const results = rows.map((row, index) => {
      const keys = groups.map(each => row.fields.get(each)?.[0])
      if (keys.some(each => each === undefined)) return undefined
      const seen = rows
        .slice(0, current ? index + 1 : index)
        .filter(each => each.time > row.time - window && groups.every((g, at) => each.fields.get(g)?.[0] === keys[at]))
        .map(each => lookUp(each, field))
        .filter(each => each !== undefined)
      if (what === 'sum')
        return seen.length === 0 ? undefined : seen.reduce<number>((sum, each) => sum + Number(each), 0)
      if (what === 'dc') return new Set(seen).size
      if (what === 'last') return seen.at(-1)
      throw new Error(`no statistic: ${part}`)
    })
    for (const [index, row] of rows.entries()) row.made.set(as, results[index])
  }
}

function lookUp(row: Live, name: string): string | number | undefined {
  if (name === '_time') return row.time
  return row.made.has(name) ? row.made.get(name) : row.fields.get(name)?.[0]
}

function readValue(text: string): Value {
  if (text === 'null()') return () => undefined
  if (/^\d+$/.test(text)) return () => Number(text)
  if (text.startsWith('if(')) {
    const [, condition = '', yes = ''] = /^if\((.*), ([^,]+), null\(\)\)$/.exec(text) ?? []
    const [holds, value] = [readQuery(condition, EXPRESSION), readValue(yes)]
    return row => (holds(row) ? value(row) : undefined)
  }
  if (text.startsWith('coalesce(')) {
    const values = text.slice('coalesce('.length, -1).split(', ').map(readValue)
    return row => values.map(each => each(row)).find(each => each !== undefined)
  }
  const [, minuend, subtrahend] = /^([\w']+)-([\w']+)$/.exec(text) ?? []
  if (minuend !== undefined && subtrahend !== undefined) {
    const [a, b] = [readValue(minuend), readValue(subtrahend)]
    return row => {
      const [left, right] = [a(row), b(row)]
      return left === undefined || right === undefined ? undefined : Number(left) - Number(right)
    }
  }
  const name = text.replaceAll("'", '')
  return row => lookUp(row, name)
}

const TEXT = `"((?:[^"\\\\]|\\\\.)*)"`
const TERMS: readonly (readonly [RegExp, (parts: readonly string[]) => Predicate<Live>])[] = [
  [
    new RegExp(`^(?:match\\('([^']+)', ${TEXT}\\)|isnotnull\\(mvfind\\('([^']+)', ${TEXT}\\)\\))`),
    ([, one, pattern, list, patternOfList]) => {
      const source = (pattern ?? patternOfList ?? '').replace(/\\(.)/g, '$1')
      const test = new RegExp(source.replace(/^\(\?i\)/, ''), source.startsWith('(?i)') ? 'i' : '')
      return row => (row.fields.get(one ?? list ?? '') ?? []).some(each => test.test(each))
    },
  ],
  [
    /^isnotnull\('?([\w.{}]+)'?\)/,
    ([, name = '']) =>
      row =>
        lookUp(row, name) !== undefined,
  ],
  [
    /^(?:tonumber\('([^']+)'\)|(coalesce\([^)]*\)|[\w-]+))(>=|<=|=|<|>)(-?[\d.]+)/,
    ([, field, expression, operator, number]) => {
      const value = field === undefined ? readValue(expression ?? '') : (row: Live) => row.fields.get(field)?.[0]
      return row => {
        const held = value(row)
        return held !== undefined && compare(Number(held), operator ?? '', Number(number))
      }
    },
  ],
]

function compare(held: number, operator: string, asked: number): boolean {
  if (operator === '=') return held === asked
  if (operator === '<') return held < asked
  if (operator === '<=') return held <= asked
  return operator === '>' ? held > asked : held >= asked
}

const EXPRESSION: QueryLanguage<Live> = {
  orFirst: false,
  term(text) {
    for (const [pattern, read] of TERMS) {
      const found = pattern.exec(text)
      if (found !== null) return { length: found[0].length, holds: read(found) }
    }
    return undefined
  },
}
