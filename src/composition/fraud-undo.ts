/** Takes a decision back with everything that it did; also what a restored extension was held for. */
import type { Clock } from '../base/clock.ts'
import type { ExtensionId } from '../base/ids.ts'
import type { DirectoryService } from '../directory/directory-service.ts'
import type { Extension } from '../directory/types.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { Actor } from '../events/system-events.ts'
import { type KeptDecision, subjectsOf } from '../guard/enforce/kept-decision.ts'
import type { FraudParts } from './fraud-parts.ts'

export interface UndoParts {
  readonly directory: DirectoryService
  readonly bus: EventPublisher
  readonly clock: Clock
  readonly fraud: FraudParts
}

/** Undefined: there is no such decision, or it is over. For commands, and for the link in an alert. */
export async function undoDecision(
  parts: UndoParts,
  id: string,
  actor: Actor,
  reason: string,
): Promise<KeptDecision | undefined> {
  const { fraud, bus, directory } = parts
  const undone = fraud.decisions.settle(id, 'undone')
  if (undone === undefined) return undefined
  await keep(parts, undone, actor, reason)
  bus.publish('fraud.undone', { actor, decision: id, rule: undone.rule, reason }, undone.organisationId)
  if (undone.response !== 'suspend' || undone.mode !== 'on') return undone
  for (const subject of subjectsOf(undone)) {
    const extension = directory.extension(subject as ExtensionId)
    if (extension === undefined || !suspendedByControl(extension) || heldAgainst(parts, extension).length > 0) continue
    const restored = await directory.restore(
      { organisationId: extension.organisationId, number: extension.number, reason },
      actor,
    )
    if (!restored.ok) throw new Error(`${extension.number} was not restored: ${restored.error.message}`)
  }
  return undone
}

/** Whom a person suspended, a person restores. */
function suspendedByControl({ state, suspendedReason = '' }: Extension): boolean {
  return state === 'suspended' && /^FRAUD_\w+: .* \(decision [\w-]+\)$/s.test(suspendedReason)
}

/** What toll-fraud control holds against an extension now: to be asked before it is restored. */
export function heldAgainst({ clock, fraud }: UndoParts, extension: Extension): readonly KeptDecision[] {
  return fraud.decisions
    .list(extension.organisationId, clock.now(), true)
    .filter(each => each.response === 'suspend' && each.mode === 'on' && subjectsOf(each).includes(extension.id))
}

/** The extension was restored by hand: what was held against it is over, and stays so after a restart. */
export async function releaseHeld(
  parts: UndoParts,
  extension: Extension,
  held: readonly KeptDecision[],
  actor: Actor,
  reason: string,
): Promise<void> {
  const { fraud, clock, bus } = parts
  fraud.decisions.release(extension.organisationId, extension.id, clock.now())
  for (const { id, rule } of held) {
    const now = fraud.decisions.get(id)
    if (now === undefined) continue
    // One that holds others too goes on.
    if (now.state === 'in-force') await fraud.saveDecision(now)
    else {
      await keep(parts, now, actor, reason)
      bus.publish('fraud.undone', { actor, decision: id, rule, reason }, extension.organisationId)
    }
  }
}

async function keep({ fraud, clock }: UndoParts, decision: KeptDecision, by: Actor, reason: string): Promise<void> {
  await fraud.saveDecision(decision, { at: clock.now(), by: by.name, reason })
}
