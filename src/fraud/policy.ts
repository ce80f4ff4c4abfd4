/** What an organisation allows its calls to cost, and which rules watch them. */
import type { OrganisationId } from '../base/ids.ts'
import type { Exemption } from '../guard/decide/decide.ts'
import type { Response, RuleMode } from '../guard/types.ts'
import type { Currency } from './rating/deck.ts'
import { type Micros, microsOf } from './rating/money.ts'

export interface Caps {
  readonly call: Micros
  readonly extensionDay: Micros
  readonly organisationDay: Micros
  readonly organisationMonth: Micros
  /** All calls to special services and fraud-prone ranges of the organisation together. */
  readonly riskyDay: Micros
}

export interface RuleSetting {
  readonly mode: RuleMode
  /** Instead of what the rule says; never milder than `alert`. */
  readonly response?: Response | undefined
  readonly thresholds?: Readonly<Record<string, number>> | undefined
  /** Payers whom it only tells of, each until a date: the number of an extension, or a key as in `PayerKey`. */
  readonly exempt?: readonly Exemption[] | undefined
}

export interface FraudPolicy {
  readonly organisationId: OrganisationId
  readonly currency: Currency
  readonly caps: Caps
  /** Extensions with a daily cap of their own, by number. */
  readonly extensionDayCaps: Readonly<Record<string, Micros>>
  readonly maximumCallSeconds: number
  /** By rule id; a rule that is not named is on, as it comes. */
  readonly rules: Readonly<Record<string, RuleSetting>>
}

const EURO = new Set('AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK'.split(' '))
const OWN: Readonly<Record<string, Currency>> = { GB: 'GBP', CH: 'CHF', US: 'USD' }

/** The built-in deck counts in these alone; one is as good as another for a cap. */
export function currencyOfCountry(country: string): Currency {
  return EURO.has(country) ? 'EUR' : (OWN[country] ?? 'USD')
}

/** The first day's policy: room for an office of fifty, and a bad night that costs no business its existence. */
export function defaultPolicy(organisationId: OrganisationId, country: string): FraudPolicy {
  return {
    organisationId,
    currency: currencyOfCountry(country),
    caps: {
      call: microsOf(10_000_000),
      extensionDay: microsOf(20_000_000),
      organisationDay: microsOf(150_000_000),
      organisationMonth: microsOf(1_500_000_000),
      riskyDay: microsOf(5_000_000),
    },
    extensionDayCaps: {},
    maximumCallSeconds: 4 * 3_600,
    rules: {},
  }
}
