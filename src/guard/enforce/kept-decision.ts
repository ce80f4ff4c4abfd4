/** A decision while it is kept, and what can be said of one. */
import type { Decision } from '../types.ts'

export interface KeptDecision extends Decision {
  /** How often the same was found while it was in force. */
  readonly count: number
  readonly state: 'in-force' | 'undone' | 'approved' | 'denied'
  /** Subjects that somebody restored, while others stay held. */
  readonly released?: readonly string[] | undefined
  readonly undo?: UndoOffer | undefined
}

/** A way to take it back for whoever holds a secret text. */
export interface UndoOffer {
  readonly hash: string
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** A minute in which the same finding is the same incident. */
const SAME_MS = 60_000

export function isInForce({ state, expiresAt }: KeptDecision, at: number): boolean {
  return state === 'in-force' && (expiresAt === undefined || at < expiresAt)
}

/** Whom it is about, but for those that were released. */
export function subjectsOf({ subject, also = [], released = [] }: KeptDecision): readonly string[] {
  return [...new Set([subject, ...also])].filter(each => !released.includes(each))
}

/** What it keeps closed, as keys of an index; empty where it only told, asked, or stopped one call. */
export function heldKeys(decision: KeptDecision): readonly string[] {
  const { organisationId, mode, state, response, prefix } = decision
  if (mode !== 'on' || state !== 'in-force') return []
  if (response === 'suspend') return subjectsOf(decision).map(subject => subjectKey(organisationId, subject))
  if (response === 'block-destination' && prefix !== undefined && prefix !== '')
    return [prefixKey(organisationId, prefix)]
  return []
}

export function subjectKey(organisationId: string, subject: string): string {
  return `${organisationId} subject ${subject}`
}

export function prefixKey(organisationId: string, prefix: string): string {
  return `${organisationId} prefix ${prefix}`
}

/** A question for somebody to answer. */
export function asks({ response, mode }: Decision): boolean {
  return response === 'confirm' && mode === 'on'
}

/**
 * Equal for what is one matter to a person. A question is the same whichever rule asks it: nobody is to be worn down by many; other
 * matters are told apart by rule.
 */
export function matterOf(decision: Decision): string {
  const { organisationId, rule, subject, response, mode, prefix = '', approval } = decision
  if (asks(decision) && approval !== undefined)
    return JSON.stringify([organisationId, subject, response, approval.kind, approval.value])
  return JSON.stringify([organisationId, rule, subject, response, mode, prefix, approval?.kind, approval?.value])
}

/** Is this still the decision on its matter? A "no" counts as long as the question would have. */
export function isStillDecided(before: KeptDecision, at: number): boolean {
  if (asks(before) && before.state === 'denied') return before.expiresAt === undefined || at < before.expiresAt
  if (!isInForce(before, at)) return false
  return asks(before) || at - before.at < SAME_MS
}
