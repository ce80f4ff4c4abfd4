import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDeck } from './deck.ts'
import { microsOf, ZERO } from './money.ts'
import { createTariff } from './tariff.ts'

const BERLIN = { e164: '+4930901820', country: 'DE', class: 'ordinary' } as const

test('what an imported deck leaves out has no price, however cheap its country is', () => {
  const rate = { prefix: '4930', name: 'Berlin', perMinute: microsOf(12_000), connectionFee: ZERO }
  const deck = createDeck('EUR', [{ ...rate, minimumSeconds: 0, incrementSeconds: 1, validFrom: undefined }])
  const tariff = createTariff({ deck, homeCountry: 'DE' })
  const priced = tariff.price(BERLIN, 0)
  assert.ok(priced.ok && priced.value.source === 'imported' && priced.value.rate.perMinute === 12_000)
  const other = tariff.price({ ...BERLIN, e164: '+498990000' }, 0)
  assert.ok(!other.ok && other.error.rule === 'FRAUD_NO_PRICE')
  const later = createDeck('EUR', [{ ...rate, minimumSeconds: 0, incrementSeconds: 1, validFrom: 2_000 }])
  assert.equal(createTariff({ deck: later, homeCountry: 'DE' }).price(BERLIN, 1_999).ok, false)
  assert.equal(createTariff({ deck: later, homeCountry: 'DE' }).price(BERLIN, 2_000).ok, true)
  const without = createTariff({ deck: undefined, homeCountry: 'DE' }).price(BERLIN, 0)
  assert.ok(without.ok && without.value.source === 'built-in')
})

test('a deck may say 0, and says so of nobody else', () => {
  const free = { prefix: '4930', name: 'Berlin', perMinute: ZERO, connectionFee: ZERO, minimumSeconds: 0 }
  const deck = createDeck('EUR', [{ ...free, incrementSeconds: 1, validFrom: undefined }])
  const tariff = createTariff({ deck, homeCountry: 'DE' })
  const priced = tariff.price(BERLIN, 0)
  assert.ok(priced.ok && priced.value.rate.perMinute === 0)
  for (const e164 of ['+498001234567', '+4989123456', '+881612345678', '']) {
    assert.equal(tariff.price({ ...BERLIN, e164 }, 0).ok, false, e164)
  }
})
