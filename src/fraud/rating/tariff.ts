/** What a call to a number costs an organisation. */
import type { Result } from '../../base/result.ts'
import { fail, ok } from '../../base/result.ts'
import type { ExternalNumber } from '../../routing/types.ts'
import { builtInRate } from './built-in-rates.ts'
import type { Deck, Rate } from './deck.ts'

export interface Priced {
  readonly rate: Rate
  readonly source: 'imported' | 'built-in'
}

export interface NoPrice {
  readonly rule: 'FRAUD_NO_PRICE'
  readonly reason: string
}

export interface Tariff {
  /** The deck that was imported, if there is one. */
  readonly deck: Deck | undefined
  price(number: ExternalNumber, at: number): Result<Priced, NoPrice>
}

const NO_PRICE: NoPrice = {
  rule: 'FRAUD_NO_PRICE',
  reason: 'the rate deck has no price for this number: add its prefix to the deck, then it can be called',
}

/**
 * A deck that was imported is the whole truth: a number that it leaves out is one that the provider did not price, and attackers
 * look for those. It is not guessed at.
 */
export function createTariff(parts: { readonly deck: Deck | undefined; readonly homeCountry: string }): Tariff {
  const { deck, homeCountry } = parts
  return {
    deck,
    price(number, at) {
      if (deck === undefined) return ok({ rate: builtInRate(number, homeCountry), source: 'built-in' })
      const rate = deck.rateOf(number.e164, at)
      return rate === undefined ? fail(NO_PRICE) : ok({ rate, source: 'imported' })
    },
  }
}
