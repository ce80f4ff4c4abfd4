/** How many different names one source asked for lately. */
import { BoundedMap } from '../../base/bounded.ts'

interface Asked {
  readonly names: Set<string>
  since: number
}

const WINDOW_MS = 600_000
const MAXIMUM_NAME = 32

export class AskedNames {
  readonly #bySource: BoundedMap<string, Asked>
  readonly #most: number

  /** `most`: names that are remembered of each source; one more is too many. */
  constructor(remembered: number, most: number) {
    this.#bySource = new BoundedMap(remembered)
    this.#most = most
  }

  /** False: this name is one too many. A name that was asked before is none more. */
  mayAsk(source: string, name: string, now: number): boolean {
    let asked = this.#bySource.touch(source)
    if (asked === undefined || now - asked.since >= WINDOW_MS) {
      asked = { names: new Set(), since: now }
      this.#bySource.set(source, asked)
    }
    const short = name.slice(0, MAXIMUM_NAME)
    if (asked.names.has(short)) return true
    if (asked.names.size >= this.#most) return false
    asked.names.add(short)
    return true
  }
}
