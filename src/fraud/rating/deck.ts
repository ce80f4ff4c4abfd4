/** A rate deck: prices by prefix, the longest one counts. */
import type { Price } from './price.ts'

/** ISO 4217. */
export type Currency = string

export interface Rate extends Price {
  /** Digits of E.164 without `+`. */
  readonly prefix: string
  readonly name: string
  /** Milliseconds since the epoch; undefined: always. */
  readonly validFrom: number | undefined
}

export interface Deck {
  readonly currency: Currency
  readonly size: number
  /** The rate of a number (E.164 with or without `+`) at that time; undefined: none. At most 15 steps. */
  rateOf(e164: string, at: number): Rate | undefined
}

/**
 * Prefixes as numbers in one flat trie of ten children each: 500,000 of them are a few dozen megabytes, and a lookup touches one
 * cell for each digit. Several rates of one prefix are told apart by `validFrom`.
 */
export function createDeck(currency: Currency, rates: readonly Rate[]): Deck {
  const builder = createDeckBuilder(currency)
  builder.add(rates)
  return builder.deck()
}

/** A large deck takes most of a second: built in parts, calls are answered in between. */
export interface DeckBuilder {
  add(rates: readonly Rate[]): void
  /** Once, after everything was added. */
  deck(): Deck
}

export function createDeckBuilder(currency: Currency): DeckBuilder {
  let cells = new Int32Array(10 * 1_024)
  let entries = new Int32Array(1_024).fill(-1)
  let used = 1
  let size = 0
  const groups: Rate[][] = []
  const grow = (): void => {
    const wider = new Int32Array(cells.length * 2)
    wider.set(cells)
    cells = wider
    const longer = new Int32Array(entries.length * 2).fill(-1)
    longer.set(entries)
    entries = longer
  }
  const place = (rate: Rate): void => {
    let node = 0
    for (let index = 0; index < rate.prefix.length; index++) {
      const slot = node * 10 + (rate.prefix.charCodeAt(index) - ZERO)
      if (cells[slot] === 0) {
        if (used * 10 >= cells.length) grow()
        cells[slot] = used++
      }
      node = cells[slot]!
    }
    const known = groups[entries[node]!]
    if (known === undefined) entries[node] = groups.push([rate]) - 1
    else {
      // The latest first: the first that is valid counts.
      const later = known.findIndex(each => (each.validFrom ?? 0) < (rate.validFrom ?? 0))
      known.splice(later < 0 ? known.length : later, 0, rate)
    }
    size++
  }
  const rateOf: Deck['rateOf'] = (e164, at) => {
    let found: Rate | undefined
    let node = 0
    for (let index = e164.startsWith('+') ? 1 : 0; index < e164.length; index++) {
      const digit = e164.charCodeAt(index) - ZERO
      if (digit < 0 || digit > 9) break
      node = cells[node * 10 + digit]!
      if (node === 0) break
      const entry = entries[node]!
      if (entry !== -1) found = groups[entry]!.find(rate => (rate.validFrom ?? 0) <= at) ?? found
    }
    return found
  }
  return {
    add(rates) {
      for (const rate of rates) place(rate)
    },
    deck: () => ({ currency, size, rateOf }),
  }
}

const ZERO = 48
