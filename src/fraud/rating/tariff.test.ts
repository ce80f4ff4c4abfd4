import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countries } from '../../routing/country-plans.ts'
import { builtInRate } from './built-in-rates.ts'
import { createDeck } from './deck.ts'
import { microsOf, ZERO } from './money.ts'
import { createTariff } from './tariff.ts'

const CLASSES = ['ordinary', 'special-service', 'fraud-prone'] as const
const BERLIN = { e164: '+4930901820', country: 'DE', class: 'ordinary' } as const

test('the built-in prices know every country and class, and nothing is free', () => {
  assert.ok(countries().length > 200)
  for (const home of ['DE', 'US', 'JP']) {
    for (const country of [...countries(), undefined]) {
      const prices = CLASSES.map(each => builtInRate({ country, class: each }, home).perMinute)
      assert.ok(prices[0]! > 0)
      assert.ok(prices[1]! >= prices[0]! && prices[2]! >= prices[1]!, `${country}`)
      if (country !== home) assert.ok(prices[0]! > builtInRate({ country: home, class: 'ordinary' }, home).perMinute)
    }
  }
})

test('what an imported deck leaves out has no price, however cheap its country is', () => {
  const rate = { prefix: '4930', name: 'Berlin', perMinute: microsOf(12_000), connectionFee: ZERO }
  const deck = createDeck('EUR', [{ ...rate, minimumSeconds: 0, incrementSeconds: 1, validFrom: undefined }])
  const tariff = createTariff({ deck, homeCountry: 'DE' })
  const priced = tariff.price(BERLIN, 0)
  assert.ok(priced.ok && priced.value.source === 'imported' && priced.value.rate.perMinute === 12_000)
  const other = tariff.price({ ...BERLIN, e164: '+498990000' }, 0)
  assert.ok(!other.ok && other.error.rule === 'FRAUD_NO_PRICE')
  const without = createTariff({ deck: undefined, homeCountry: 'DE' }).price(BERLIN, 0)
  assert.ok(without.ok && without.value.source === 'built-in')
})
