/** The number plan of every country, compiled once from libphonenumber's full metadata (see docs/adr/0012-number-plan-library.md). */
import metadata from 'libphonenumber-js/max/metadata'

export type NumberType =
  | 'FIXED_LINE'
  | 'MOBILE'
  | 'FIXED_LINE_OR_MOBILE'
  | 'TOLL_FREE'
  | 'PREMIUM_RATE'
  | 'SHARED_COST'
  | 'VOIP'
  | 'PERSONAL_NUMBER'
  | 'PAGER'
  | 'UAN'
  | 'VOICEMAIL'

interface TypePattern {
  readonly type: NumberType
  readonly pattern: RegExp
  /** Bit n: numbers of n digits. */
  readonly lengths: number
}

export interface CountryPlan {
  /** ISO 3166-1 alpha-2; undefined for international networks (`+88x`, `+800` …). */
  readonly country: string | undefined
  readonly callingCode: string
  /** All ways of dialling abroad, those of carriers among them. */
  readonly internationalPrefix: RegExp | undefined
  /** The one that works with every carrier, where there is one. */
  readonly preferredInternationalPrefix: string | undefined
  /** What the country's people dial before an area code; undefined where nothing is. */
  readonly nationalPrefix: string | undefined
  /** National prefix and carrier codes, to be taken away or rewritten by `transform`. */
  readonly nationalPrefixPattern: RegExp | undefined
  readonly transform: string | undefined
  /** Of countries that share a calling code: the digits that tell this one. */
  readonly leadingDigits: RegExp | undefined
  readonly general: RegExp
  readonly lengths: number
  readonly types: readonly TypePattern[]
  readonly hasMobileNumbers: boolean
}

/** Positions in the arrays of version 4 of the metadata. */
const TYPE_ORDER: readonly (readonly [NumberType, number])[] = [
  ['FIXED_LINE', 0],
  ['MOBILE', 1],
  ['PREMIUM_RATE', 3],
  ['TOLL_FREE', 2],
  ['SHARED_COST', 9],
  ['VOIP', 8],
  ['PERSONAL_NUMBER', 4],
  ['PAGER', 7],
  ['UAN', 6],
  ['VOICEMAIL', 5],
]

type Field = string | number | readonly unknown[] | null | undefined
type CountryFields = readonly Field[]

interface MetadataFields {
  readonly country_calling_codes: Readonly<Record<string, readonly string[]>>
  readonly countries: Readonly<Record<string, CountryFields>>
  readonly nonGeographic: Readonly<Record<string, CountryFields>>
}

const fields = metadata as unknown as MetadataFields
const byCountry = new Map<string, CountryPlan>()
const byCallingCode = new Map<number, readonly CountryPlan[]>()

for (const [country, entry] of Object.entries(fields.countries)) byCountry.set(country, compile(country, entry))
for (const [code, countries] of Object.entries(fields.country_calling_codes)) {
  byCallingCode.set(
    Number(code),
    countries.map(country => byCountry.get(country)!),
  )
}
for (const [code, entry] of Object.entries(fields.nonGeographic)) {
  byCallingCode.set(Number(code), [compile(undefined, entry)])
}

function compile(country: string | undefined, entry: CountryFields): CountryPlan {
  const nationalPrefix = textOf(entry[5])
  const prefixPattern = textOf(entry[7]) ?? nationalPrefix
  const lengths = bits(entry[3])
  const types = (Array.isArray(entry[11]) ? entry[11] : []) as readonly Field[]
  const mobile = types[1]
  return {
    country,
    callingCode: String(entry[0]),
    internationalPrefix: patternOf(textOf(entry[1]), text => `^(?:${text})`),
    preferredInternationalPrefix: preferredPrefix(textOf(entry[1]), textOf(entry[12])),
    nationalPrefix,
    nationalPrefixPattern: patternOf(prefixPattern, text => `^(?:${text})`),
    transform: textOf(entry[8]),
    leadingDigits: patternOf(textOf(entry[10]), text => `^(?:${text})`),
    general: new RegExp(`^(?:${String(entry[2])})$`),
    lengths,
    types: TYPE_ORDER.flatMap(([type, index]) => typePattern(type, types[index], lengths)),
    hasMobileNumbers: Array.isArray(mobile) && mobile[0] !== '',
  }
}

/** "8~10": a dial tone is waited for after the 8. */
function preferredPrefix(pattern: string | undefined, preferred: string | undefined): string | undefined {
  const prefix = preferred?.replace('~', '') ?? pattern
  return prefix !== undefined && /^\d+$/.test(prefix) ? prefix : undefined
}

function typePattern(type: NumberType, field: Field, inherited: number): readonly TypePattern[] {
  if (!Array.isArray(field) || typeof field[0] !== 'string' || field[0] === '') return []
  const own = bits(field[1] as Field)
  return [{ type, pattern: new RegExp(`^(?:${field[0]})$`), lengths: own === 0 ? inherited : own }]
}

function textOf(field: Field): string | undefined {
  return typeof field === 'string' && field !== '' ? field : undefined
}

function patternOf(text: string | undefined, wrap: (text: string) => string): RegExp | undefined {
  return text === undefined ? undefined : new RegExp(wrap(text))
}

function bits(field: Field): number {
  return Array.isArray(field) ? field.reduce((all: number, length) => all | (1 << Number(length)), 0) : 0
}

/** ISO 3166-1 alpha-2, upper case. */
export function planOf(country: string): CountryPlan | undefined {
  return byCountry.get(country)
}

export function countries(): readonly string[] {
  return [...byCountry.keys()]
}

/** The countries that share a calling code, the one that owns its plan first. */
export function plansOfCallingCode(callingCode: number): readonly CountryPlan[] | undefined {
  return byCallingCode.get(callingCode)
}

/** What kind of number the national number is in this plan; undefined: none that has been assigned. */
export function typeIn(plan: CountryPlan, nationalNumber: string): NumberType | undefined {
  if (((plan.lengths >> nationalNumber.length) & 1) === 0 || !plan.general.test(nationalNumber)) return undefined
  const bit = 1 << nationalNumber.length
  for (const each of plan.types) {
    if ((each.lengths & bit) === 0 || !each.pattern.test(nationalNumber)) continue
    if (each.type !== 'FIXED_LINE') return each.type
    return !plan.hasMobileNumbers || isMobile(plan, nationalNumber) ? 'FIXED_LINE_OR_MOBILE' : 'FIXED_LINE'
  }
  return undefined
}

function isMobile(plan: CountryPlan, nationalNumber: string): boolean {
  const mobile = plan.types.find(each => each.type === 'MOBILE')
  const bit = 1 << nationalNumber.length
  return mobile !== undefined && (mobile.lengths & bit) !== 0 && mobile.pattern.test(nationalNumber)
}
