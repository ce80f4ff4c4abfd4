/**
 * Prices where no deck was imported: our own estimates by how far a destination is, how dangerous, and what kind of number. Abroad they
 * are at or above what a small business usually pays by the minute (within the EU .19 EUR is the most that a consumer may be asked,
 * Regulation (EU) 2018/1971). At home they are those of a cheap trunk: dearer ones would fill the default caps with honest calls before
 * the month is over, and no thief earns there. They are for caps to mean something on the first day, not for invoices: in any of the
 * built-in currencies the same numbers count.
 */
import { planOf, typeIn } from '../../routing/country-plans.ts'
import type { ExternalNumber } from '../../routing/types.ts'
import type { Rate } from './deck.ts'
import { microsOf } from './money.ts'

type Zone = 'home' | 'near' | 'far' | 'remote' | 'nowhere'

/** As bills tell numbers apart, which is finer than what an organisation opens or closes. */
type Kind = 'toll-free' | 'fixed' | 'mobile' | 'shared-cost' | 'special-service' | 'fraud-prone'

/** Countries whose regulators, or markets, keep calls cheap: EU and EEA, Switzerland, the United Kingdom, North America. */
const NEAR = new Set(
  'AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK US CA'.split(' '),
)

/** Countries where networks ask so much of foreign calls that even an ordinary number may cost more than a unit by the minute. */
const REMOTE = new Set(
  'AF BF BI BJ CD CF CG DJ ER FJ FM GA GL GM GN GQ GY HT LR MG MH ML MR NC NE PF PG SL SR TD TG ZW'.split(' '),
)

const PER_MINUTE: { readonly [Z in Zone]: { readonly [K in Kind]: number } } = {
  home: {
    'toll-free': 0,
    fixed: 20_000,
    mobile: 30_000,
    'shared-cost': 800_000,
    'special-service': 3_000_000,
    'fraud-prone': 5_000_000,
  },
  near: abroad(150_000, 200_000),
  far: abroad(1_000_000, 1_200_000),
  remote: abroad(1_800_000, 2_200_000),
  // Satellite and international networks, and whatever no plan knows.
  nowhere: abroad(10_000_000, 10_000_000, 10_000_000),
}

/** Toll-free numbers of other countries cost the caller what others do; who shares the cost of a service, asks strangers for all of it. */
function abroad(fixed: number, mobile: number, dear = 5_000_000): (typeof PER_MINUTE)[Zone] {
  return { 'toll-free': fixed, fixed, mobile, 'shared-cost': dear, 'special-service': dear, 'fraud-prone': dear }
}

const FEE: { readonly [K in Kind]: number } = {
  'toll-free': 0,
  fixed: 0,
  mobile: 0,
  'shared-cost': 200_000,
  'special-service': 500_000,
  'fraud-prone': 250_000,
}

const INCREMENT_SECONDS = 60

function zoneOf(country: string | undefined, home: string): Zone {
  if (country === undefined || planOf(country) === undefined) return 'nowhere'
  if (country === home) return 'home'
  if (NEAR.has(country)) return 'near'
  return REMOTE.has(country) ? 'remote' : 'far'
}

/** The class says what is dangerous; the plan may only say what is cheaper or dearer within it. */
function kindOf({ e164, country, class: destination }: ExternalNumber): Kind {
  const plan = country === undefined ? undefined : planOf(country)
  if (plan === undefined || destination === 'fraud-prone') return destination === 'ordinary' ? 'fixed' : destination
  const type = typeIn(plan, e164.replace(/^\+/, '').slice(plan.callingCode.length))
  if (destination === 'special-service')
    return type === 'SHARED_COST' || type === 'UAN' ? 'shared-cost' : 'special-service'
  if (type === 'TOLL_FREE') return 'toll-free'
  if (type === 'MOBILE') return 'mobile'
  // Where a plan cannot tell them apart, the dearer one counts; in North America both cost the same.
  return type === 'FIXED_LINE_OR_MOBILE' && plan.callingCode !== '1' ? 'mobile' : 'fixed'
}

/** `home`: ISO 3166-1 alpha-2 of the organisation. */
export function builtInRate(number: ExternalNumber, home: string): Rate {
  const zone = zoneOf(number.country, home)
  const kind = kindOf(number)
  const key = `${zone} ${kind} ${number.country}`
  let rate = made.get(key)
  if (rate === undefined) {
    rate = {
      prefix: '',
      name: `built-in: ${number.country ?? 'no country'}, ${kind}`,
      perMinute: microsOf(PER_MINUTE[zone][kind]),
      connectionFee: microsOf(FEE[kind]),
      minimumSeconds: 0,
      incrementSeconds: INCREMENT_SECONDS,
      validFrom: undefined,
    }
    if (made.size >= MAXIMUM_MADE) made.clear()
    made.set(key, rate)
  }
  return rate
}

const made = new Map<string, Rate>()
/** As many as there are countries, zones and kinds, and more. */
const MAXIMUM_MADE = 10_000
