/** Ways of writing a number so that a check sees another one than the network: what each comes to. For a test, and for a table. */
import type { RouteRule } from '../../src/routing/types.ts'

export interface EvasionPlan {
  readonly country: string
  readonly outsidePrefix?: string
  readonly areaCode?: string
}

export interface Evasion {
  readonly dialled: string
  readonly trick: string
  /** The one number, or the rule that denies it. */
  readonly becomes: string | RouteRule
}

export interface Evasions {
  readonly plan: EvasionPlan
  readonly rows: readonly Evasion[]
}

const rows = (...given: readonly (readonly [dialled: string, trick: string, becomes: string])[]): readonly Evasion[] =>
  given.map(([dialled, trick, becomes]) => ({ dialled, trick, becomes }))

export const EVASIONS: readonly Evasions[] = [
  {
    plan: { country: 'DE' },
    rows: rows(
      ['+442079460018', 'international, +', '+442079460018'],
      ['00442079460018', 'international, 00', '+442079460018'],
      ['011442079460018', "another country's international prefix", '+442079460018'],
      ['000442079460018', 'a zero more', '+442079460018'],
      ['0000000442079460018', 'padded with zeros', '+442079460018'],
      ['9011442079460018', 'an outside-line prefix that is not ours', 'ROUTE_INVALID_NUMBER'],
      ['442079460018', 'a country code without +', 'ROUTE_AMBIGUOUS_NUMBER'],
      ['+00442079460018', 'both + and 00', 'ROUTE_INVALID_NUMBER'],
      ['++442079460018', '+ twice', 'ROUTE_MALFORMED'],
      ['00+442079460018', '+ in the middle', 'ROUTE_MALFORMED'],
      ['+44+2079460018', '+ in the middle', 'ROUTE_MALFORMED'],
      ['+44 (0) 20 7946 0018', "the national prefix after the country's code", '+442079460018'],
      ['+44020 7946 0018', 'the same, without brackets', '+442079460018'],
      ['+44 00 20 7946 0018', 'the national prefix twice', 'ROUTE_INVALID_NUMBER'],
      ['00 44-20.7946/0018', 'separators', '+442079460018'],
      ['+44\u00a020\u20117946\u202f0018', 'separators of Unicode', '+442079460018'],
      ['\u202a+442079460018\u202c', 'marks of writing direction, from an address book', '+442079460018'],
      ['＋４４２０７９４６００１８', 'full-width digits', '+442079460018'],
      ['+٤٤٢٠٧٩٤٦٠٠١٨', 'Arabic-Indic digits', '+442079460018'],
      ['+४४२०७९४६००१८', 'Devanagari digits', '+442079460018'],
      ['+44²079460018', 'a superscript digit', 'ROUTE_MALFORMED'],
      ['+442079460018#', 'the key that ends dialling', '+442079460018'],
      ['+442079460018##', 'two of them', 'ROUTE_MALFORMED'],
      ['*31#00442079460018', 'a code that hides the caller', 'ROUTE_INVALID_NUMBER'],
      ['+442079460018,,4711', 'keys to press later', 'ROUTE_MALFORMED'],
      ['+442079460018%23', 'an escape that was escaped', 'ROUTE_MALFORMED'],
      ['+442079460018;ext=4711', 'a parameter', '+442079460018'],
      ['2079460018;phone-context=+44', 'the country as a parameter', '+442079460018'],
      ['02079460018;phone-context=+44', 'the same, with a national prefix', '+442079460018'],
      ['+4930901820;phone-context=+44', 'two countries', 'ROUTE_AMBIGUOUS_NUMBER'],
      ['2079460018;phone-context=+44;phone-context=+49', 'two contexts', 'ROUTE_AMBIGUOUS_NUMBER'],
      ['2079460018;phone-context=00', 'a context that is none', 'ROUTE_MALFORMED'],
      ['0030 901820', 'the national prefix twice is the way to Greece', 'ROUTE_INVALID_NUMBER'],
      ['01033 030901820', 'call-by-call', 'ROUTE_INVALID_NUMBER'],
      ['010033 00442079460018', 'call-by-call, then abroad', 'ROUTE_INVALID_NUMBER'],
      ['030901820', 'national', '+4930901820'],
      ['4930901820', 'our country code without +', '+4930901820'],
      ['+49 (0) 30 901820', "the national prefix after the country's code", '+4930901820'],
      ['+211 912 345 678', 'South Sudan', '+211912345678'],
      ['00211912345678', 'South Sudan', '+211912345678'],
    ),
  },
  {
    plan: { country: 'DE', outsidePrefix: '0', areaCode: '30' },
    rows: rows(
      ['0 901820', 'local', '+4930901820'],
      ['0 030901820', 'national', '+4930901820'],
      ['0 00442079460018', 'international', '+442079460018'],
      ['0+442079460018', 'outside line, then +', '+442079460018'],
      ['0 0 00442079460018', 'the outside line twice', '+442079460018'],
      ['901820', 'no outside line', 'ROUTE_UNKNOWN'],
      ['442079460018', 'no outside line', 'ROUTE_UNKNOWN'],
    ),
  },
  {
    plan: { country: 'US', outsidePrefix: '9', areaCode: '212' },
    rows: rows(
      ['9 555 1234', 'local', '+12125551234'],
      ['9 212 555 1234', 'national', '+12125551234'],
      ['9 1 212 555 1234', 'national, with its prefix', '+12125551234'],
      ['9 1 1 212 555 1234', 'the national prefix twice', '+12125551234'],
      ['+1 1 212 555 1234', "the national prefix after the country's code", '+12125551234'],
      ['9 011 442079460018', 'international', '+442079460018'],
      ['9011442079460018', 'international, in one', '+442079460018'],
      ['9 00 442079460018', "another country's international prefix", '+442079460018'],
      ['9 011 00 442079460018', 'padded with zeros', '+442079460018'],
      ['011442079460018', 'no outside line', 'ROUTE_UNKNOWN'],
      ['9 9 011 442079460018', 'the outside line twice', 'ROUTE_INVALID_NUMBER'],
      ['9 211 912 345 678', 'South Sudan without an international prefix', 'ROUTE_INVALID_NUMBER'],
      ['9 011 211 912 345 678', 'a prefix makes it South Sudan', '+211912345678'],
      ['9 00 211 912 345 678', 'a prefix makes it South Sudan', '+211912345678'],
      ['9 0 211 912 345 678', 'a zero before it', 'ROUTE_INVALID_NUMBER'],
      ['+211 912 345 678', '+ makes it South Sudan', '+211912345678'],
      ['+2119123456', '+ before a number of ten digits', 'ROUTE_INVALID_NUMBER'],
      ['9 1 876 555 1234', 'looks like home, is Jamaica', '+18765551234'],
      ['9 1 809 555 1234', 'looks like home, is the Dominican Republic', '+18095551234'],
      ['9 1010288 1 212 555 1234', 'a code that chooses a carrier', 'ROUTE_INVALID_NUMBER'],
      ['9 *67 212 555 1234', 'a code that hides the caller', 'ROUTE_INVALID_NUMBER'],
      ['9 1-800-FLOWERS', 'letters', 'ROUTE_MALFORMED'],
    ),
  },
  {
    plan: { country: 'GB' },
    rows: rows(
      ['020 7946 0018', 'national', '+442079460018'],
      ['07781 123456', 'looks like home, is Guernsey', '+447781123456'],
      ['07797 712345', 'looks like home, is Jersey', '+447797712345'],
      ['141 020 7946 0018', 'a code that hides the caller', 'ROUTE_INVALID_NUMBER'],
      ['18002 020 7946 0018', 'a code for the text relay', 'ROUTE_INVALID_NUMBER'],
      ['00 44 020 7946 0018', 'our country from abroad, with a national prefix', '+442079460018'],
    ),
  },
  {
    plan: { country: 'IT' },
    rows: rows(
      ['06 4991 1234', 'national: the zero belongs to the number', '+390649911234'],
      ['+39 06 4991 1234', 'the zero stays', '+390649911234'],
      ['+39 (0) 6 4991 1234', 'the zero in brackets stays', '+390649911234'],
      ['+39 6 4991 1234', 'without its zero it is no number', 'ROUTE_INVALID_NUMBER'],
      ['06 6981 2345', 'looks like home, is the Vatican', '+390669812345'],
    ),
  },
  {
    plan: { country: 'MX' },
    rows: rows(
      ['+52 55 1234 5678', 'as it is', '+525512345678'],
      ['+52 1 55 1234 5678', 'the 1 that mobile numbers had until 2019', '+525512345678'],
      ['044 55 1234 5678', 'a prefix that mobile numbers had until 2019', 'ROUTE_INVALID_NUMBER'],
    ),
  },
  {
    plan: { country: 'AR', areaCode: '11' },
    rows: rows(
      ['+54 9 11 2345 6789', 'a mobile number from abroad', '+5491123456789'],
      ['011 15 2345 6789', 'the same number at home', '+5491123456789'],
      ['+54 11 15 2345 6789', 'a mixture of both', '+5491123456789'],
    ),
  },
  {
    plan: { country: 'BR' },
    rows: rows(
      ['0 11 2345 6789', 'national', '+551123456789'],
      ['0 21 11 2345 6789', 'national, with a code that chooses a carrier', '+551123456789'],
      ['00 21 44 20 7946 0018', 'international, with a code that chooses a carrier', '+442079460018'],
      ['00 44 20 7946 0018', 'international, without one', '+442079460018'],
    ),
  },
  {
    plan: { country: 'AU', areaCode: '2' },
    rows: rows(
      ['0011 44 20 7946 0018', 'international', '+442079460018'],
      ['00 44 20 7946 0018', "another country's international prefix", '+442079460018'],
      ['1831 02 9876 5432', 'a code that hides the caller', 'ROUTE_INVALID_NUMBER'],
      ['9876 5432', 'local', '+61298765432'],
    ),
  },
  {
    plan: { country: 'RU' },
    rows: rows(
      ['8 495 123-45-67', 'national', '+74951234567'],
      ['8 10 44 20 7946 0018', 'international', '+442079460018'],
      ['8 727 234 5678', 'looks like home, is Kazakhstan', '+77272345678'],
    ),
  },
]
