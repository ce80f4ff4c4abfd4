/** What the operations on the firewall are asked with, and what all of them show. */
import type { SourceDecisionView } from '../api/firewall-operations.ts'
import type { BlockLists } from '../blocklist/types.ts'
import type { MessageGate } from '../firewall/types.ts'
import { describeTarget } from '../guard/sources/target.ts'
import type { SourceDecision, Target } from '../guard/sources/types.ts'
import type { Reachable } from './firewall-reach.ts'
import type { OperationsOptions } from './operations.ts'

export interface FirewallLive extends Reachable {
  readonly gate: Pick<MessageGate, 'tryAdmit' | 'tryRefuse' | 'counts' | 'signatures'>
  readonly lists: BlockLists | undefined
  kernel(): { readonly state: string; readonly detail: string }
  /** Rules that only tell. */
  readonly tried: readonly string[]
}

/** An extension stands for the user names of its phones. */
export function accountsOf({ directory }: OperationsOptions, name: string): readonly Target[] {
  const extension = directory.extensionByNumber(directory.primary.id, name)
  const devices = extension === undefined ? [] : directory.devicesOf(extension.id)
  return [name, ...devices.map(({ username }) => username)].map(value => ({ kind: 'account', value }))
}

export function decisionView(decision: SourceDecision): SourceDecisionView {
  const { id, target, action, rule, reason, evidence, origin, mode, at, expiresAt, repeat } = decision
  const described = describeTarget(target)
  return {
    id,
    target: described,
    action,
    rule,
    reason,
    evidence,
    origin,
    mode,
    at,
    expiresAt: expiresAt ?? null,
    repeat,
  }
}
