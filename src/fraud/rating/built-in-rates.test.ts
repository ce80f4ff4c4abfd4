import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getCountries, getExampleNumber } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { countries } from '../../routing/country-plans.ts'
import type { DestinationClass, ExternalNumber } from '../../routing/types.ts'
import { builtInRate } from './built-in-rates.ts'
import { costOf } from './price.ts'

const CLASSES = ['ordinary', 'special-service', 'fraud-prone'] as const
/** Of no plan: priced by its class alone. */
const SOME = '+'

function perMinute(e164: string, country: string | undefined, home: string, as: DestinationClass = 'ordinary'): number {
  return builtInRate({ e164, country, class: as }, home).perMinute
}

test('every country of the number plans has a price for every class, whoever is at home where', () => {
  assert.deepEqual(countries().toSorted(), getCountries().toSorted())
  for (const home of countries()) {
    const nowhere = perMinute('+881612345678', undefined, home, 'fraud-prone')
    for (const country of countries()) {
      const [ordinary, special, prone] = CLASSES.map(each => perMinute(SOME, country, home, each))
      assert.ok(ordinary! > 0 && special! > ordinary! && prone! >= special!, `${country} from ${home}`)
      assert.ok(prone! < nowhere, `nothing is dearer than a satellite: ${country} from ${home}`)
      if (country !== home) assert.ok(ordinary! > perMinute(SOME, home, home), `${country} from ${home}`)
    }
  }
})

test('mobile phones cost more, in every country that tells them apart', () => {
  let seen = 0
  for (const country of countries()) {
    const example = getExampleNumber(country as Parameters<typeof getExampleNumber>[0], examples)
    if (example?.getType() !== 'MOBILE') continue
    seen++
    for (const home of [country, 'DE', 'US']) {
      assert.ok(perMinute(example.number, country, home) > perMinute(SOME, country, home), `${country} from ${home}`)
    }
  }
  assert.ok(seen > 150, String(seen))
  assert.equal(perMinute('+4915123456789', 'DE', 'DE'), 30_000)
  assert.equal(perMinute('+12125550123', 'US', 'DE'), perMinute(SOME, 'US', 'DE'), 'one price in North America')
})

test('satellites, international networks and what no plan knows are the dearest', () => {
  for (const home of ['DE', 'US', 'JP']) {
    for (const country of [undefined, 'XX', '', '__proto__']) {
      for (const each of CLASSES) assert.equal(perMinute(SOME, country, home, each), 10_000_000, String(country))
    }
  }
})

test('nothing is free but the toll-free numbers at home, and those are known as such', () => {
  for (const [e164, country] of [
    ['+498001234567', 'DE'],
    ['+18002345678', 'US'],
    ['+448001111111', 'GB'],
  ] as const) {
    const rate = builtInRate({ e164, country, class: 'ordinary' }, country)
    assert.equal(costOf(rate, 3_600), 0, e164)
    assert.match(rate.name, /toll-free/)
    const abroad = builtInRate({ e164, country, class: 'ordinary' }, 'JP')
    assert.ok(abroad.perMinute > 0, e164)
    for (const each of ['special-service', 'fraud-prone'] as const) {
      assert.ok(perMinute(e164, country, country, each) > 0, 'the class counts before the plan')
    }
  }
})

test('whole minutes, and a fee where services ask one', () => {
  const premium = { e164: '+499001234567', country: 'DE', class: 'special-service' } as const
  assert.equal(costOf(builtInRate(premium, 'DE'), 1), 3_500_000)
  const shared = { e164: '+491805123456', country: 'DE', class: 'special-service' } as const
  assert.equal(costOf(builtInRate(shared, 'DE'), 61), 1_800_000)
  assert.ok(costOf(builtInRate(shared, 'AT'), 1) > costOf(builtInRate(premium, 'DE'), 1), 'no share for strangers')
  const berlin: ExternalNumber = { e164: '+4930901820', country: 'DE', class: 'ordinary' }
  assert.deepEqual(
    [1, 60, 61].map(seconds => costOf(builtInRate(berlin, 'DE'), seconds)),
    [20_000, 20_000, 40_000],
  )
})
