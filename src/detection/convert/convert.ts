/** A rule in the languages of other tools, where they have words for it. */
import type { SigmaRule } from '../types.ts'
import { eqlCondition, eqlSequence } from './eql.ts'
import { esqlCount, esqlEvent } from './esql.ts'
import { luceneQuery } from './lucene.ts'
import { splCorrelation, splEvent } from './spl.ts'

export interface Converted {
  readonly language: 'Splunk SPL' | 'Elastic Lucene' | 'Elastic ES|QL' | 'Elastic EQL'
  readonly text: string
}

/** `rules`: those that it may stand on. */
export function convertRule(rule: SigmaRule, rules: readonly SigmaRule[]): readonly Converted[] {
  if (rule.kind === 'event') {
    return [
      { language: 'Splunk SPL', text: splEvent(rule) },
      { language: 'Elastic Lucene', text: luceneQuery(rule) },
      { language: 'Elastic ES|QL', text: esqlEvent(rule) },
      { language: 'Elastic EQL', text: `any where ${eqlCondition(rule)}` },
    ]
  }
  const find = (name: string): SigmaRule | undefined => rules.find(each => each.name === name)
  const found: readonly (readonly [Converted['language'], string | undefined])[] = [
    ['Splunk SPL', splCorrelation(rule, find)],
    ['Elastic ES|QL', esqlCount(rule, find)],
    ['Elastic EQL', eqlSequence(rule, find)],
  ]
  return found.flatMap(([language, text]) => (text === undefined ? [] : [{ language, text }]))
}
