/** Runs the rules about sources on what is seen. */
import { ALL_SOURCE_RULES } from './rules/index.ts'
import type { Detection, DetectionOptions, RunningRule, SourceObservation, SourceRule, Surroundings } from './types.ts'

const DEFAULT_REMEMBERED = 20_000

/** `rules`: default all. A rule that is not named in `modes` is on. */
export function createDetection(options: DetectionOptions, rules: readonly SourceRule[] = ALL_SOURCE_RULES): Detection {
  const { modes = {}, thresholds = {}, remembered = DEFAULT_REMEMBERED, found } = options
  const surroundings: Surroundings = { asOf: address => options.asOf?.(address) }
  const byKind = new Map<SourceObservation['kind'], { rule: SourceRule; running: RunningRule }[]>()
  for (const rule of rules) {
    const running = rule.create({ ...rule.thresholds, ...thresholds[rule.id] }, remembered, surroundings)
    for (const kind of rule.sees) {
      const list = byKind.get(kind) ?? []
      list.push({ rule, running })
      byKind.set(kind, list)
    }
  }
  return {
    observe(observation) {
      const list = byKind.get(observation.kind)
      if (list === undefined) return
      for (const { rule, running } of list) {
        const finding = running.judge(observation)
        if (finding === undefined || (observation.source.spared && finding.target.kind !== 'account')) continue
        found(finding, observation, modes[rule.id] ?? 'on')
      }
    },
  }
}
