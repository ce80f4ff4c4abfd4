import { useState } from 'react'
import { etagOf } from '../api/client.ts'
import { type DraftState, follow, isOvertaken, same } from './draft.ts'

/** A form over a part of what `path` answers. `tag`: to send with its change. */
export function useDraft<T extends object>(path: string, current: T) {
  const [kept, setKept] = useState<DraftState<T>>(() => ({ base: current, tag: etagOf(path), draft: current }))
  const state = follow(kept, current, etagOf(path))
  if (state !== kept) setKept(state)
  return {
    draft: state.draft,
    tag: state.tag,
    isChanged: !same(state.draft, state.base),
    isOvertaken: isOvertaken(state, current),
    edit: (part: Partial<T>): void => setKept(now => ({ ...now, draft: { ...now.draft, ...part } })),
    reset: (): void => setKept({ base: current, tag: etagOf(path), draft: current }),
  }
}
