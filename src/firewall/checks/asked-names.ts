/** How many different names one source asked for lately. */
import { BoundedMap } from '../../base/bounded.ts'
import { randomUint32 } from '../../base/random.ts'
import { seededHash } from '../../base/seeded-hash.ts'

interface Asked {
  /** Hashes, not names: what a stranger writes takes four octets here, however long it is. */
  names: Uint32Array
  count: number
  since: number
}

const WINDOW_MS = 600_000
/** Most sources ask for one name. */
const FIRST_ROOM = 4

export class AskedNames {
  readonly #bySource: BoundedMap<string, Asked>
  readonly #most: number
  /** Nobody can look for names that count as one. */
  readonly #seed: number

  /** `most`: names that are remembered of each source; one more is too many. */
  constructor(remembered: number, most: number, seed = randomUint32()) {
    this.#bySource = new BoundedMap(remembered)
    this.#most = most
    this.#seed = seed
  }

  /** False: this name is one too many. A name that was asked before is none more. */
  mayAsk(source: string, name: string, now: number): boolean {
    let asked = this.#bySource.touch(source)
    if (asked === undefined || now - asked.since >= WINDOW_MS) {
      asked = { names: new Uint32Array(Math.min(FIRST_ROOM, this.#most)), count: 0, since: now }
      this.#bySource.set(source, asked)
    }
    const hash = seededHash(name, this.#seed)
    for (let i = 0; i < asked.count; i++) if (asked.names[i] === hash) return true
    if (asked.count >= this.#most) return false
    if (asked.count === asked.names.length) {
      const larger = new Uint32Array(Math.min(this.#most, asked.count * 4))
      larger.set(asked.names)
      asked.names = larger
    }
    asked.names[asked.count++] = hash
    return true
  }
}
