import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OrganisationId } from '../base/ids.ts'
import type { OrganisationCalling } from '../directory/calling.ts'
import { createFakeDirectory } from '../directory/fake-directory.ts'
import { generator, seedOfRun } from '../../test/support/phone-numbers.ts'
import { createDestinationRanges } from './destination-class.ts'
import { routeDialled } from './route-dialled.ts'
import type { Route } from './types.ts'

function worldOf(calling: Partial<OrganisationCalling> = {}): (dialled: string) => Route {
  const directory = createFakeDirectory({
    extensions: ['101', '030', 'reception.desk', '*71'],
    groups: [{ number: '600' }],
    numbers: [{ e164: '+4930901820' }],
    calling,
  })
  return dialled => routeDialled(directory, directory.organisation.id, dialled)
}

function shown(route: Route): string {
  if (route.kind === 'extension') return `extension ${route.extension.number}`
  if (route.kind === 'group') return `group ${route.group.number}`
  if (route.kind === 'owned') return `owned ${route.number.e164}`
  if (route.kind === 'feature') return `${route.feature} ${route.argument}`.trim()
  if (route.kind === 'external') return `${route.e164} ${route.country} ${route.class}`
  if (route.kind === 'denied') return route.rule
  return `${route.kind} ${route.number}`
}

test('our own come before the world, help before all', () => {
  const route = worldOf()
  const expected: Readonly<Record<string, string>> = {
    '101': 'extension 101',
    '1-0-1': 'extension 101',
    '101;phone-context=example.com': 'extension 101',
    '１０１': 'extension 101',
    '030': 'extension 030',
    'reception.desk': 'extension reception.desk',
    '600': 'group 600',
    '*71': 'extension *71',
    '*8': 'pick-up',
    '*8101': 'pick-up 101',
    '*70': 'park',
    '*717': 'retrieve 7',
    '*43': 'ROUTE_MALFORMED',
    '*431': 'ROUTE_MALFORMED',
    '*99': 'ROUTE_MALFORMED',
    '112': 'emergency 112',
    '110': 'emergency 110',
    '030901820': 'owned +4930901820',
    '+49 30 901820': 'owned +4930901820',
    '030 901821': '+4930901821 DE ordinary',
    '+442079460018': 'ROUTE_COUNTRY_CLOSED',
    '00442079460018': 'ROUTE_COUNTRY_CLOSED',
    '0900 1234567': 'ROUTE_CLASS_CLOSED',
    '+881612345678': 'ROUTE_CLASS_CLOSED',
    '+211912345678': 'ROUTE_COUNTRY_CLOSED',
    '102': 'ROUTE_INVALID_NUMBER',
    ada: 'ROUTE_UNKNOWN',
    '': 'ROUTE_MALFORMED',
    '101@example.com': 'ROUTE_MALFORMED',
  }
  for (const [dialled, kind] of Object.entries(expected)) assert.equal(shown(route(dialled)), kind, dialled)
  assert.equal(shown(route('x'.repeat(10_000))), 'ROUTE_UNKNOWN')
  assert.equal(shown(route('1'.repeat(100))), 'ROUTE_INVALID_NUMBER')
})

test('a closed destination says which number it is', () => {
  const route = worldOf()('+44 20 7946 0018')
  assert.ok(route.kind === 'denied')
  assert.deepEqual(route.external, { e164: '+442079460018', country: 'GB', class: 'ordinary' })
  assert.equal(route.reason, 'calls to United Kingdom are closed; an administrator can open the country')
})

test('countries and classes that are open, each for itself', () => {
  const open = worldOf({ openCountries: ['DE', 'GB', 'TV'], openClasses: ['special-service'] })
  assert.equal(shown(open('+442079460018')), '+442079460018 GB ordinary')
  assert.equal(shown(open('+447781123456')), 'ROUTE_COUNTRY_CLOSED')
  assert.equal(shown(open('+447012345678')), '+447012345678 GB special-service')
  assert.equal(shown(open('+68820123')), 'ROUTE_CLASS_CLOSED')
  assert.equal(shown(open('+881612345678')), 'ROUTE_CLASS_CLOSED')
  const fraudProne = worldOf({ openCountries: ['DE', 'TV'], openClasses: ['fraud-prone'] })
  assert.equal(shown(fraudProne('+68820123')), '+68820123 TV fraud-prone')
  assert.equal(shown(fraudProne('+881612345678')), '+881612345678 undefined fraud-prone')
  assert.equal(shown(fraudProne('0900 1234567')), 'ROUTE_CLASS_CLOSED')
  assert.equal(shown(worldOf({ openCountries: [] })('030 901821')), 'ROUTE_COUNTRY_CLOSED')
})

