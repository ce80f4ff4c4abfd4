/** Countries of addresses: well-known ones, those that have none, and data that is not there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGeography, type Geography } from './geography.ts'
import { packagedFiles, packagedSystems } from './packaged-files.ts'

const unexpected = (detail: string): never => assert.fail(detail)
const geography = createGeography({ onProblem: unexpected })

/** Whose they are has not changed for years: registries, universities, the large providers of a country. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  '8.8.8.8': 'US',
  '193.0.6.139': 'NL',
  '5.9.0.1': 'DE',
  '80.187.0.1': 'DE',
  '212.58.244.1': 'GB',
  '130.59.1.1': 'CH',
  '133.11.0.1': 'JP',
  '200.160.2.3': 'BR',
  '190.6.80.1': 'CU',
  '2001:4860:4860::8888': 'US',
  '2001:67c:2e8::1': 'NL',
  '2a02:8108::1': 'DE',
  '2a01:cb00::1': 'FR',
  '2804:14c::1': 'BR',
}

for (const [address, country] of Object.entries(WELL_KNOWN)) {
  test(`${address} is in ${country}`, () => assert.equal(geography.countryOfAddress(address), country))
}

test('however it is written, an address is where it is', () => {
  for (const text of ['::ffff:5.9.0.1', '::FFFF:0509:1', '2002:509:1::7', '64:ff9b::5.9.0.1']) {
    assert.equal(geography.countryOfAddress(text), 'DE', text)
  }
})

test('what is nobody’s or everybody’s has no country', () => {
  const nowhere =
    '10.1.2.3 172.16.0.1 192.168.1.1 127.0.0.1 169.254.1.1 100.64.0.1 192.0.2.1 203.0.113.5 224.0.0.1 255.255.255.255 0.0.0.0 240.0.0.1 ' +
    '::1 :: fe80::1 fe80::1%eth0 fd00::1 ff02::1 2001:db8::1 ::ffff:10.0.0.1 2002:a00:1::1 64:ff9b::10.0.0.1 3fff::1'
  for (const address of nowhere.split(' ')) assert.equal(geography.countryOfAddress(address), undefined, address)
})

test('what is no address has no country', () => {
  for (const text of [
    '',
    'localhost',
    '8.8.8',
    '8.8.8.8.8',
    '08.8.8.8',
    '0x08080808',
    '8.8.8.8:5060',
    '[2a02:8108::1]',
    '134744072',
    '8.8.8.8\n',
  ]) {
    assert.equal(geography.countryOfAddress(text), undefined, JSON.stringify(text))
  }
})

test('it says how old it is', () => {
  const { version, collectedAt, ranges } = geography.load()!
  assert.equal(version, packagedFiles().version)
  assert.ok(collectedAt! > Date.UTC(2026, 0, 1) && collectedAt! < Date.UTC(2100, 0, 1))
  assert.ok(ranges > 150_000, `${ranges}`)
})

function broken(change: (files: ReturnType<typeof packagedFiles>) => ReturnType<typeof packagedFiles>): {
  geography: Geography
  told: string[]
} {
  const told: string[] = []
  const small = {
    version: '1.0.2026010203',
    ipv4: text('84215040,84215295,DE\n'),
    ipv6: text('2a02::,2a02:0:0:0:ffff:ffff:ffff:ffff,NL\n'),
  }
  return { geography: createGeography({ files: () => change(small), onProblem: detail => told.push(detail) }), told }
}

const text = (content: string): Uint8Array => Buffer.from(content)

test('small files of the same form are read', () => {
  const { geography: small, told } = broken(files => files)
  assert.equal(small.countryOfAddress('5.5.5.5'), 'DE')
  assert.equal(small.countryOfAddress('2a02::9'), 'NL')
  assert.deepEqual(small.load(), { version: '1.0.2026010203', collectedAt: Date.UTC(2026, 0, 2, 3), ranges: 2 })
  assert.deepEqual(told, [])
})

test('a private address reads no file', () => {
  const closed = createGeography({ files: () => assert.fail('read'), onProblem: unexpected })
  assert.equal(closed.countryOfAddress('192.168.0.9'), undefined)
})

const faults: Readonly<Record<string, Parameters<typeof broken>[0]>> = {
  'no file': () => {
    throw new Error('ENOENT')
  },
  'an empty file': files => ({ ...files, ipv4: text('') }),
  'half a line': files => ({ ...files, ipv4: text('84215040,842') }),
  'a number too large': files => ({ ...files, ipv4: text('84215040,4294967296,DE\n') }),
  'no country': files => ({ ...files, ipv4: text('84215040,84215295,\n') }),
  'something after the country': files => ({ ...files, ipv4: text('84215040,84215295,DEU\n') }),
  'overlapping lines': files => ({ ...files, ipv4: text('84215040,84215295,DE\n84215295,84215300,NL\n') }),
  'lines in disorder': files => ({
    ...files,
    ipv6: text('2a03::,2a03:0:0:0:ffff:ffff:ffff:ffff,NL\n2a02::,2a02:0:0:0:ffff:ffff:ffff:ffff,DE\n'),
  }),
  'no address': files => ({ ...files, ipv6: text('2a02:::,2a02::1,NL\n') }),
  'a page of HTML': files => ({ ...files, ipv6: text('<!doctype html>\n') }),
}

for (const [name, change] of Object.entries(faults)) {
  test(`${name}: no address has a country, and it is said once`, () => {
    const { geography: without, told } = broken(change)
    for (const address of ['5.5.5.5', '2a02::9', '5.5.5.5']) assert.equal(without.countryOfAddress(address), undefined)
    assert.equal(without.load(), undefined)
    assert.equal(told.length, 1, told.join())
  })
}

/** Registries, universities and large providers, which announce these themselves. */
const SYSTEMS: Readonly<Record<string, number>> = {
  '8.8.8.8': 15_169,
  '193.0.6.139': 3_333,
  '5.9.0.1': 24_940,
  '130.59.1.1': 559,
  '133.11.0.1': 2_501,
  '2001:4860:4860::8888': 15_169,
  '2001:67c:2e8::1': 3_333,
  '2a01:4f8::1': 24_940,
}

