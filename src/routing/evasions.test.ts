/** Every way around a check that is known, and 2,000 generated ones in each run: one destination, or a denial. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { EVASIONS } from '../../test/support/evasions.ts'
import {
  COUNTRIES,
  digitsOf,
  generator,
  type Pick,
  sampleNumber,
  type SampleNumber,
  seedOfRun,
} from '../../test/support/phone-numbers.ts'
import { planOf } from './country-plans.ts'
import { type DiallingPlan, resolveNumber } from './number-plan.ts'

const outcome = (dialled: string, plan: DiallingPlan): string => {
  const resolved = resolveNumber(dialled, plan)
  return 'number' in resolved ? resolved.number.e164 : resolved.rule
}

for (const { plan, rows } of EVASIONS) {
  const title = [plan.country, plan.outsidePrefix ?? 'no outside prefix', plan.areaCode ?? 'no area code'].join(', ')
  test(`evasions: ${title}`, () => {
    const calling = { outsidePrefix: undefined, areaCode: undefined, ...plan }
    for (const { dialled, trick, becomes } of rows)
      assert.equal(outcome(dialled, calling), becomes, `${trick}: ${dialled}`)
  })
}

test('a denial says why', () => {
  for (const { plan, rows } of EVASIONS) {
    for (const { dialled } of rows) {
      const resolved = resolveNumber(dialled, { outsidePrefix: undefined, areaCode: undefined, ...plan })
      if ('reason' in resolved) assert.match(resolved.reason, /^\p{Ll}.{10,120}[^.]$/u)
    }
  }
})

const NAMED = ['DE', 'US', 'GB', 'FR', 'AT', 'CH', 'IT', 'ES', 'PL', 'NL', 'CA', 'AU', 'IN', 'BR', 'ZA', 'SS'] as const
const RUNS = 2000

type Writing = (number: SampleNumber, home: DiallingPlan, pick: Pick) => string | undefined

/** What the plan of the country knows: must lead to the number. */
const PROPER: Readonly<Record<string, Writing>> = {
  plus: ({ e164 }) => e164,
  formatted: ({ e164 }) => parsePhoneNumberFromString(e164)!.formatInternational(),
  rfc3966: ({ e164 }) => parsePhoneNumberFromString(e164)!.getURI().slice('tel:'.length),
  context: ({ national, callingCode }) => `${national};phone-context=+${callingCode}`,
  national: ({ country, national, callingCode }, home) => {
    const prefix = planOf(home.country)!.nationalPrefix ?? ''
    return home.country === country && callingCode !== '1'
      ? `${home.outsidePrefix ?? ''}${prefix}${national}`
      : undefined
  },
  nanp: ({ national, callingCode }, home, pick) =>
    callingCode === '1' && planOf(home.country)!.callingCode === '1'
      ? `${home.outsidePrefix ?? ''}${pick(2) === 0 ? '1' : ''}${national}`
      : undefined,
  abroad: ({ callingCode, national }, home) =>
    `${home.outsidePrefix ?? ''}${planOf(home.country)!.callingCode === '1' ? '011' : '00'}${callingCode}${national}`,
}

/** What only makes it look different. */
const DISGUISES: readonly ((text: string, pick: Pick) => string)[] = [
  text => text,
  (text, pick) => Array.from(text, each => (/\d/.test(each) && pick(4) === 0 ? each + '-. /'[pick(4)] : each)).join(''),
  text => text.replace(/\d/g, digit => String.fromCodePoint(0xff10 + Number(digit))).replace(/^\+/, '＋'),
  text => text.replace(/\d/g, digit => String.fromCodePoint(0x660 + Number(digit))),
  (text, pick) => text.replace(/\d/g, digit => (pick(2) === 0 ? String.fromCodePoint(0x1d7ce + Number(digit)) : digit)),
  text => `\u202a${text}\u202c`,
  text => `${text}#`,
  text => `${text};user=phone`,
  text => `${text};isub=1234;cic=+10288`,
]

/** Parameters stay as they are. */
function disguised(text: string, pick: Pick): string {
  const end = text.includes(';') ? text.indexOf(';') : text.length
  return DISGUISES[pick(DISGUISES.length)]!(text.slice(0, end), pick) + text.slice(end)
}

/** What somebody tries who wants a check to see another number: the same one, or none. */
const IMPROPER: Readonly<Record<string, Writing>> = {
  padded: ({ callingCode, national }, home, pick) =>
    `${home.outsidePrefix ?? ''}${'0'.repeat(2 + pick(6))}${callingCode}${national}`,
  foreignPrefix: ({ callingCode, national }, home) => `${home.outsidePrefix ?? ''}011${callingCode}${national}`,
  plusZeros: ({ callingCode, national }, _home, pick) => `+${'0'.repeat(1 + pick(3))}${callingCode}${national}`,
  twoPluses: ({ callingCode, national }) => `+${callingCode}+${national}`,
  nationalPrefixInside: ({ callingCode, national }) => `+${callingCode}(0)${national}`,
  prefixTwice: ({ callingCode, national }, home) =>
    `${home.outsidePrefix ?? ''}00${callingCode}00${callingCode}${national}`,
  suffix: ({ e164 }, _home, pick) => e164 + ['*1', '#1', ',1', 'p1', 'x1', '@1', '%23', '\0', 'é'][pick(9)],
  twoContexts: ({ national, callingCode }) => `${national};phone-context=+${callingCode};phone-context=+1`,
  plusAndContext: ({ e164 }) => `${e164};phone-context=+211`,
}

