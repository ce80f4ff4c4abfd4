import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getCountries } from 'libphonenumber-js/max'
import { countryOfDomain, isCountry } from './default-calling.ts'
import type { CallingChange, ExtensionCallingChange } from './outside-changes.ts'
import { ACTOR, accepted, codeOf, refusal, startDirectory } from './test-support/started-directory.ts'

const E164 = '+4930123456'
const LOCATION =
  '<?xml version="1.0"?>\n<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:pbx@example.com"><tuple id="a"/></presence>'

test('a new organisation calls its own country and nobody else; nothing is forwarded outside', async () => {
  const { directory } = await startDirectory()
  const calling = directory.callingOf(directory.primary.id)
  assert.deepEqual(
    [calling.country, calling.openCountries, calling.openClasses, calling.offNetForwarding, calling.schedule.hours],
    ['DE', ['DE'], [], false, []],
  )
  const configured = await startDirectory({ country: 'AT' })
  assert.equal(configured.directory.callingOf(configured.directory.primary.id).country, 'AT')
})

test('the country of a domain, unless its top level is sold to everybody', () => {
  const domains = [
    'pbx.example.de',
    'PBX.EXAMPLE.CO.UK.',
    'a.example.com',
    'b.io',
    'c.tv',
    'd.eu',
    'pbx.internal',
    'e.zz',
    'xx',
  ]
  assert.deepEqual(domains.map(countryOfDomain), ['DE', 'GB', 'US', 'US', 'US', 'US', 'US', 'US', 'US'])
})

test('countries are those that have numbers', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const known = letters.flatMap(first => letters.map(second => first + second)).filter(isCountry)
  assert.deepEqual(known, getCountries().toSorted())
})

test('what changes is told with before and after, and kept', async () => {
  const { directory, published, restarted } = await startDirectory()
  await accepted(directory.addNumber({ e164: E164, target: { kind: 'reject' } }, ACTOR))
  published.length = 0
  const change: CallingChange = {
    outsidePrefix: '0',
    openCountries: ['DE', 'AT'],
    defaultCallerId: E164,
    offNetForwarding: true,
    schedule: { timeZone: 'Europe/Berlin', hours: [{ days: [1, 2, 3, 4, 5], from: '09:00', to: '17:30' }] },
    emergencyLocation: LOCATION,
    emergencyNotify: ['101'],
  }
  const { timeZone } = directory.callingOf(directory.primary.id).schedule
  const calling = await accepted(directory.changeCalling(change, ACTOR))
  await accepted(directory.changeCalling(change, ACTOR))
  assert.deepEqual(directory.callingOf(directory.primary.id), calling)
  assert.deepEqual((await restarted()).callingOf(directory.primary.id), calling)
  assert.deepEqual(
    published.map(event => event.data),
    [
      {
        actor: ACTOR,
        changed: [
          { field: 'outsidePrefix', before: '-', after: '0' },
          { field: 'openCountries', before: 'DE', after: 'DE, AT' },
          { field: 'defaultCallerId', before: '-', after: E164 },
          { field: 'offNetForwarding', before: 'no', after: 'yes' },
          { field: 'emergencyLocation', before: '-', after: `a document of ${LOCATION.length} characters` },
          { field: 'emergencyNotify', before: '-', after: '101' },
          ...(timeZone === 'Europe/Berlin' ? [] : [{ field: 'timeZone', before: timeZone, after: 'Europe/Berlin' }]),
          { field: 'hours', before: '-', after: '1 2 3 4 5 09:00-17:30' },
        ],
      },
    ],
  )
})

test('who moves calls home where that is now, and no extension may have its emergency numbers', async () => {
  const { directory } = await startDirectory()
  await accepted(directory.changeCalling({ openCountries: ['DE', 'AT'] }, ACTOR))
  assert.deepEqual((await accepted(directory.changeCalling({ country: 'FR' }, ACTOR))).openCountries, ['FR', 'AT'])
  await accepted(directory.addExtension({ number: '911', name: 'A' }, ACTOR))
  const refused = await refusal(directory.changeCalling({ country: 'US' }, ACTOR))
  assert.equal(refused.code, 'DIRECTORY_EMERGENCY_NUMBER')
  assert.match(refused.message, /911/)
})

test('no extension has an emergency number behind the prefix of outside numbers', async () => {
  const { directory } = await startDirectory()
  await accepted(directory.addExtension({ number: '0112', name: 'A' }, ACTOR))
  assert.equal(await codeOf(directory.changeCalling({ outsidePrefix: '0' }, ACTOR)), 'DIRECTORY_EMERGENCY_NUMBER')
  await accepted(directory.changeCalling({ outsidePrefix: '9' }, ACTOR))
  assert.equal(await codeOf(directory.addExtension({ number: '9110', name: 'A' }, ACTOR)), 'DIRECTORY_EMERGENCY_NUMBER')
  await accepted(directory.addExtension({ number: '8110', name: 'A' }, ACTOR))
})

