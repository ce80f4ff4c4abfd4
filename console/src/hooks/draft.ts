/** What somebody types into a form, beside what the system has meanwhile. */

export interface DraftState<T> {
  /** What the form began from. */
  readonly base: T
  /** Of the answer that it was in. */
  readonly tag: string | undefined
  readonly draft: T
}

export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Read again: who typed nothing sees what is there now; who did keeps what they typed, and the tag by which it is refused. */
export function follow<T>(state: DraftState<T>, current: T, tag: string | undefined): DraftState<T> {
  const isUntouched = same(state.draft, state.base)
  if (isUntouched || same(state.draft, current)) {
    return same(state.base, current) && same(state.draft, current) && state.tag === tag
      ? state
      : { base: current, tag, draft: current }
  }
  // Another part of the same answer was changed: that is no conflict.
  if (same(state.base, current)) return state.tag === tag ? state : { ...state, tag }
  return state
}

/** Somebody else changed the same thing. */
export function isOvertaken<T>({ base, draft }: DraftState<T>, current: T): boolean {
  return !same(base, current) && !same(draft, current)
}
