/** A call for help is recognised however it is dialled and whatever the configuration holds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getCountries, getCountryCallingCode, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { generator, sampleNumber, seedOfRun } from '../../test/support/phone-numbers.ts'
import { EMERGENCY_NUMBERS, EMERGENCY_TEST_NUMBERS } from './data/emergency-numbers.ts'
import { emergencyOf, emergencyOfUrn, habitualEmergencyOf, isEmergencyNumber, isEmergencyUrn } from './emergency.ts'

const everyNumber = Object.entries(EMERGENCY_NUMBERS).flatMap(([country, [callingCode, ...numbers]]) =>
  numbers.map(number => ({ country, callingCode, number })),
)

test('every country with telephone numbers has its emergency numbers and its own calling code', () => {
  for (const country of getCountries()) {
    const [callingCode, ...numbers] = EMERGENCY_NUMBERS[country] ?? []
    assert.equal(callingCode, getCountryCallingCode(country), country)
    assert.ok(numbers.length > 0, country)
    for (const number of numbers) assert.match(number, /^\d{2,5}$/, country)
    assert.equal(new Set(numbers).size, numbers.length, country)
  }
})

test('what the ones that everybody knows are', () => {
  const known = { DE: '110 112', FR: '112 15 17 18', GB: '112 999', US: '911', CA: '911', AU: '000 112', JP: '110 119' }
  const more = {
    IT: '112 113 115 118',
    AT: '112 122 133 144',
    CH: '112 117 118 144',
    IN: '112',
    NZ: '111',
    BR: '190 193',
  }
  for (const [country, numbers] of Object.entries({ ...known, ...more })) {
    for (const number of numbers.split(' '))
      assert.equal(isEmergencyNumber(country, number), true, `${country} ${number}`)
  }
})

test('each is recognised in every form that a phone makes of it', () => {
  for (const { country, callingCode, number } of everyNumber) {
    for (const outsidePrefix of [undefined, '0', '9', '00', '*9']) {
      const forms = [number, `${outsidePrefix ?? ''}${number}`, `+${number}`, `+${callingCode}${number}`]
      forms.push(`00${callingCode}${number}`, `${outsidePrefix ?? ''}*67${number}`, `*31#${number}`, `${number}#`)
      forms.push(`${number};phone-context=+49;user=phone`, number.split('').join('-'), ` ${number} `)
      forms.push(
        number.replace(/\d/g, digit => String.fromCodePoint(0xff10 + Number(digit))),
        `tel:${number}`,
      )
      forms.push(`${number}@example.com`, `+${number};user=phone`)
      for (const form of forms) {
        const found = emergencyOf(form, { country, outsidePrefix })
        assert.equal(found?.test, false, `${country} ${form}`)
        // "0" and "11" make another number than "011", and that is one as well.
        assert.ok(EMERGENCY_NUMBERS[country]?.includes(found?.number ?? ''), `${country} ${form} ${found?.number}`)
      }
    }
  }
})

test('no telephone number is taken for a call for help', () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  for (let run = 0; run < 2000; run++) {
    const country = getCountries()[pick(getCountries().length)]!
    const { e164 } = sampleNumber(pick, country)
    const parsed = parsePhoneNumberFromString(e164)!
    for (const dialled of [e164, `00${e164.slice(1)}`, parsed.formatNational(), `9${parsed.formatNational()}`]) {
      const outsidePrefix = dialled.startsWith('9') ? '9' : undefined
      if (dialled.replace(/\D/g, '').length < 7) continue
      const message = `SEED=${seed} ${country} ${dialled}`
      assert.equal(emergencyOf(dialled, { country, outsidePrefix }), undefined, message)
      assert.equal(habitualEmergencyOf(dialled, { country, outsidePrefix }), undefined, message)
    }
  }
})

test('neither is what only looks like one', () => {
  for (const dialled of [
    '1112',
    '1120',
    '12',
    '11',
    '',
    '+',
    '+44112',
    '0044999',
    '49112',
    'x112',
    '112x',
    '1 1 2 3',
    '112112',
  ]) {
    assert.equal(emergencyOf(dialled, { country: 'DE', outsidePrefix: '0' }), undefined, dialled)
  }
})

test('112 and 911 by habit, and a 0 or 9 that is not configured', () => {
  const habitual = (dialled: string, country: string): string | undefined =>
    habitualEmergencyOf(dialled, { country })?.number
  assert.equal(emergencyOf('112', { country: 'US' }), undefined)
  assert.equal(habitual('112', 'US'), '911')
  assert.equal(habitual('911', 'DE'), '112')
  assert.equal(habitual('9911', 'US'), '911')
  assert.equal(habitual('0110', 'DE'), '110')
  assert.equal(habitual('00112', 'DE'), '112')
  assert.equal(habitual('9110', 'JP'), '110')
  assert.equal(habitual('113', 'DE'), undefined)
})

test('numbers for test calls are marked as such', () => {
  for (const [country, numbers] of Object.entries(EMERGENCY_TEST_NUMBERS)) {
    for (const number of numbers) {
      assert.deepEqual(emergencyOf(`9${number}`, { country, outsidePrefix: '9' }), {
        kind: 'emergency',
        number,
        test: true,
      })
      assert.equal(isEmergencyNumber(country, number), true)
    }
  }
})

const GARBAGE: readonly unknown[] = [
  undefined,
  null,
  0,
  Number.NaN,
  '',
  'XX',
  'de ',
  '__proto__',
  'constructor',
  '\0',
  '('.repeat(5000),
  '112',
  '+',
  [],
  ['DE'],
  {},
  Symbol('x'),
  () => 'DE',
  1n,
  { toString: () => assert.fail('read as text') },
]

test('no configuration, however broken, loses a call to 112 or 911 or makes anything throw', () => {
  for (const [index, country] of GARBAGE.entries()) {
    for (const outsidePrefix of GARBAGE) {
      for (const dialled of ['112', '911', '+112', '112;user=phone']) {
        const found = emergencyOf(dialled, { country, outsidePrefix }) ?? habitualEmergencyOf(dialled, { country })
        assert.ok(found !== undefined, `garbage ${index}: ${dialled}`)
      }
      emergencyOf('4711', { country, outsidePrefix })
    }
  }
  const failing = Object.defineProperties({}, { country: { get: () => assert.fail('no country') } })
  assert.equal(emergencyOf('112', failing)?.number, '112')
  assert.equal(emergencyOf('112', new Proxy({}, { get: () => assert.fail('nothing') }))?.number, '112')
  assert.equal(emergencyOf('112', null as unknown as undefined)?.number, '112')
})

test('no text makes it throw or slow', () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  const alphabet = [
    '1',
    '9',
    '0',
    '+',
    '*',
    '#',
    ';',
    '@',
    ' ',
    '\ud800',
    '\udc00',
    '１',
    '٣',
    '\0',
    'tel:',
    '%',
    'é',
    '\u{1d7d0}',
  ]
  for (let run = 0; run < 5000; run++) {
    const text = Array.from({ length: pick(40) }, () => alphabet[pick(alphabet.length)]).join('')
    emergencyOf(text, { country: 'US', outsidePrefix: '9' })
    habitualEmergencyOf(text, { country: 'US' })
    isEmergencyUrn(text)
  }
  for (const text of ['1'.repeat(1e6), '+'.repeat(1e6), '-'.repeat(1e6), '@'.repeat(1e6), ';'.repeat(1e6)]) {
    assert.equal(emergencyOf(text, { country: 'US' }), undefined)
  }
  for (const text of [undefined, null, 7, {}])
    assert.equal(emergencyOf(text as unknown as string, undefined), undefined)
})

test('urn:service:sos (RFC 5031) is a call for help in any spelling, other services are not', () => {
  for (const text of ['urn:service:sos', 'URN:SERVICE:SOS', 'urn:service:sos.police', 'urn:service:sos.animal-control'])
    assert.deepEqual(emergencyOfUrn(text, { country: 'DE' }), { kind: 'emergency', number: '112', test: false }, text)
  assert.deepEqual(emergencyOfUrn('urn:service:sos', { country: 'GB' })?.number, '999')
  assert.deepEqual(emergencyOfUrn('urn:service:sos.fire', undefined)?.number, '112')
  assert.deepEqual(emergencyOfUrn('urn:service:test.sos', { country: 'US' }), {
    kind: 'emergency',
    number: '933',
    test: true,
  })
  assert.equal(emergencyOfUrn('urn:service:test.sos.police', { country: 'DE' }), undefined)
  for (const text of [
    'urn:service:sosx',
    'urn:service:counseling',
    'urn:service:sos.',
    'urn:service:sos..fire',
    'sos',
    '',
  ])
    assert.equal(isEmergencyUrn(text), false, text)
})
