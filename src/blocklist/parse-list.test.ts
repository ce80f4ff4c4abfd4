/** Lists in the forms that their publishers document, and what comes instead of a list. Every network here is made up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAcceptable } from './acceptable.ts'
import { readNetwork, readSource, type Words } from './network-index.ts'
import { type ParsedList, parseList, parseListInSteps } from './parse-list.ts'
import type { ListForm } from './types.ts'

const acceptable = createAcceptable(['45.0.5.0/24', '2a05:5::/32'])

function parse(form: ListForm, text: string, isWhole = true) {
  return parseList(form, Buffer.from(text), { acceptable, isWhole })
}

function parsed(form: ListForm, text: string): ParsedList {
  const result = parse(form, text)
  assert.ok(result.ok, result.ok ? '' : result.error)
  return result.value
}

function find({ index }: ParsedList, address: string): string | undefined {
  const words: Words = { family: 4, high: 0, low: 0 }
  assert.ok(readSource(address, words))
  const at = index.find(words)
  return at < 0 ? undefined : index.textOf(at)
}

const NETSET = `#
# example_level9
#
# ipv4 hash:net ipset
#
# Maintainer      : Somebody
# Source File Date: Sun Nov 22 04:14:54 UTC 2026
#
# Entries         : 4 subnets, 1282 unique IPs
#
10.0.0.0/8
45.1.16.0/22
45.2.75.0/24
224.0.0.0/3
46.8.8.8
`

test("FireHOL's netset: networks and addresses, comments; private and reserved ones are left out and said", () => {
  const list = parsed('cidr', NETSET)
  assert.equal(list.index.size, 3)
  assert.equal(list.skipped, 2)
  assert.equal(list.remark, '2 left out: private or reserved')
  assert.equal(find(list, '45.1.19.255'), '45.1.16.0/22')
  assert.equal(find(list, '46.8.8.8'), '46.8.8.8/32')
  assert.equal(find(list, '10.1.2.3'), undefined)
})

test('plain lists: CRLF, blanks, comments behind an address, a byte order mark, both families', () => {
  const list = parsed('cidr', '\uFEFF45.1.2.3\r\n\r\n  45.2.0.0/16\t; why\r\n2a00:1::/32 # IPv6\r\n45.3.3.3#x\r\n')
  assert.equal(list.index.size, 4)
  assert.equal(find(list, '2a00:1:2::3'), '2a00:1::/32')
})

test('Spamhaus DROP: the text with its SBL numbers, and JSON lines that end in one of type metadata', () => {
  const text = `; Spamhaus DROP List 2026/11/22 - (c) somebody\n; Expires: Mon, 23 Nov 2026\n45.1.16.0/20 ; SBL000001\n45.7.0.0/17 ; SBL000002\n; EOF\n`
  assert.equal(parsed('drop', text).index.size, 2)
  const lines = `{"cidr":"45.1.16.0/20","sblid":"SBL000001","rir":"ripencc"}\n{"cidr":"2a0a:e480::\\/29","sblid":"SBL000003","rir":"ripencc"}\n{"type":"metadata","timestamp":1790072042,"size":140,"records":2,"copyright":"(c) somebody","terms":"https://lists.example/terms/"}\n`
  const list = parsed('drop', lines)
  assert.equal(list.index.size, 2)
  assert.equal(find(list, '2a0a:e480::1'), '2a0a:e480::/29')
  assert.match(error('drop', lines.split('\n').slice(0, 2).join('\n')), /type metadata, is missing/)
  assert.match(error('drop', lines.replace('"records":2', '"records":900')), /2 networks of the 900/)
  assert.match(error('drop', lines + lines), /line 4 stands after the last one/)
  assert.match(error('drop', '{"asn":64500,"rir":"arin"}\n{"type":"metadata"}\n'), /line 1 has no cidr/)
  assert.match(error('drop', '{"cidr":"45.1.16.0/20"'), /line 1 is no JSON object/)
})

test('APIBAN: addresses and the ID of the next batch; its words for what is wrong are told', () => {
  assert.equal(parsed('apiban', '{"ipaddress":["45.1.2.3","45.1.2.4"],"ID":"100000001"}').index.size, 2)
  assert.match(error('apiban', '{"ipaddress":"rate limit exceeded","ID":"unauthorized"}'), /says "rate limit exceeded"/)
  assert.match(error('apiban', '{"ipaddress":["no new bans"],"ID":"none"}'), /address 1 is no network: "no new bans"/)
  assert.match(error('apiban', '{"ipaddress":["45.1.2.3",'), /no JSON/)
  assert.match(error('apiban', '{"ipaddress":[7],"ID":"1"}'), /no text/)
  assert.match(error('apiban', '["45.1.2.3"]'), /no JSON object/)
  assert.match(error('apiban', '{"__proto__":{"ipaddress":["45.1.2.3"]}}'), /no list named/)
})

function error(form: ListForm, text: string, isWhole = true): string {
  const result = parse(form, text, isWhole)
  assert.ok(!result.ok, 'it was believed')
  return result.error
}

const GOOD = '45.1.0.0/16\n'
for (const [what, text, words] of [
  ['nothing', '', /is empty/],
  ['blank lines', '\n\n  \n', /is empty/],
  ['comments alone', '# a\n; b\n', /names no network/],
  ['a web page', '\n<!DOCTYPE html><html><body>503</body></html>', /web page/],
  ['a web page behind networks', `${GOOD}<html>\n`, /line 2 is no network: "<html>"/],
  ['everybody', `${GOOD}0.0.0.0/0\n`, /line 2 is as wide as \/0/],
  ['everybody on IPv6', `${GOOD}::/0\n`, /as wide as \/0/],
  ['half of everybody', `${GOOD}128.0.0.0/1\n`, /as wide as \/1/],
  ['a /7', `${GOOD}44.0.0.0/7\n`, /as wide as \/7/],
  ['a /18 of IPv6', `${GOOD}2a00::/18\n`, /as wide as \/18/],
  ['all that is given out of IPv6', `${GOOD}2000::/3\n`, /as wide as \/3/],
  [
    'more than an eighth, piece by piece',
    Array.from({ length: 33 }, (_, at) => `${at + 50}.0.0.0/8\n`).join(''),
    /an eighth of the internet/,
  ],
  ['only private networks', '10.0.0.0/8\n192.168.1.1\nfd00::/8\n127.0.0.1\n', /nothing of it can be used: 4 left out/],
  ['names', 'scanner.example\n', /line 1 is no network/],
  ['control characters', '\u0000\u001b[2J\n', /no network: "\?\?\[2J"/],
  ['a line without end', 'x'.repeat(5_000), /longer than 4096/],
  ['half of what it promises', NETSET.replace('4 subnets', '9 subnets'), /5 networks of the 9/],
] as const) {
  test(`refused: ${what}`, () => assert.match(error('cidr', text), words))
}

test('a text that stops within a line is refused, unless the transport said where it ends', () => {
  assert.match(error('cidr', '45.1.0.0/16\n45.2.0.0/1', false), /half a list/)
  assert.equal(parsed('cidr', '45.1.0.0/16\n45.2.0.0/16').index.size, 2)
})

test('our own networks, and what lies around or in them, are left out and said', () => {
  const list = parsed('cidr', '45.0.5.7\n45.0.0.0/16\n45.0.5.0/25\n2a05::/20\n2a05:5:1::1\n45.9.0.0/16\n')
  assert.equal(list.index.size, 1)
  assert.equal(list.remark, '5 left out: networks of ours')
})

test('of a network that is taken, what is special within it is not found to be bannable', () => {
  parsed('cidr', '192.0.0.0/8\n')
  const words: Words = { family: 4, high: 0, low: 0 }
  for (const [address, isBannable] of [
    ['192.168.1.1', false],
    ['192.0.2.1', false],
    ['192.1.1.1', true],
    ['45.0.5.1', false],
    ['2a05:5::1', false],
    ['2a05:6::1', true],
    ['fe80::1', false],
    ['::1', false],
  ] as const) {
    readSource(address, words)
    assert.equal(acceptable.isBannable(words), isBannable, address)
  }
})

test('a million networks are read, one more is not', () => {
  const line = (at: number): string => `${20 + (at >> 18)}.${(at >> 10) & 255}.${(at >> 2) & 255}.${(at & 3) * 64}/26\n`
  const text = Array.from({ length: 1_000_000 }, (_, at) => line(at)).join('')
  assert.equal(parsed('cidr', text).index.size, 1_000_000)
  assert.match(error('cidr', `${text}99.0.0.0/24\n`), /line 1000001 is one more than 1000000/)
  assert.match(error('cidr', '#'.repeat(40) + '\n'.repeat(2_100_000)), /more than 2000000 lines/)
  assert.match(error('cidr', ' '.repeat(33 * 2 ** 20)), /larger than 32 MB/)
})

test('in steps it is the same list, and others get their turn meanwhile', async () => {
  const text = Array.from(
    { length: 200_000 },
    (_, at) => `${20 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}.0/24\n`,
  ).join('')
  let turns = 0
  const timer = setInterval(() => turns++, 0)
  const result = await parseListInSteps('cidr', Buffer.from(text), { acceptable, isWhole: true })
  clearInterval(timer)
  assert.ok(result.ok)
  assert.deepEqual([result.value.index.size, result.value.skipped], [parsed('cidr', text).index.size, 0])
  assert.ok(turns > 3, `${turns}`)
})

test('a list that is changed at random is read or refused: nothing is thrown, and nothing that is taken is private, ours or wide', () => {
  let state = 7
  const random = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
  const drop = '{"cidr":"45.1.16.0/20","sblid":"SBL1"}\n{"cidr":"2a0a:e480::/29"}\n{"type":"metadata","records":2}\n'
  const apiban = '{"ipaddress":["45.1.2.3","2a00:1::9","1.2.3.4"],"ID":"100"}'
  const seeds = [
    ['cidr', NETSET],
    ['drop', drop],
    ['apiban', apiban],
  ] as const
  const pieces = [
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/8',
    '45.0.5.9',
    '/',
    '8',
    '{',
    '"',
    '\n',
    '\u0000',
    '#',
    '::',
    '1'.repeat(50),
    '45.0.0.0/8',
  ]
  let taken = 0
  for (let round = 0; round < 20_000; round++) {
    const [form, seed] = seeds[random(3)]!
    let text: string = seed
    for (let change = random(3); change >= 0; change--) {
      const at = random(text.length)
      text = text.slice(0, at) + (random(2) === 0 ? pieces[random(pieces.length)]! : '') + text.slice(at + random(4))
    }
    const result = parse(form, text, random(2) === 0)
    if (!result.ok) continue
    taken++
    const { index } = result.value
    for (let at = 0; at < index.size; at++) {
      const network = index.textOf(at)
      const words: Words = { family: 4, high: 0, low: 0 }
      assert.equal(acceptable.of(words, readNetwork(network, words)), 'taken', `${network} of ${JSON.stringify(text)}`)
    }
  }
  assert.ok(taken > 1_000, `${taken}`)
})