const homeFor = (pick: Pick, country: string): DiallingPlan => ({
  country,
  outsidePrefix: [undefined, undefined, '0', '9'][pick(4)],
  areaCode: undefined,
})

test(`${RUNS} generated writings lead to the one number that libphonenumber-js knows`, () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  const writings = Object.entries(PROPER)
  let led = 0
  for (let run = 0; run < RUNS; run++) {
    const number = sampleNumber(pick, run % 2 === 0 ? NAMED[pick(NAMED.length)]! : COUNTRIES[pick(COUNTRIES.length)]!)
    const [name, write] = writings[pick(writings.length)]!
    const country = name === 'national' || pick(2) === 0 ? number.country : NAMED[pick(NAMED.length)]!
    if (name === 'abroad' && !/^(?:00|011)$/.test(planOf(country)?.internationalPrefix?.source.slice(4, -1) ?? ''))
      continue
    const home = homeFor(pick, country)
    const text = write(number, home, pick)
    if (text === undefined) continue
    const dialled = disguised(text, pick)
    const found = outcome(dialled, home)
    // A number that is dialled in another one's digits, without a prefix between, is refused and not guessed.
    if (found === 'ROUTE_AMBIGUOUS_NUMBER') continue
    assert.equal(found, number.e164, `SEED=${seed} ${name}: ${JSON.stringify(dialled)} in ${JSON.stringify(home)}`)
    led++
  }
  assert.ok(led > RUNS / 2, `only ${led} of ${RUNS} were led anywhere`)
})

test(`${RUNS} generated evasions lead to that number, or are denied`, () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  const writings = Object.entries(IMPROPER)
  const outcomes = { same: 0, denied: 0 }
  for (let run = 0; run < RUNS; run++) {
    const number = sampleNumber(pick, COUNTRIES[pick(COUNTRIES.length)]!)
    const [name, write] = writings[pick(writings.length)]!
    const home = homeFor(pick, NAMED[pick(NAMED.length)]!)
    const text = write(number, home, pick)!
    const found = outcome(disguised(text, pick), home)
    if (found === number.e164) outcomes.same++
    else if (found.startsWith('ROUTE_')) outcomes.denied++
    else judgeOther(found, text, home, `SEED=${seed} ${name}: ${JSON.stringify(text)} in ${JSON.stringify(home)}`)
  }
  assert.ok(outcomes.same > 100 && outcomes.denied > 100, JSON.stringify(outcomes))
})

/** Padding may make a proper national number of it: then the oracle, asked for what remains after the outside line, must say so too. */
function judgeOther(found: string, text: string, home: DiallingPlan, message: string): void {
  const dialled = text.startsWith('+') ? text : text.slice(home.outsidePrefix?.length ?? 0)
  const oracle = parsePhoneNumberFromString(dialled, home.country as 'DE')
  assert.equal(found, oracle?.number, message)
}

test('whatever digits are dialled, where libphonenumber-js knows a number too it is the same one', () => {
  const seed = seedOfRun()
  const pick = generator(seed)
  const outcomes = { same: 0, oursOnly: 0, theirsOnly: 0 }
  for (let run = 0; run < 10 * RUNS; run++) {
    const country = COUNTRIES[pick(COUNTRIES.length)]!
    const dialled = ['', '0', '00', '1', '8', '01', '011'][pick(7)]! + digitsOf(pick, 5 + pick(11))
    const found = outcome(dialled, { country, outsidePrefix: undefined, areaCode: undefined })
    const oracle = parsePhoneNumberFromString(dialled, country)
    const theirs = oracle?.isValid() === true ? oracle.number : undefined
    const ours = found.startsWith('+') ? found : undefined
    // As it stands in international format, before a national prefix is taken away (ADR 0012).
    if (ours !== undefined && theirs !== undefined && !dialled.endsWith(ours.slice(1)))
      assert.equal(ours, theirs, `SEED=${seed} ${dialled} in ${country}`)
    if (ours !== undefined) outcomes[theirs === undefined ? 'oursOnly' : 'same']++
    else if (theirs !== undefined) outcomes.theirsOnly++
  }
  assert.ok(outcomes.same > 300 && outcomes.theirsOnly < outcomes.same / 20, JSON.stringify(outcomes))
})
