/** How long a rule's patterns may take over one value: by the size of their programs, since RE2 runs each of its steps for each character. */
import { RE2JS } from 're2js'
import type { FieldTest, SigmaRule } from './types.ts'

/** Steps of the patterns of one file; a thousand take some 10 ms over the longest value that is looked at. */
export const MAXIMUM_STEPS = 2_000

export function stepsOf(rule: SigmaRule): number {
  if (rule.kind === 'correlation') return 0
  const tests = [...rule.selections.values()].flat(2)
  const each = tests.flatMap(({ operator, values }) => values.map(value => stepsOfValue(operator, value)))
  return each.reduce((sum, steps) => sum + steps, 0)
}

export function stepsOfValue(operator: FieldTest['operator'], value: FieldTest['values'][number]): number {
  const text = String(value)
  if (operator === 're') return RE2JS.compile(text).programSize()
  return operator === 'equals' && /[*?\\]/.test(text) ? text.length : 0
}
