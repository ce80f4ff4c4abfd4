/** Numbers for tests of the number plan: drawn at random by a seed, valid as libphonenumber-js says. */
import examples from 'libphonenumber-js/mobile/examples'
import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'

export type Pick = (bound: number) => number

/** mulberry32: a seed names a run. */
export function generator(seed: number): Pick {
  let state = seed
  return bound => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

/** A new one for each run; the message of a failure names it, and SEED repeats it. */
export function seedOfRun(): number {
  const given = process.env['SEED']
  return given === undefined ? Date.now() % 0x7fff_ffff : Number(given)
}

export function digitsOf(pick: Pick, length: number): string {
  return Array.from({ length }, () => pick(10)).join('')
}

export interface SampleNumber {
  readonly country: CountryCode
  readonly callingCode: string
  readonly national: string
  readonly e164: string
}

export const COUNTRIES: readonly CountryCode[] = getCountries()

/** Half of them near the country's example of a mobile number, half anywhere in its plan. */
export function sampleNumber(pick: Pick, country: CountryCode): SampleNumber {
  const callingCode = getCountryCallingCode(country)
  const example = examples[country] ?? ''
  for (let attempt = 0; attempt < 400; attempt++) {
    const keep = attempt % 2 === 0 ? pick(example.length) : pick(2)
    const length = attempt % 2 === 0 ? example.length : Math.max(4, example.length - 2 + pick(4))
    const national = (example.slice(0, keep) + digitsOf(pick, 15)).slice(0, length)
    const number = parsePhoneNumberFromString(`+${callingCode}${national}`)
    if (number?.isValid() === true && number.nationalNumber === national)
      return { country, callingCode, national, e164: number.number }
  }
  return { country, callingCode, national: example, e164: `+${callingCode}${example}` }
}