for (const [address, as] of Object.entries(SYSTEMS)) {
  test(`${address} is in AS${as}, and in the country that it is in`, () => {
    const country = geography.countryOfAddress(address)
    assert.deepEqual(geography.networkOfAddress(address), { as, country })
  })
}

test('however it is written, an address is in its system; private addresses, and what is none, have no network', () => {
  for (const text of ['::ffff:5.9.0.1', '2002:509:1::7', '64:ff9b::5.9.0.1'])
    assert.equal(geography.networkOfAddress(text)?.as, 24_940, text)
  for (const text of ['10.1.2.3', '127.0.0.1', '::1', 'fe80::1', '192.0.2.1', '', 'localhost', '5.9.0.1:5060'])
    assert.equal(geography.networkOfAddress(text), undefined, text)
})

test('the table of systems says how old it is', () => {
  const { version, ranges } = geography.loadSystems()!
  assert.equal(version, packagedSystems().version)
  assert.ok(ranges > 400_000, `${ranges}`)
})

test('where one table is broken or missing the other is used, and that is said once', () => {
  const told: string[] = []
  const good = {
    version: '1.0.2026010203',
    ipv4: text('84215040,84215295,DE\n'),
    ipv6: text('2a02::,2a02:0:0:0:ffff:ffff:ffff:ffff,NL\n'),
  }
  const withoutSystems = createGeography({
    files: () => good,
    systems: () => {
      throw new Error('ENOENT')
    },
    onProblem: detail => told.push(detail),
  })
  for (let round = 0; round < 3; round++)
    assert.deepEqual(withoutSystems.networkOfAddress('5.5.5.5'), { as: undefined, country: 'DE' })
  assert.equal(withoutSystems.loadSystems(), undefined)
  assert.deepEqual(told, ['autonomous systems: cannot be read: ENOENT'])
  const withoutCountries = createGeography({
    files: () => ({ ...good, ipv4: text('<html>') }),
    systems: () => ({
      ...good,
      ipv4: text('84215040,84215295,64500,Somebody\n'),
      ipv6: text('2a02::,2a02::ffff:ffff:ffff:ffff,64501\n'),
    }),
    onProblem: detail => told.push(detail),
  })
  assert.deepEqual(withoutCountries.networkOfAddress('5.5.5.5'), { as: 64_500, country: undefined })
  assert.deepEqual(withoutCountries.networkOfAddress('2a02::7'), { as: 64_501, country: undefined })
  assert.equal(told.length, 2)
})
