/** The table against a reader that is slow and simple. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import ipaddr from 'ipaddr.js'
import { packagedFiles, packagedSystems } from './packaged-files.ts'
import { countryOfCode, findIPv4, findIPv6, parseRangesIPv4, parseRangesIPv6 } from './ranges.ts'

const files = packagedFiles()
const NOBODY = new Set(['EU', 'AP', 'ZZ'])
/** Each so manieth line, and the first and the last. */
const STEP = 37

function* linesOf(bytes: Uint8Array): Generator<[string, string, string]> {
  const lines = Buffer.from(bytes).toString().trim().split('\n')
  for (const [index, line] of lines.entries()) {
    if (index % STEP === 0 || index === lines.length - 1) yield line.trim().split(',') as [string, string, string]
  }
}

test('IPv4: each end of a range is in it, and in its country', () => {
  const ranges = parseRangesIPv4(files.ipv4)
  assert.ok(ranges.ok)
  for (const [first, last, country] of linesOf(files.ipv4)) {
    const expected = NOBODY.has(country) ? undefined : country
    for (const value of [first, last])
      assert.equal(countryOfCode(findIPv4(ranges.value, Number(value))), expected, first)
  }
  assert.equal(findIPv4(ranges.value, 0), 0)
  assert.equal(findIPv4(ranges.value, 0xffffffff), 0)
})

test('IPv6: the same, by the parser of a library', () => {
  const ranges = parseRangesIPv6(files.ipv6)
  assert.ok(ranges.ok)
  for (const [first, last, country] of linesOf(files.ipv6)) {
    const expected = NOBODY.has(country) ? undefined : country
    for (const text of [first, last]) {
      const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv6.parse(text).parts
      const code = findIPv6(ranges.value, a * 0x10000 + b, c * 0x10000 + d)
      assert.equal(countryOfCode(code), expected, text)
    }
  }
  assert.equal(findIPv6(ranges.value, 0, 0), 0)
  assert.equal(findIPv6(ranges.value, 0xffffffff, 0xffffffff), 0)
})

const ipv6 = (text: string): ReturnType<typeof parseRangesIPv6> => parseRangesIPv6(Buffer.from(text))

test('IPv6 addresses in every form of writing', () => {
  const whole = 'ffff:ffff:ffff:ffff'
  for (const [first, high, low] of [
    ['2A02:0db8:0:0:0:0:0:0', 0x2a020db8, 0],
    ['2a02:db8:0:7::', 0x2a020db8, 7],
    ['2a02::7:0:0:0:0', 0x2a020000, 7],
    ['1:2:3:4::', 0x10002, 0x30004],
    ['::1:0:0:0:0', 0, 1],
  ] as const) {
    const read = ipv6(`${first},2a02:db8:0:7:${whole},NL`)
    assert.ok(read.ok, first)
    assert.deepEqual([read.value.firstHigh[0], read.value.firstLow[0]], [high, low], first)
  }
})

test('what is no IPv6 address is refused, as the library does', () => {
  for (const text of [
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '1:2:3:4:5:6:7:',
    ':1:2:3:4:5:6:7',
    'g::',
    '1::2:',
    '1:2:3:4:5:6:7:8::',
  ]) {
    assert.equal(ipaddr.IPv6.isValid(text), false, text)
    assert.equal(ipv6(`${text},ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,NL\n`).ok, false, text)
  }
})

test('a range within a /64 is nobody’s country, and regions are none', () => {
  const read = ipv6(
    '2a02::,2a02::ff,NL\n2a02:1::,2a02:1:ffff:ffff:ffff:ffff:ffff:ffff,EU\n2a02:2::,2a02:2:ffff:ffff:ffff:ffff:ffff:ffff,DE\r\n',
  )
  assert.ok(read.ok)
  assert.equal(read.value.value.length, 2)
  assert.deepEqual([0x2a020000, 0x2a020001, 0x2a020002].map(high => findIPv6(read.value, high, 0)).map(countryOfCode), [
    undefined,
    undefined,
    'DE',
  ])
})

const systems = packagedSystems()

test('autonomous systems, IPv4: each end of a range is in it', () => {
  const ranges = parseRangesIPv4(systems.ipv4, 'system')
  assert.ok(ranges.ok, ranges.ok ? '' : ranges.error)
  let seen = 0
  for (const [first, last, system] of linesOf(systems.ipv4)) {
    for (const value of [first, last]) assert.equal(findIPv4(ranges.value, Number(value)), Number(system), first)
    seen++
  }
  assert.ok(seen > 5_000, `${seen}`)
})

test('autonomous systems, IPv6: the same, of what is not narrower than /64', () => {
  const ranges = parseRangesIPv6(systems.ipv6, 'system')
  assert.ok(ranges.ok, ranges.ok ? '' : ranges.error)
  let seen = 0
  for (const [first, last, system] of linesOf(systems.ipv6)) {
    if (
      !last.endsWith(':ffff:ffff:ffff:ffff') ||
      ipaddr.IPv6.parse(first)
        .parts.slice(4)
        .some(part => part !== 0)
    )
      continue
    const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv6.parse(last).parts
    assert.equal(findIPv6(ranges.value, a * 0x10000 + b, c * 0x10000 + d), Number(system), first)
    seen++
  }
  assert.ok(seen > 1_000, `${seen}`)
})

test('a system is a number of 32 bits; what follows it in the line is not read', () => {
  const system = (text: string): number | string => {
    const read = parseRangesIPv4(Buffer.from(text), 'system')
    return read.ok ? findIPv4(read.value, 5) : read.error
  }
  for (const text of [
    '1,9,64500\n',
    '1,9,64500',
    '1,9,64500\r\n',
    '1,9,64500,"Somebody, Inc."\n',
    '1,9,64500,\u00fc\n10,11,7\n',
  ])
    assert.equal(system(text), 64_500, text)
  assert.equal(system('1,9,4294967295\n'), 4_294_967_295)
  for (const text of [
    '1,9,4294967296\n',
    '1,9,\n',
    '1,9,AS64500\n',
    '1,9,-1\n',
    '1,9\n',
    '1,9,64500 x\n',
    '1,9,7,"a\nb"\n',
  ])
    assert.match(String(system(text)), /is broken/, text)
})

test('of systems that overlap the first counts; a table of overlaps is no table', () => {
  const read = parseRangesIPv4(Buffer.from('1,9,1\n5,20,2\n6,7,3\n30,40,4\n'), 'system')
  assert.ok(read.ok)
  assert.deepEqual(
    [9, 10, 20, 21, 30].map(address => findIPv4(read.value, address)),
    [1, 2, 2, 0, 4],
  )
  const many = parseRangesIPv4(Buffer.from(`1,99,1\n${'50,60,2\n'.repeat(101)}`), 'system')
  assert.ok(!many.ok && /line 102 is not in order/.test(many.error))
})
