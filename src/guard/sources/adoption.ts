/** What another node decided, against what is known here. */
import { endOf } from './entry.ts'
import { isInForce } from './target.ts'
import type { SourceDecision, SourceOrigin } from './types.ts'

const RANKS: Readonly<Record<SourceOrigin, number>> = { rule: 0, list: 1, operator: 2 }

/** A person's word before a list's, and that before a rule's; the later word of two persons, the longer of two rules, and enforced before tried. */
export function supersedes(next: SourceDecision, known: SourceDecision | undefined, now: number): boolean {
  if (next.state === 'undone') {
    // Each node gave it a name of its own, but it is the same door.
    return known !== undefined && (known.id === next.id || known.at <= (next.undoneAt ?? Number.NEGATIVE_INFINITY))
  }
  if (!isInForce(next, now)) return false
  if (known === undefined) return true
  if (known.id === next.id) return endOf(next) > endOf(known)
  if (known.origin !== next.origin) return RANKS[next.origin] > RANKS[known.origin]
  if (next.origin === 'operator') return next.at > known.at
  if (known.mode !== next.mode) return next.mode === 'on'
  return endOf(next) > endOf(known)
}
