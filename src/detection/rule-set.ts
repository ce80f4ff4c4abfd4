/** The rules that count: ours, those of the operator's folder, and without those that somebody switched off. Pure. */
import type { RuleFault, SigmaRule } from './types.ts'

export interface RuleSet {
  readonly rules: readonly ListedRule[]
  readonly faults: readonly RuleFault[]
}

export interface ListedRule {
  readonly rule: SigmaRule
  /** From the operator's folder. */
  readonly own: boolean
  readonly disabled: boolean
}

export interface RuleSources {
  readonly packaged: readonly SigmaRule[]
  readonly own: readonly SigmaRule[]
  readonly disabled: readonly string[]
}

/** An id or a name counts once, ours first: nobody replaces a rule by a file of the same name. */
export function ruleSet({ packaged, own, disabled }: RuleSources): RuleSet {
  const faults: RuleFault[] = []
  const ids = new Set<string>()
  const names = new Set<string>()
  const off = new Set(disabled)
  const rules: ListedRule[] = []
  for (const [rule, isOwn] of [
    ...packaged.map(each => [each, false] as const),
    ...own.map(each => [each, true] as const),
  ]) {
    const isTaken = ids.has(rule.id) || names.has(rule.name)
    if (isTaken) {
      const what = ids.has(rule.id) ? `the id ${rule.id}` : `the name ${rule.name}`
      faults.push({
        source: rule.source,
        where: ids.has(rule.id) ? 'id' : 'name',
        message: `${what} is that of another rule`,
      })
      continue
    }
    ids.add(rule.id)
    names.add(rule.name)
    rules.push({ rule, own: isOwn, disabled: off.has(rule.id) })
  }
  const unknown = disabled.filter(id => !ids.has(id))
  for (const id of unknown) {
    faults.push({ source: 'the configuration', where: 'detections.disabled', message: `there is no rule ${id}` })
  }
  return { rules, faults }
}

/** Those that run. What is off is not told of by itself; correlations that stand on it go on. */
export function inForce(rules: readonly ListedRule[]): readonly SigmaRule[] {
  return rules.flatMap(({ rule, disabled }) => {
    if (!disabled) return [rule]
    return [{ ...rule, base: true }]
  })
}
