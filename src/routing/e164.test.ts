/** Country and kind of every number are those that libphonenumber-js says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { COUNTRIES, digitsOf, generator, sampleNumber, seedOfRun } from '../../test/support/phone-numbers.ts'
import { planOf } from './country-plans.ts'
import { assignedNumber } from './e164.ts'

const RANDOM = 30_000
const SAMPLES = 20

function compare(digits: string, message: string): boolean {
  const ours = assignedNumber(digits)
  const theirs = parsePhoneNumberFromString(`+${digits}`)
  // Theirs takes a national prefix away first. Ours does so only where the number is none as it stands (number-plan.ts).
  const same = theirs?.isValid() === true && theirs.number === `+${digits}`
  if (theirs?.number !== `+${digits}`) return false
  assert.equal(ours !== undefined, same, message)
  if (ours === undefined) return false
  assert.equal(ours.plan.country, theirs.country, message)
  assert.equal(ours.type, theirs.getType(), message)
  return true
}

test('of random digits behind every calling code', () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  let valid = 0
  for (let run = 0; run < RANDOM; run++) {
    const callingCode =
      run % 10 === 0
        ? ['800', '808', '870', '878', '881', '882', '883', '888', '979', '999', '0', '210'][pick(12)]!
        : planOf(COUNTRIES[pick(COUNTRIES.length)]!)!.callingCode
    const digits = callingCode + digitsOf(pick, 3 + pick(10))
    if (compare(digits, `SEED=${seed} +${digits}`)) valid++
  }
  assert.ok(valid > RANDOM / 50, `only ${valid} were numbers at all`)
})

test('of numbers of every country', () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  for (const country of COUNTRIES) {
    for (let run = 0; run < SAMPLES; run++) {
      const { e164 } = sampleNumber(pick, country)
      assert.ok(compare(e164.slice(1), `SEED=${seed} ${e164}`), `SEED=${seed} ${e164} is a number`)
    }
  }
})

test('countries that share a calling code', () => {
  const countryOf = (e164: string): string | undefined => assignedNumber(e164.slice(1))?.plan.country
  assert.equal(countryOf('+12125551234'), 'US')
  assert.equal(countryOf('+14165551234'), 'CA')
  assert.equal(countryOf('+18765551234'), 'JM')
  assert.equal(countryOf('+17875551234'), 'PR')
  assert.equal(countryOf('+442079460018'), 'GB')
  assert.equal(countryOf('+447781123456'), 'GG')
  assert.equal(countryOf('+447797712345'), 'JE')
  assert.equal(countryOf('+447624123456'), 'IM')
  assert.equal(countryOf('+74951234567'), 'RU')
  assert.equal(countryOf('+77272345678'), 'KZ')
  assert.equal(countryOf('+390649911234'), 'IT')
  assert.equal(countryOf('+390669812345'), 'VA')
  assert.equal(countryOf('+881612345678'), undefined)
})
