import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCsv } from '../../base/csv.ts'
import { createDeck, createDeckBuilder, type Rate } from './deck.ts'
import { formatMicros, microsOf, parseMicros, ZERO } from './money.ts'
import { parseDeck } from './parse-deck.ts'
import { billedSeconds, costOf, type Price } from './price.ts'

test('amounts are read exactly, and what cannot be exact is refused', () => {
  for (const [text, micros] of [
    ['0', 0],
    ['12', 12_000_000],
    ['0.0123', 12_300],
    ['.5', 500_000],
    ['1.1000000', 1_100_000],
    ['999999999.999999', 999_999_999_999_999],
  ] as const) {
    assert.deepEqual(parseMicros(text), { ok: true, value: micros }, text)
  }
  for (const text of ['', '-1', '1,5', '1e3', '0.0000001', '1.', 'NaN', '٣', '1000000000'])
    assert.equal(parseMicros(text).ok, false, text)
})

test('what is written is read as the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), amount => {
      assert.deepEqual(parseMicros(formatMicros(microsOf(amount))), { ok: true, value: amount })
    }),
  )
})

const price = (more: Partial<Price>): Price => ({
  perMinute: microsOf(600_000),
  connectionFee: ZERO,
  minimumSeconds: 0,
  incrementSeconds: 60,
  ...more,
})

test('minimum, then whole increments', () => {
  assert.equal(costOf(price({}), 0), 0)
  assert.equal(costOf(price({}), 1), 600_000)
  assert.equal(costOf(price({}), 60), 600_000)
  assert.equal(costOf(price({}), 60.001), 1_200_000)
  assert.equal(costOf(price({ minimumSeconds: 30, incrementSeconds: 6 }), 0), 300_000)
  assert.equal(costOf(price({ minimumSeconds: 30, incrementSeconds: 6 }), 31), 360_000)
  assert.equal(costOf(price({ connectionFee: microsOf(50_000) }), 0), 50_000)
})

/** Calls are counted in milliseconds. */
const milliseconds = (max: number) => fc.integer({ min: 0, max }).map(each => each / 1_000)

test('cost never falls while the call lasts, and covers every second', () => {
  const prices = fc.record({
    perMinute: fc.integer({ min: 0, max: 5_000_000 }).map(microsOf),
    connectionFee: fc.integer({ min: 0, max: 1_000_000 }).map(microsOf),
    minimumSeconds: fc.integer({ min: 0, max: 120 }),
    incrementSeconds: fc.integer({ min: 1, max: 120 }),
  })
  fc.assert(
    fc.property(prices, milliseconds(40_000_000), milliseconds(600_000), (each, at, more) => {
      assert.ok(costOf(each, at + more) >= costOf(each, at))
      assert.ok(billedSeconds(each, at) >= at)
      assert.ok(costOf(each, at) >= (each.perMinute * at) / 60)
    }),
  )
})

function rate(prefix: string, perMinute: number, validFrom?: number): Rate {
  return { ...price({ perMinute: microsOf(perMinute) }), prefix, name: prefix, validFrom }
}

test('the longest prefix counts, of the latest that is valid', () => {
  const deck = createDeck('EUR', [rate('4', 1), rate('49', 2), rate('4915', 3), rate('49', 4, 2_000)])
  assert.equal(deck.rateOf('+4930123', 1_000)?.perMinute, 2)
  assert.equal(deck.rateOf('4930123', 2_000)?.perMinute, 4)
  assert.equal(deck.rateOf('+49151', 0)?.perMinute, 3)
  assert.equal(deck.rateOf('+41', 0)?.perMinute, 1)
  assert.equal(deck.rateOf('+1', 0), undefined)
  assert.equal(deck.rateOf('', 0), undefined)
})

test('the trie finds what a scan over all prefixes finds', () => {
  const prefixes = fc.uniqueArray(fc.stringMatching(/^[1-9]\d{0,6}$/), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(prefixes, fc.stringMatching(/^[1-9]\d{3,14}$/), (list, number) => {
      const deck = createDeck(
        'EUR',
        list.map((prefix, index) => rate(prefix, index)),
      )
      const longest = list.filter(prefix => number.startsWith(prefix)).toSorted((a, b) => b.length - a.length)[0]
      assert.equal(deck.rateOf(number, 0)?.prefix, longest)
    }),
  )
})

test('of several rates of one prefix the latest that is valid counts, in whatever order and parts they came', () => {
  const dates = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(dates, fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 60 }), (froms, cut, at) => {
      const rates = froms.map(from => rate('49', from, from))
      const builder = createDeckBuilder('EUR')
      builder.add(rates.slice(0, cut))
      builder.add(rates.slice(cut))
      const deck = builder.deck()
      const valid = froms.filter(from => from <= at)
      assert.equal(deck.size, froms.length)
      assert.equal(deck.rateOf('4930', at)?.perMinute, valid.length === 0 ? undefined : Math.max(...valid))
    }),
  )
})

const HEADER = 'prefix,name,price_per_minute,connection_fee,minimum,increment,valid_from'

test('a deck is read in any order of columns', () => {
  const read = parseDeck(parseCsv('increment,price_per_minute,prefix,colour\n1,0.019,+4930,blue\n')!)
  assert.ok(read.ok)
  assert.deepEqual(read.value, [
    {
      prefix: '4930',
      name: '',
      perMinute: 19_000,
      connectionFee: 0,
      minimumSeconds: 0,
      incrementSeconds: 1,
      validFrom: undefined,
    },
  ])
})

for (const [what, text, line, column] of [
  ['an empty file', '', 1, undefined],
  ['no price', 'prefix,name\n49,x\n', 1, 'price_per_minute'],
  ['a prefix with letters', `${HEADER}\n49,a,1,0,0,60,\n4x,a,1,0,0,60,\n`, 3, 'prefix'],
  ['a comma as point', `${HEADER}\n49,a,"1,5",0,0,60,\n`, 2, 'price_per_minute'],
  ['a negative fee', `${HEADER}\n49,a,1,-1,0,60,\n`, 2, 'connection_fee'],
  ['an increment of nothing', `${HEADER}\n49,a,1,0,0,0,\n`, 2, 'increment'],
  ['a minimum of a day', `${HEADER}\n49,a,1,0,86400,60,\n`, 2, 'minimum'],
  ['no date', `${HEADER}\n49,a,1,0,0,60,soon\n`, 2, 'valid_from'],
  ['a field too few', `${HEADER}\n49,a,1\n`, 2, undefined],
  ['the same prefix twice', `${HEADER}\n49,a,1,0,0,60,\n49,b,2,0,0,60,\n`, 3, 'prefix'],
  ['only a header', `${HEADER}\n`, 1, undefined],
] as const) {
  test(`${what}: line and column are named`, () => {
    const read = parseDeck(parseCsv(text)!)
    assert.ok(!read.ok)
    assert.deepEqual({ line: read.error.line, column: read.error.column }, { line, column })
  })
}
