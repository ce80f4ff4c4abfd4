/** How a new organisation calls until somebody says otherwise: as little as possible is open. */
import type { OrganisationId } from '../base/ids.ts'
import type { OrganisationCalling } from './calling.ts'

/** Sold as general ones, whatever country they belong to. */
const GENERIC_TOP_LEVELS = new Set(
  'ac ad ai as bz cc cd co dj fm gg io la ly me ms nu pw sc sh sr st su to tv tk ws'.split(' '),
)
const FALLBACK_COUNTRY = 'US'

/** Regions that Intl knows beside countries, old names of countries, and places without a telephone number of their own. */
const NO_COUNTRIES = new Set(
  'AN AQ BU BV CP CQ CS DD DG DY EA EU EZ FX GS HM HV IC NH PN QO RH SU TF TP UK UM UN VD XA XB YD YU ZR ZZ'.split(' '),
)

/** ISO 3166-1 alpha-2 of a country with numbers of its own. */
export function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code)) return false
  if (NO_COUNTRIES.has(code)) return false
  return new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined
}

/** The country of the domain's top level where that says one (`pbx.example.de`), else US. */
export function countryOfDomain(domain: string): string {
  const label = (/\.([a-z]{2})\.?$/i.exec(domain)?.[1] ?? '').toLowerCase()
  if (label === 'uk') return 'GB'
  const code = label.toUpperCase()
  return !GENERIC_TOP_LEVELS.has(label) && isCountry(code) ? code : FALLBACK_COUNTRY
}

/** Asked for every call of an organisation of which nothing was set: `timeZone` is found once, by who asks. */
export function defaultOrganisationCalling(
  organisationId: OrganisationId,
  country: string,
  timeZone: string,
): OrganisationCalling {
  return {
    organisationId,
    country,
    outsidePrefix: undefined,
    areaCode: undefined,
    openCountries: [country],
    openClasses: [],
    defaultCallerId: undefined,
    schedule: { timeZone, hours: [], holidays: [] },
    offNetForwarding: false,
    emergencyLocation: undefined,
    emergencyLocationText: undefined,
    emergencyNotify: [],
  }
}

/** IANA name of the zone that this machine lives in. */
export function systemTimeZone(): string {
  return new Intl.DateTimeFormat('en').resolvedOptions().timeZone
}
