/** What the configuration bans and allows, as decisions that nobody has to keep: they are there again at each start. */
import { newId } from '../base/ids.ts'
import type { Configuration } from '../config/schema.ts'
import type { SourceAction, SourceDecision, Target } from '../guard/sources/types.ts'

const RULE = 'configuration'

/** `now`: milliseconds since the epoch. */
export function configuredDecisions({ firewall }: Configuration, now: number): readonly SourceDecision[] {
  const decision = (target: Target, action: SourceAction, key: string): SourceDecision => ({
    id: newId(now),
    target,
    action,
    rule: RULE,
    reason: `it stands in the configuration under firewall.${key}`,
    evidence: { by: RULE },
    // A registered phone that is in it is spared. Whoever means even that one bans it by the command, which says whom it hits.
    origin: action === 'allow' ? 'operator' : 'list',
    mode: 'on',
    at: now,
    expiresAt: undefined,
    repeat: 0,
    state: 'in-force',
  })
  return [
    ...firewall.allow.map(value => decision(sourceTarget(value), 'allow', 'allow')),
    ...firewall.networks.map(value => decision(sourceTarget(value), 'ban', 'networks')),
    ...firewall.countries.map(value => decision({ kind: 'country', value }, 'ban', 'countries')),
  ]
}

function sourceTarget(value: string): Target {
  if (/^AS\d+$/.test(value)) return { kind: 'as', value }
  return { kind: value.includes('/') ? 'network' : 'address', value }
}
