/** The index against a plain search over all networks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNetwork } from '../base/network.ts'
import { createNetworkCollector, readNetwork, readSource, type Words } from './network-index.ts'

const empty = (): Words => ({ family: 4, high: 0, low: 0 })

function indexOf(networks: readonly string[]) {
  const collector = createNetworkCollector()
  for (const network of networks) {
    const words = empty()
    collector.add(words, readNetwork(network, words))
  }
  return collector.finish()
}

function seeded(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return bound => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

test('the narrowest network around an address is found, in both families, and named', () => {
  const index = indexOf([
    '8.0.0.0/8',
    '8.8.8.0/24',
    '8.8.8.8',
    '9.9.9.9/32',
    '2a00::/19',
    '2a00:1::/32',
    '2a00:1:2:3::/64',
    '2a00:1:2:4::77/128',
  ])
  const narrowest = (address: string): string | undefined => {
    const words = empty()
    assert.ok(readSource(address, words), address)
    const found = index.find(words)
    return found < 0 ? undefined : index.textOf(found)
  }
  assert.equal(narrowest('8.8.8.8'), '8.8.8.8/32')
  assert.equal(narrowest('8.8.8.9'), '8.8.8.0/24')
  assert.equal(narrowest('8.8.9.0'), '8.0.0.0/8')
  assert.equal(narrowest('8.255.255.255'), '8.0.0.0/8')
  assert.equal(narrowest('9.0.0.0'), undefined)
  assert.equal(narrowest('9.9.9.9'), '9.9.9.9/32')
  assert.equal(narrowest('9.9.9.10'), undefined)
  assert.equal(narrowest('0.0.0.0'), undefined)
  assert.equal(narrowest('255.255.255.255'), undefined)
  assert.equal(narrowest('2a00:1:2:3:4::'), '2a00:1:2:3::/64')
  assert.equal(narrowest('2a00:1:2:4::1'), '2a00:1:2:4::/64', 'a source of IPv6 is its /64')
  assert.equal(narrowest('2a00:1:ffff::1'), '2a00:1::/32')
  assert.equal(narrowest('2a00:2::1'), '2a00::/19')
  assert.equal(narrowest('2a00:2000::1'), undefined)
  assert.equal(narrowest('::ffff:8.8.8.8'), '8.8.8.8/32', 'IPv4 as IPv6')
  assert.equal(narrowest('64:ff9b::808:808'), '8.8.8.8/32')
  assert.equal(narrowest('2002:808:808::1'), '8.8.8.8/32')
  assert.equal(index.addresses, 2 ** 24 + 1)
})

test('bits behind the length do not count, and what is there twice is once', () => {
  const index = indexOf(['8.8.8.77/24', '8.8.8.0/24', '8.8.8.0/24', '2a00::1:2/32', '2a00::/32'])
  assert.equal(index.size, 2)
  assert.deepEqual([index.textOf(0), index.textOf(1)], ['8.8.8.0/24', '2a00::/32'])
})

test('two networks touch where one lies in the other', () => {
  const index = indexOf(['8.8.8.0/24', '2a00:5::/32'])
  const touches = (network: string): boolean => {
    const words = empty()
    const length = readNetwork(network, words)
    return index.touches(words, length)
  }
  for (const network of [
    '8.8.8.0/24',
    '8.8.8.9',
    '8.0.0.0/8',
    '0.0.0.0/0',
    '8.8.8.99/20',
    '2a00::/19',
    '2a00:5:1::/48',
    '::/0',
  ])
    assert.ok(touches(network), network)
  for (const network of ['8.8.9.0/24', '8.8.7.0/24', '9.0.0.0/8', '2a00:4::/32', '2a00:6::/32', '8000::/1'])
    assert.ok(!touches(network), network)
})

test('what is no network is none', () => {
  for (const text of [
    '',
    '/',
    '1.2.3.4/',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/8 ',
    '1.2.3.4/8/8',
    '1.2.3/8',
    '::/129',
    '::g/8',
    '1.2.3.4/0x8',
    'fe80::1%eth0',
  ])
    assert.equal(readNetwork(text, empty()), -1, text)
})

for (const [family, bits, base] of [
  ['IPv4', 32, 4],
  ['IPv6', 64, 6],
] as const) {
  test(`${family}: four hundred nested networks, two thousand questions, the same answers as a search over all`, () => {
    const random = seeded(base)
    // Few bits differ, so that networks lie within each other.
    const address = (): string =>
      base === 4
        ? `20.${random(3)}.${random(3) * 100}.${random(256)}`
        : `2a00:${random(3)}:${(random(3) * 0x7000).toString(16)}:${random(5).toString(16)}::${random(9)}`
    const texts = Array.from({ length: 400 }, () => `${address()}/${8 + random(bits - 7)}`)
    const index = indexOf(texts)
    const plain = texts.map(text => ({ length: Number(text.split('/')[1]), network: parseNetwork(text)! }))
    let found = 0
    for (let question = 0; question < 2_000; question++) {
      const text = address()
      const words = empty()
      readSource(text, words)
      const at = index.find(words)
      const expected = Math.max(-1, ...plain.filter(each => each.network.includes(text)).map(each => each.length))
      assert.equal(at < 0 ? -1 : index.lengthOf(at), expected, text)
      if (at >= 0) {
        found++
        assert.ok(parseNetwork(index.textOf(at))?.includes(text), `${index.textOf(at)} ${text}`)
      }
    }
    assert.ok(found > 1_000 && texts.length > index.size, `${found} ${index.size}`)
  })
}