test('the home country is what its plan says, not what its calling code says', () => {
  const us = worldOf({ country: 'US', openCountries: ['US'] })
  assert.equal(shown(us('12125551234')), '+12125551234 US ordinary')
  for (const island of ['18765551234', '18095551234', '12423591234', '17875551234', '14165551234'])
    assert.equal(shown(us(island)), 'ROUTE_COUNTRY_CLOSED', island)
  assert.equal(shown(us('19005551234')), 'ROUTE_CLASS_CLOSED')
  assert.equal(shown(us('12129761234')), 'ROUTE_CLASS_CLOSED')
  assert.equal(shown(us('18005551234')), '+18005551234 US ordinary')
})

test('kinds of numbers that cost more somewhere, and what costs nothing more', () => {
  const open = worldOf({ openCountries: ['DE', 'GB', 'FR', 'NL', 'AU', 'CH'] })
  for (const ordinary of [
    '+443456789012',
    '+33912345678',
    '+31881234567',
    '+498001234567',
    '+491711234567',
    '+41791234567',
  ])
    assert.equal(open(ordinary).kind, 'external', ordinary)
  const special = ['+447012345678', '+448712345678', '+449012345678', '+33899123456', '+491805123456']
  for (const number of [...special, '+4970012345678', '+61131234', '+41900123456', '+31900123456'])
    assert.equal(shown(open(number)), 'ROUTE_CLASS_CLOSED', number)
})

test('in a country that is fraud-prone to others, its own numbers are ordinary', () => {
  assert.equal(shown(worldOf({ country: 'TV', openCountries: ['TV'] })('20123')), '+68820123 TV ordinary')
  assert.equal(shown(worldOf({ country: 'NF', openCountries: ['NF'] })('322123')), '+672322123 NF ordinary')
})

test('a number of another organisation is outside', () => {
  const directory = createFakeDirectory({
    numbers: [{ e164: '+4930901820', organisationId: 'other' as OrganisationId }],
  })
  assert.equal(shown(routeDialled(directory, directory.organisation.id, '030901820')), '+4930901820 DE ordinary')
})

test('an extension never shadows a call for help, but 112 abroad may be an extension', () => {
  const directory = createFakeDirectory({ extensions: ['110', '0110', '911'], calling: { outsidePrefix: '0' } })
  const route = (dialled: string): string => shown(routeDialled(directory, directory.organisation.id, dialled))
  assert.equal(route('110'), 'emergency 110')
  assert.equal(route('0110'), 'emergency 110')
  assert.equal(route('911'), 'extension 911')
  assert.equal(route('0911'), 'emergency 112')
})

test('a directory that fails still lets people call for help', () => {
  const fail = (): never => {
    throw new Error('no directory')
  }
  const broken = { callingOf: fail, extensionByNumber: fail, groupByNumber: fail, ownedNumber: fail }
  for (const dialled of ['112', '911', '999', '+112'])
    assert.equal(routeDialled(broken, 'o1' as OrganisationId, dialled).kind, 'emergency', dialled)
})

test('whatever is dialled, there is an answer', () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  const alphabet = '0123456789+*#;=@ .-()%abc\0\u00e9\uff11\u0663\u{1d7d0}'
  const route = worldOf({ outsidePrefix: '0', areaCode: '30' })
  for (let run = 0; run < 5000; run++) {
    const dialled = Array.from({ length: pick(30) }, () => [...alphabet][pick([...alphabet].length)]).join('')
    const found = route(dialled)
    if (found.kind === 'denied') assert.ok(found.reason.length > 5, `SEED=${seed} ${JSON.stringify(dialled)}`)
  }
})

test('prefixes that come from outside count before what the product knows', () => {
  const directory = createFakeDirectory({})
  const ranges = createDestinationRanges([
    ['4930', 'special-service'],
    ['49309', 'ordinary'],
    ['4989', 'fraud-prone'],
  ])
  const route = (dialled: string): string => shown(routeDialled(directory, directory.organisation.id, dialled, ranges))
  assert.equal(route('030123456'), 'ROUTE_CLASS_CLOSED')
  assert.equal(route('030901820'), '+4930901820 DE ordinary')
  assert.equal(route('0891234567'), 'ROUTE_CLASS_CLOSED')
  const premium = createDestinationRanges([['49900', 'ordinary']])
  assert.equal(shown(routeDialled(directory, directory.organisation.id, '0900 1234567', premium)), 'ROUTE_CLASS_CLOSED')
})
