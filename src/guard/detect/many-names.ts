/** Wrong credentials of one source for many accounts: over minutes that is spraying, over days stuffing. */
import { NameLedger, ProvedNames } from './name-ledger.ts'
import { countedAs, shortName, targetOf } from './target.ts'
import type { RunningRule } from './types.ts'

export interface ManyNamesOptions {
  readonly rule: string
  /** So many different user names within `windowMs`. */
  readonly names: number
  readonly windowMs: number
  /** `10 minutes`, for the reason. */
  readonly within: string
}

export function createManyNames({ rule, names, windowMs, within }: ManyNamesOptions, remembered: number): RunningRule {
  const tried = new NameLedger(remembered, windowMs, names)
  const proved = new ProvedNames(remembered)
  return {
    judge(observation) {
      const { kind, at, source } = observation
      if (kind === 'succeeded') {
        proved.note(source.key, observation.username, at)
        tried.remove(countedAs(source), observation.username)
        return undefined
      }
      if (kind !== 'failed' || source.spared) return undefined
      const { count } = tried.add(countedAs(source), observation.username, at)
      if (count < names || proved.excuses(source.key, at, count)) return undefined
      return {
        target: targetOf(source),
        action: 'ban',
        rule,
        reason: `wrong credentials for ${names} accounts within ${within}`,
        evidence: { 'last for': shortName(observation.username) },
      }
    },
  }
}
