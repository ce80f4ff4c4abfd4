/** Files with rules and their streams, tried: does each rule find its attack, and leave the harmless alone? */
import { createDetectionEngine } from './engine.ts'
import { MAXIMUM_STEPS, stepsOf } from './pattern-cost.ts'
import { readRules } from './read-rule.ts'
import { readStreams, STREAMS_ENDING, tryStreams } from './streams.ts'
import type { RuleFault, SigmaRule } from './types.ts'

export interface RuleFile {
  readonly name: string
  readonly text: string
}

export interface TestedRule {
  readonly rule: SigmaRule
  readonly outcome: { readonly attack: number; readonly benign: number; readonly ok: boolean } | undefined
}

export interface TestedFiles {
  readonly rules: readonly TestedRule[]
  readonly faults: readonly RuleFault[]
}

export interface ReadFiles {
  readonly rules: readonly SigmaRule[]
  readonly faults: readonly RuleFault[]
}

/** Rules of the files; streams are left out. `known`: what they may stand on beside themselves. */
export function readRuleFiles(files: readonly RuleFile[], known: readonly SigmaRule[]): ReadFiles {
  const read = files.filter(each => !isStreams(each)).map(({ name, text }) => readRules(text, name))
  const rules = read.flatMap(each => each.rules)
  const faults = [...read.flatMap(each => each.faults), ...takenTwice(rules)]
  const steps = rules.reduce((sum, rule) => sum + stepsOf(rule), 0)
  if (steps > 2 * MAXIMUM_STEPS) {
    const message = `have regular expressions that take too long together: ${steps} steps`
    return { rules: [], faults: [...faults, { source: 'the files', where: 'the rules', message }] }
  }
  const others = known.filter(each => !rules.some(({ id, name }) => id === each.id || name === each.name))
  const dangling = createDetectionEngine([...others, ...rules]).faults.filter(({ source }) =>
    files.some(({ name }) => name === source),
  )
  return { rules, faults: [...faults, ...dangling] }
}

export async function testFiles(files: readonly RuleFile[], known: readonly SigmaRule[]): Promise<TestedFiles> {
  const { rules, faults } = readRuleFiles(files, known)
  const problems = [...faults]
  const others = known.filter(each => !rules.some(({ id, name }) => id === each.id || name === each.name))
  const outcomes = new Map<string, TestedRule['outcome']>()
  for (const { name, text } of files.filter(isStreams)) {
    const streams = readStreams(text, name)
    if (!streams.ok) {
      problems.push({ source: name, ...streams.error })
      continue
    }
    for (const each of streams.value) {
      const isKnown = rules.some(({ id }) => id === each.rule)
      if (isKnown) outcomes.set(each.rule, await tryStreams([...others, ...rules], each))
      else problems.push({ source: name, where: 'rule', message: `there is no rule ${each.rule} in these files` })
    }
  }
  return { rules: rules.map(rule => ({ rule, outcome: outcomes.get(rule.id) })), faults: problems }
}

function isStreams({ name }: RuleFile): boolean {
  return name.endsWith(STREAMS_ENDING)
}

function takenTwice(rules: readonly SigmaRule[]): readonly RuleFault[] {
  return rules
    .filter((rule, index) => rules.findIndex(({ id }) => id === rule.id) < index)
    .map(({ source, id }) => ({ source, where: 'id', message: `the id ${id} is that of another rule` }))
}
