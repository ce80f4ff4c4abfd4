/** Views of a history that several rules take. */
import type { OrganisationId } from '../../base/ids.ts'
import type { AccountHistory, History, PastCall } from '../history/types.ts'
import type { OutsideAttempt } from '../types.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A PBX behind us stands for many phones. */
export const PBX_FACTOR = 10

/** Attempts since then, newest first; what was before a restoration is forgiven. */
export function* callsSince({ calls, restoredAt = 0 }: AccountHistory, since: number): Generator<PastCall> {
  const from = Math.max(since, restoredAt)
  for (let index = calls.length - 1; index >= 0; index--) {
    const call = calls[index]!
    if (call.attempt.at < from) return
    yield call
  }
}

export function countSince(
  account: AccountHistory,
  since: number,
  counts: (attempt: OutsideAttempt) => boolean,
): number {
  let count = 0
  for (const { attempt } of callsSince(account, since)) if (counts(attempt)) count++
  return count
}

/** Abroad, or dear by its kind: where the money goes. */
export function isDear(attempt: OutsideAttempt): boolean {
  return attempt.international || attempt.class !== 'ordinary'
}

export function isExtension(payer: string): boolean {
  return !payer.includes(':')
}

/** How many times an extension's threshold this payer may have. */
export function factorOf(payer: string): number {
  return isExtension(payer) ? 1 : PBX_FACTOR
}

/** How many phones called outside within a week. */
export function sizeOf(history: History, organisationId: OrganisationId, at: number): number {
  let size = 0
  for (const { payer } of history.activeSince(organisationId, at - 7 * DAY)) size += factorOf(payer)
  return size
}

/** The number without its last digits: a range of a hundred. */
export function rangeOf(e164: string): string {
  return e164.slice(0, -2)
}
