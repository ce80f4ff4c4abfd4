/**
 * What a dialled number costs from its text to its route: 500,000 prefixes with a class, 10,000 numbers of our own, every number
 * dialled once only; beside it libphonenumber-js reading the same numbers: `npm run bench:routing [-- --rounds 5]`
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { createFakeDirectory } from '../src/directory/fake-directory.ts'
import { createDestinationRanges } from '../src/routing/destination-class.ts'
import { routeDialled } from '../src/routing/route-dialled.ts'
import type { DestinationClass } from '../src/routing/types.ts'
import { COUNTRIES, digitsOf, generator, type Pick, sampleNumber } from '../test/support/phone-numbers.ts'
import { publish, readOptions } from './support/command.ts'
import { shownSpread, spreadOf, table } from './support/statistics.ts'

const options = readOptions()
const PREFIXES = options.smoke ? 5000 : 500_000
const OWNED = options.smoke ? 100 : 10_000
const NUMBERS = options.smoke ? 500 : 20_000
const CLASSES: readonly DestinationClass[] = ['ordinary', 'special-service', 'fraud-prone']

const pick = generator(20_261_123)

/** Below calling codes that exist, so that most of them are met. */
function prefixes(): ReadonlyMap<string, DestinationClass> {
  const found = new Map<string, DestinationClass>()
  while (found.size < PREFIXES) {
    const { e164 } = sampleNumber(pick, COUNTRIES[pick(COUNTRIES.length)]!)
    const stem = e164.slice(1, 4 + pick(5))
    for (let i = 0; i < 50 && found.size < PREFIXES; i++)
      found.set(stem + digitsOf(pick, 1 + pick(4)), CLASSES[pick(CLASSES.length)]!)
  }
  return found
}

/** A tenth of what is dialled are numbers of our own, the rest goes everywhere: with +, with 00, and at home. */
function dialled(count: number, owned: readonly string[]): readonly string[] {
  const texts = new Set<string>()
  while (texts.size < count) {
    const number = sampleNumber(pick, pick(2) === 0 ? 'DE' : COUNTRIES[pick(COUNTRIES.length)]!)
    const e164 = pick(10) === 0 ? owned[pick(owned.length)]! : number.e164
    texts.add(written(e164, pick))
  }
  return [...texts]
}

function written(e164: string, choose: Pick): string {
  if (e164.startsWith('+49') && choose(2) === 0) return `0${e164.slice(3)}`
  return choose(2) === 0 ? e164 : `00${e164.slice(1)}`
}

/** Time on a processor, not on the clock: what else runs takes less part in it. Microseconds. */
function perNumber(texts: readonly string[], work: (text: string) => unknown): number {
  const before = process.cpuUsage()
  for (const text of texts) work(text)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / texts.length
}

const owned = new Set<string>()
while (owned.size < OWNED) owned.add(`+4930${1_000_000 + pick(9_000_000)}`)
const directory = createFakeDirectory({
  extensions: Array.from({ length: 500 }, (_, i) => String(100 + i)),
  numbers: [...owned].map(e164 => ({ e164 })),
  calling: { openCountries: COUNTRIES },
})
const organisation = directory.organisation.id
const heapBefore = process.memoryUsage().arrayBuffers
const ranges = createDestinationRanges(prefixes())
const heap = (process.memoryUsage().arrayBuffers - heapBefore) / 2 ** 20

const kinds = new Map<string, number>()
const ours: number[] = []
const theirs: number[] = []
const route = (text: string): void => {
  const { kind } = routeDialled(directory, organisation, text, ranges)
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
}
const parse = (text: string): unknown => parsePhoneNumberFromString(text, 'DE')?.isValid()
// The first pass of each compiles it; its numbers come again in no round.
for (const text of dialled(NUMBERS / 4, [...owned])) {
  route(text)
  parse(text)
}
kinds.clear()
for (let round = 0; round < options.rounds; round++) {
  const texts = dialled(NUMBERS, [...owned])
  ours.push(perNumber(texts, route))
  theirs.push(perNumber(texts, parse))
  console.log(`round ${round + 1}: ${ours.at(-1)!.toFixed(2)} us, parsing alone ${theirs.at(-1)!.toFixed(2)} us`)
}

const ratios = ours.map((each, i) => each / theirs[i]!)
const heads = [
  'work',
  'ours, us',
  'libphonenumber-js, parsing and validity alone, us',
  'ratio',
  'aim, us',
  'prefixes',
  'own numbers',
  'table',
]
const row = [
  'a dialled number to its route',
  shownSpread(spreadOf(ours)),
  shownSpread(spreadOf(theirs)),
  shownSpread(spreadOf(ratios)),
  '20',
  String(ranges.size),
  String(owned.size),
  `${heap.toFixed(0)} MB`,
]
console.log([...kinds].map(([kind, count]) => `${count} ${kind}`).join(', '))
publish('routing', options, table(heads, [row]), { ours, theirs, ratios, kinds: [...kinds] })
