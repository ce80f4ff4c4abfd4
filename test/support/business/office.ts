/** An invented office of fifty extensions in Berlin, as its call records would show it: honest people, with all their habits. */
import type { RecordedCall } from '../../../src/fraud/replay/recorded-call.ts'
import { type Chance, createChance } from './chance.ts'

export const DAY = 86_400_000
export const HOUR = 3_600_000
const MINUTE = 60_000
/** A Monday, midnight in Berlin (winter time). */
export const FIRST_DAY = Date.UTC(2026, 0, 4, 23)

export const EXTENSIONS: readonly string[] = Array.from({ length: 50 }, (_, index) => String(100 + index))
/** Who sells abroad. */
const SALES = new Set(EXTENSIONS.slice(0, 8))
const RECEPTION = '109'
const ON_CALL = ['110', '111', '112']
const TRAVELLERS = ['101', '104', '120']

export const HOLIDAYS = ['2026-01-01', '2026-04-03', '2026-04-06'] as const

/** As `ringfence fraud replay --organisation` reads it. */
export const ORGANISATION = {
  country: 'DE',
  timeZone: 'Europe/Berlin',
  hours: [{ days: [1, 2, 3, 4, 5], from: '08:00', to: '18:30' }],
  holidays: [...HOLIDAYS],
  openCountries: ['AT', 'CH', 'FR', 'GB', 'NL', 'PL', 'US'],
  openClasses: [],
  areaCode: '30',
  extensions: ['100-149'],
  numbers: ['+493055501'],
  offNetForwarding: true,
} as const

/** Numbers that the plans of these countries have assigned to subscribers. */
const MAKERS: Readonly<Record<string, (chance: Chance) => string>> = {
  AT: chance => `+431${digits(chance, 2, 7)}`,
  CH: chance => `+41442${digits(chance, 0, 6)}`,
  FR: chance => `+33142${digits(chance, 0, 6)}`,
  GB: chance => `+442079${digits(chance, 4, 6)}`,
  NL: chance => `+31206${digits(chance, 0, 6)}`,
  PL: chance => `+48226${digits(chance, 0, 6)}`,
  US: chance => `+1212${2 + chance.below(7)}${digits(chance, 2, 6)}`,
}
const ABROAD = Object.keys(MAKERS)

function digits(chance: Chance, leastFirst: number, count: number): string {
  let text = String(leastFirst + chance.below(10 - leastFirst))
  while (text.length < count) text += String(chance.below(10))
  return text
}

function atHome(chance: Chance): string {
  if (chance.happens(0.4)) return `+491511${digits(chance, 0, 7)}`
  return `+49${chance.pick(['30', '40', '89', '69'])}${digits(chance, 2, 7)}`
}

/** The country of the invented addresses. */
export function countryOfAddress(address: string): string | undefined {
  const [first, second] = address.split('.')
  if (first === '192' || first === '100') return 'DE'
  if (first === '198') return ['AT', 'GB', 'FR'][Number(second) % 3]
  return first === '203' ? 'RU' : undefined
}

interface Place {
  readonly address: string
  readonly userAgent: string
}

interface Person {
  readonly extension: string
  readonly contacts: readonly string[]
  readonly foreign: readonly string[]
  readonly callsADay: number
}

export interface OfficeOptions {
  readonly seed: number
  readonly days: number
}

/** In order of start. */
export function officeCalls({ seed, days }: OfficeOptions): RecordedCall[] {
  const chance = createChance(seed)
  const people = EXTENSIONS.map(extension => personOf(extension, chance))
  const calls: RecordedCall[] = []
  for (let day = 0; day < days; day++) calls.push(...dayOf(day, people, chance))
  return calls.sort((a, b) => a.start - b.start).map((call, index) => ({ ...call, id: `h${index}` }))
}

function personOf(extension: string, chance: Chance): Person {
  const country = chance.pick(ABROAD)
  const second = chance.pick(ABROAD)
  const sells = SALES.has(extension)
  return {
    extension,
    contacts: Array.from({ length: 40 }, () => atHome(chance)),
    foreign: Array.from({ length: sells ? 15 : 2 }, (_, index) => MAKERS[index % 3 === 0 ? second : country]!(chance)),
    callsADay: extension === RECEPTION ? 30 : 4 + chance.below(14),
  }
}

/** Summer time begins on 29 March 2026. */
function midnightOf(day: number): number {
  const midnight = FIRST_DAY + day * DAY
  return midnight >= Date.UTC(2026, 2, 29) ? midnight - HOUR : midnight
}

