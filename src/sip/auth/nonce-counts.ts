/**
 * Which nonce counts were used (RFC 7616 §3.4: "the server … maintain its own copy of this count"), for nonces with which
 * somebody proved himself; strangers cannot fill it. A nonce that had to make room is stale from then on.
 */

/** How far behind the highest count a request may still come, when several overtake each other. */
const WINDOW = 32

interface Counted {
  readonly nonce: string
  readonly issuedAt: number
  highest: number
  /** Bit n: `highest - n` was used. */
  used: number
  next: Counted | undefined
}

export class NonceCounts {
  readonly #capacity: number
  readonly #byNonce = new Map<string, Counted>()
  /** In order of first use: the oldest make room first. */
  #first: Counted | undefined
  #last: Counted | undefined
  /** A nonce minted before this time that is not in the table may have been in it. */
  #unknownBefore: number

  /** `now`: nothing that was minted before is accepted, since its counts are not known here. Milliseconds since the epoch. */
  constructor(capacity: number, now: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 1)
      throw new RangeError('maximumNonces must be a positive integer')
    this.#capacity = capacity
    this.#unknownBefore = now
  }

  get size(): number {
    return this.#byNonce.size
  }

  /** Marks `count` of `nonce` as used. `replayed`: it was used before. `stale`: nothing is known of the nonce any more. */
  use(nonce: string, issuedAt: number, count: number): 'fresh' | 'replayed' | 'stale' {
    const counted = this.#byNonce.get(nonce)
    if (counted === undefined) {
      if (issuedAt < this.#unknownBefore) return 'stale'
      this.#add({ nonce, issuedAt, highest: count, used: 1, next: undefined })
      return 'fresh'
    }
    const behind = counted.highest - count
    if (behind < 0) {
      counted.used = -behind >= WINDOW ? 1 : (counted.used << -behind) | 1
      counted.highest = count
      return 'fresh'
    }
    if (behind >= WINDOW || (counted.used & (1 << behind)) !== 0) return 'replayed'
    counted.used |= 1 << behind
    return 'fresh'
  }

  /** Frees what is older than `before` (milliseconds since the epoch) and therefore refused by its age. */
  expire(before: number): void {
    while (this.#first !== undefined && this.#first.issuedAt < before) this.#shift()
  }

  #add(counted: Counted): void {
    if (this.#byNonce.size >= this.#capacity) this.#shift()
    if (this.#last === undefined) this.#first = counted
    else this.#last.next = counted
    this.#last = counted
    this.#byNonce.set(counted.nonce, counted)
  }

  #shift(): void {
    const oldest = this.#first
    if (oldest === undefined) return
    this.#first = oldest.next
    if (this.#first === undefined) this.#last = undefined
    this.#byNonce.delete(oldest.nonce)
    this.#unknownBefore = Math.max(this.#unknownBefore, oldest.issuedAt + 1)
  }
}
