/** Addresses as numbers, against Node's own judgement of what an address is. */
import assert from 'node:assert/strict'
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { test } from 'node:test'
import { ipv4Word, ipv6Words, textOfIPv4, textOfIPv6 } from './address-words.ts'

/** A seeded generator (mulberry32): the same cases in every run. */
function seeded(seed: number): (bound: number) => number {
  let state = seed
  return bound => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

test('an IPv4 address is its 32 bits, and nothing else is one', () => {
  assert.equal(ipv4Word('192.0.2.1'), 0xc0000201)
  assert.equal(ipv4Word('255.255.255.255'), 0xffffffff)
  assert.equal(ipv4Word('x192.0.2.1/24', 1, 10), 0xc0000201)
  assert.equal(textOfIPv4(0xc0000201), '192.0.2.1')
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1..2.3',
    '1.2.3.-1',
    '0x1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.٤',
  ])
    assert.equal(ipv4Word(text), -1, text)
})

test('an IPv6 address is its four words', () => {
  const words = new Uint32Array(4)
  const hex = (text: string): string | false =>
    ipv6Words(text, words) && [...words].map(word => word.toString(16).padStart(8, '0')).join(' ')
  assert.equal(hex('2001:db8::1'), '20010db8 00000000 00000000 00000001')
  assert.equal(hex('::'), '00000000 00000000 00000000 00000000')
  assert.equal(hex('1::'), '00010000 00000000 00000000 00000000')
  assert.equal(hex('1:2:3:4:5:6:7:8'), '00010002 00030004 00050006 00070008')
  assert.equal(hex('1:2:3:4:5:6:7::'), '00010002 00030004 00050006 00070000')
  assert.equal(hex('::ffff:192.0.2.1'), '00000000 00000000 0000ffff c0000201')
  assert.equal(textOfIPv6(0x20010db8, 0), '2001:db8::')
  for (const text of ['2001:db8:0:1::', '2001:db8:1::', '2001::', '::', '0:0:0:1::', '0:0:1::', '0:1::', '1:2:3:4::']) {
    assert.ok(ipv6Words(text, words))
    assert.equal(textOfIPv6(words[0]!, words[1]!), text)
  }
})

test('for a hundred thousand texts that are nearly addresses it says what Node says', () => {
  const random = seeded(7)
  const pick = (parts: readonly string[]): string => parts[random(parts.length)]!
  const words = new Uint32Array(4)
  let addresses = 0
  for (let round = 0; round < 100_000; round++) {
    let text = ''
    const length = 1 + random(17)
    for (let part = 0; part < length; part++)
      text += pick([':', ':', ':', '::', '.', '0', '1', 'ab', 'FFFF', '255', '256', '00', '12.34.56.78', '1:2:3:', 'g'])
    assert.equal(ipv4Word(text) >= 0, isIPv4(text), text)
    const isAddress = ipv6Words(text, words)
    assert.equal(isAddress, isIPv6(text), text)
    if (!isAddress) continue
    addresses++
    const again = [...words]
      .flatMap(word => [word >>> 16, word & 0xffff])
      .map(group => group.toString(16))
      .join(':')
    assert.equal(
      new SocketAddress({ address: again, family: 'ipv6' }).address,
      new SocketAddress({ address: text, family: 'ipv6' }).address,
      text,
    )
  }
  assert.ok(addresses > 300, String(addresses))
})