function dayOf(day: number, people: readonly Person[], chance: Chance): RecordedCall[] {
  const midnight = midnightOf(day)
  const weekday = day % 7
  const date = new Date(midnight + 2 * HOUR).toISOString().slice(0, 10)
  const closed = weekday >= 5 || (HOLIDAYS as readonly string[]).includes(date)
  // Busier towards the end of the quarter, and on Mondays.
  const season = (0.8 + (0.4 * day) / 90) * (weekday === 0 ? 1.25 : 1)
  const calls: RecordedCall[] = []
  if (!closed) {
    for (const person of people) {
      const count = Math.round(person.callsADay * season * (0.6 + 0.8 * chance.next()))
      for (let index = 0; index < count; index++)
        calls.push(...callOf(person, day, officeTime(midnight, chance), chance))
    }
    if (weekday === 1) calls.push(...conference(people, midnight + 10 * HOUR, day, chance))
  }
  for (const extension of ON_CALL) {
    const person = people.find(each => each.extension === extension)!
    let at = midnight + 19 * HOUR
    for (let index = chance.below(3); index > 0; index--) {
      at += chance.below(80) * MINUTE
      const call = outgoing(person, day, at, chance.pick(person.contacts), chance)
      calls.push(call)
      // One talks to one at a time.
      at += call.seconds * 1_000 + MINUTE
    }
  }
  return calls
}

/** Two humps, with lunch between them. */
function officeTime(midnight: number, chance: Chance): number {
  const hour = chance.happens(0.55) ? 8.2 + 3.6 * chance.next() : 13 + 4.8 * chance.next()
  return midnight + Math.floor(hour * 3_600) * 1_000 + chance.below(1_000)
}

function callOf(person: Person, day: number, at: number, chance: Chance): RecordedCall[] {
  const abroad = chance.happens(SALES.has(person.extension) ? 0.18 : 0.01)
  if (chance.happens(0.12)) return missedAndCalledBack(person, day, at, chance)
  if (chance.happens(0.15)) return [internal(person, day, at, chance)]
  if (abroad) {
    const known = chance.happens(0.9)
    const like = chance.pick(person.foreign)
    const country = ABROAD.find(each => MAKERS[each]!(chance).slice(0, 3) === like.slice(0, 3)) ?? 'AT'
    return [outgoing(person, day, at, known ? like : MAKERS[country]!(chance), chance)]
  }
  const call = outgoing(person, day, at, chance.happens(0.75) ? chance.pick(person.contacts) : atHome(chance), chance)
  if (person.extension === RECEPTION && chance.happens(0.3)) return [{ ...call, transferredBy: RECEPTION }]
  if (chance.happens(0.01)) return [{ ...call, forwardedBy: person.extension, destination: person.contacts[0]! }]
  return [call]
}

/** Somebody known calls, nobody takes it, and is called back a little later. */
function missedAndCalledBack(person: Person, day: number, at: number, chance: Chance): RecordedCall[] {
  const customer = chance.pick(person.contacts)
  const missed: RecordedCall = {
    ...outgoing(person, day, at, person.extension, chance),
    direction: 'in',
    callerId: customer,
    answered: false,
    seconds: 12 + chance.below(30),
  }
  return [missed, outgoing(person, day, at + (1 + chance.below(20)) * MINUTE, customer, chance)]
}

function internal(person: Person, day: number, at: number, chance: Chance): RecordedCall {
  return { ...outgoing(person, day, at, chance.pick(EXTENSIONS), chance), direction: 'internal' }
}

/** All hands, once a week, by a bridge abroad. */
function conference(people: readonly Person[], at: number, day: number, chance: Chance): RecordedCall[] {
  return people
    .filter(({ extension }) => Number(extension) % 4 === 0)
    .map(person => ({
      ...outgoing(person, day, at + chance.below(180) * 1_000, '+442079460000', chance),
      answered: true,
      seconds: 1_500 + chance.below(900),
    }))
}

function outgoing(person: Person, day: number, at: number, destination: string, chance: Chance): RecordedCall {
  const answered = chance.happens(0.82)
  const { address, userAgent } = placeOf(person, day)
  return {
    id: '',
    start: at,
    extension: person.extension,
    sourceAddress: address,
    userAgent,
    destination: asDialled(destination, chance),
    answered,
    seconds: answered ? Math.min(5_400, Math.max(3, Math.round(chance.around(110, 1.1)))) : 5 + chance.below(40),
    forwardedBy: '',
    transferredBy: '',
    callerId: '+493055501',
    direction: 'out',
    label: 'legitimate',
  }
}

/** People write numbers as they like. */
function asDialled(number: string, chance: Chance): string {
  if (number.startsWith('+49') && chance.happens(0.8)) return `0${number.slice(3)}`
  return number.startsWith('+') && chance.happens(0.5) ? `00${number.slice(1)}` : number
}

/** At the desk; at home, whose network changes each week; or on a journey with the application on the mobile phone. */
function placeOf({ extension }: Person, day: number): Place {
  const number = Number(extension)
  const week = Math.floor(day / 7)
  const onJourney = TRAVELLERS.includes(extension) && day % 30 >= 15 && day % 30 < 19
  if (onJourney) return { address: `198.${number % 3}.${week}.20`, userAgent: 'Mobile application' }
  const atHomeToday = (day + number) % 5 < 2 && number % 3 === 0
  if (atHomeToday) return { address: `100.64.${(number + week * 7) % 250}.9`, userAgent: 'Desk phone' }
  return { address: `192.0.2.${number - 90}`, userAgent: 'Desk phone' }
}
