/** What outlives a decision: how often the same came again, and who proved an account's secret from where. */
import { BoundedMap } from '../../base/bounded.ts'
import { sourceKey } from '../../base/network.ts'
import type { RuleMode } from '../types.ts'
import { accountOf } from './target.ts'
import type { SourceDecision, TargetKind } from './types.ts'

/** How long a source that proved an account's secret is no stranger to it. */
const PROVEN_MS = 24 * 3_600_000
const MAXIMUM_PROVEN = 50_000
/** Decisions after which somebody who comes again gets a longer one. */
const REPEAT_MS = 30 * 24 * 3_600_000
const MAXIMUM_REPEATS = 100_000

interface Repeats {
  count: number
  last: number
}

export class Memory {
  readonly #proven = new BoundedMap<string, number>(MAXIMUM_PROVEN)
  readonly #repeats = new BoundedMap<string, Repeats>(MAXIMUM_REPEATS)

  noteProven(username: string, address: string, now: number): void {
    this.#proven.set(provenKey(username, address), now)
  }

  isProven(username: string, address: string, now: number): boolean {
    const at = this.#proven.get(provenKey(username, address))
    return at !== undefined && now - at <= PROVEN_MS
  }

  /** How many decisions about it there were before this one. What lasts a minute anyway, or is only tried, is not remembered. */
  repeated(key: string, kind: TargetKind, mode: RuleMode, now: number): number {
    if (kind === 'socket' || kind === 'flow' || mode === 'dry-run') return 0
    const known = this.#repeats.touch(key)
    if (known === undefined || now - known.last > REPEAT_MS) {
      this.#repeats.set(key, { count: 0, last: now })
      return 0
    }
    known.count++
    known.last = now
    return known.count
  }

  restore(key: string, { origin, mode, state, repeat, at }: SourceDecision): void {
    if (origin !== 'rule' || mode !== 'on' || state === 'undone') return
    const known = this.#repeats.get(key)
    if (known === undefined || known.count < repeat) this.#repeats.set(key, { count: repeat, last: at })
  }

  forget(key: string): void {
    this.#repeats.delete(key)
  }
}

function provenKey(username: string, address: string): string {
  return `${accountOf(username)} ${sourceKey(address)}`
}
