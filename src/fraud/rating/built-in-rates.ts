/**
 * Prices where no deck was imported: our own estimates by how far and how dangerous a destination is, at or above what a small
 * business usually pays by the minute (within the EU .19 EUR is the most that a consumer may be asked, Regulation (EU) 2018/1971). They are for caps to mean something on the first day, not for invoices: in any of the built-in
 * currencies the same numbers count.
 */
import type { ExternalNumber } from '../../routing/types.ts'
import type { Rate } from './deck.ts'
import { type Micros, microsOf, ZERO } from './money.ts'

type Zone = 'home' | 'near' | 'far' | 'nowhere'

/** Countries whose regulators, or markets, keep calls cheap: EU and EEA, Switzerland, the United Kingdom, North America. */
const NEAR = new Set(
  'AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK US CA'.split(' '),
)

const PER_MINUTE: { readonly [Z in Zone]: { readonly [C in ExternalNumber['class']]: number } } = {
  home: { ordinary: 20_000, 'special-service': 3_000_000, 'fraud-prone': 5_000_000 },
  near: { ordinary: 200_000, 'special-service': 5_000_000, 'fraud-prone': 5_000_000 },
  far: { ordinary: 1_000_000, 'special-service': 5_000_000, 'fraud-prone': 5_000_000 },
  // Satellite and international networks.
  nowhere: { ordinary: 10_000_000, 'special-service': 10_000_000, 'fraud-prone': 10_000_000 },
}

const FEE: { readonly [C in ExternalNumber['class']]: Micros } = {
  ordinary: ZERO,
  'special-service': microsOf(500_000),
  'fraud-prone': microsOf(250_000),
}

const INCREMENT_SECONDS = 60

function zoneOf(country: string | undefined, home: string): Zone {
  if (country === undefined) return 'nowhere'
  if (country === home) return 'home'
  return NEAR.has(country) ? 'near' : 'far'
}

/** `home`: ISO 3166-1 alpha-2 of the organisation. */
export function builtInRate({ country, class: destination }: Omit<ExternalNumber, 'e164'>, home: string): Rate {
  const zone = zoneOf(country, home)
  const key = `${zone} ${destination} ${country ?? ''}`
  let rate = made.get(key)
  if (rate === undefined) {
    rate = {
      prefix: '',
      name: `built-in: ${country ?? 'no country'}, ${destination}`,
      perMinute: microsOf(PER_MINUTE[zone][destination]),
      connectionFee: FEE[destination],
      minimumSeconds: 0,
      incrementSeconds: INCREMENT_SECONDS,
      validFrom: undefined,
    }
    made.set(key, rate)
  }
  return rate
}

/** As many as there are countries, zones and classes. */
const made = new Map<string, Rate>()