test('settings of the organisation that are malformed', async () => {
  const { directory } = await startDirectory()
  const hours = (days: number[], from: string, to: string) => ({ schedule: { hours: [{ days, from, to }] } })
  const bad: readonly CallingChange[] = [
    ...['', 'de', 'ZZ', 'EU', 'DEU', 'D\n'].map(country => ({ country })),
    { outsidePrefix: '' },
    { outsidePrefix: '12345' },
    { outsidePrefix: 'a' },
    { areaCode: '1234567' },
    { openCountries: ['DE', 'DE'] },
    { openCountries: ['XX'] },
    { openClasses: ['emergency' as 'fraud-prone'] },
    ...['', 'Mars/Olympus', '+01:00', 'Europe/Berlin\n', 'x'.repeat(99)].map(timeZone => ({ schedule: { timeZone } })),
    hours([], '09:00', '17:00'),
    hours([0], '09:00', '17:00'),
    hours([8], '09:00', '17:00'),
    hours([1, 1], '09:00', '17:00'),
    hours([1], '17:00', '09:00'),
    hours([1], '9:00', '17:00'),
    hours([1], '09:60', '17:00'),
    hours([1], '24:00', '24:00'),
    hours([1], '09:00', '24:01'),
    ...['2026-02-29', '2026-13-01', '26-12-25', ''].map(date => ({ schedule: { holidays: [date] } })),
    { emergencyLocationText: '' },
    { emergencyLocationText: 'a\nb' },
    { emergencyLocationText: 'x'.repeat(201) },
    { emergencyLocation: 'Main street 1' },
    { emergencyLocation: LOCATION.replace('<presence', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><presence') },
    { emergencyLocation: LOCATION.replace('<tuple', `${'x'.repeat(16_384)}<tuple`) },
    { emergencyLocation: LOCATION.replace('<tuple', '\u0000<tuple') },
    { emergencyLocation: LOCATION.replace('<tuple', '<!ENTITY a "b"><tuple') },
  ]
  for (const change of bad) {
    assert.equal(
      await codeOf(directory.changeCalling(change, ACTOR)),
      'DIRECTORY_CALLING_INVALID',
      JSON.stringify(change),
    )
  }
  await accepted(directory.changeCalling(hours([7], '00:00', '24:00'), ACTOR))
  await accepted(directory.changeCalling({ schedule: { holidays: ['2028-02-29'] } }, ACTOR))
  const codes = [{ emergencyNotify: ['999'] }, { defaultCallerId: E164 }, { defaultCallerId: '030' }].map(change =>
    codeOf(directory.changeCalling(change, ACTOR)),
  )
  assert.deepEqual(await Promise.all(codes), [
    'DIRECTORY_EXTENSION_UNKNOWN',
    'DIRECTORY_CALLER_ID_NOT_OWNED',
    'DIRECTORY_E164_INVALID',
  ])
})

test('an extension: what changes is told and kept; it goes with the extension', async () => {
  const { directory, published, restarted } = await startDirectory()
  const { id } = directory.extensionByNumber(directory.primary.id, '101')!
  const change: ExtensionCallingChange = {
    number: '101',
    doNotDisturb: true,
    forwardBusy: { kind: 'extension', number: '102' },
    noAnswerSeconds: 15,
  }
  const calling = await accepted(directory.changeExtensionCalling(change, ACTOR))
  await accepted(directory.changeExtensionCalling(change, ACTOR))
  assert.deepEqual((await restarted()).extensionCalling(id), calling)
  assert.deepEqual(
    published.map(event => event.data),
    [
      {
        actor: ACTOR,
        extension: '101',
        changed: [
          { field: 'doNotDisturb', before: 'no', after: 'yes' },
          { field: 'forwardBusy', before: '-', after: 'extension:102' },
          { field: 'noAnswerSeconds', before: '20', after: '15' },
        ],
      },
    ],
  )
  await accepted(directory.removeExtension({ number: '101' }, ACTOR))
  assert.equal(directory.extensionCalling(id).doNotDisturb, false)
})

test('settings of an extension that are refused', async () => {
  const { directory, state } = await startDirectory()
  const cases: readonly (readonly [Omit<ExtensionCallingChange, 'number'>, string])[] = [
    [{ noAnswerSeconds: 0 }, 'DIRECTORY_CALLING_INVALID'],
    [{ noAnswerSeconds: 301 }, 'DIRECTORY_CALLING_INVALID'],
    [{ maximumCalls: -1 }, 'DIRECTORY_CALLING_INVALID'],
    [{ anonymous: 'maybe' as 'accept' }, 'DIRECTORY_CALLING_INVALID'],
    [{ emergencyLocationText: 'a\u0000' }, 'DIRECTORY_CALLING_INVALID'],
    [{ callerId: E164 }, 'DIRECTORY_CALLER_ID_NOT_OWNED'],
    [{ forwardAlways: { kind: 'extension', number: '101' } }, 'DIRECTORY_TARGET_INVALID'],
    [{ forwardAlways: { kind: 'extension', number: '9' } }, 'DIRECTORY_TARGET_INVALID'],
    [{ forwardAlways: { kind: 'external', e164: '+4917612345678' } }, 'DIRECTORY_FORWARDING_CLOSED'],
    [{ forwardBusy: { kind: 'external', e164: '+4917612345678' } }, 'DIRECTORY_FORWARDING_CLOSED'],
    [{ forwardNoAnswer: { kind: 'external', e164: '+4917612345678' } }, 'DIRECTORY_FORWARDING_CLOSED'],
    [{ forwardUnreachable: { kind: 'external', e164: '+4917612345678' } }, 'DIRECTORY_FORWARDING_CLOSED'],
  ]
  for (const [change, code] of cases) {
    const outcome = directory.changeExtensionCalling({ number: '101', ...change }, ACTOR)
    assert.equal(await codeOf(outcome), code, JSON.stringify(change))
  }
  assert.deepEqual(state.extensionCallings, [])
})

test('an input with fields of no setting leaves nothing behind', async () => {
  const { directory, state } = await startDirectory()
  const stray = { country: 'AT', organisationName: 'x' }
  await accepted(directory.changeCalling(stray as CallingChange, ACTOR))
  assert.equal('organisationName' in state.callings[0]!, false)
})
