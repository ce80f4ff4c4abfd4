/** Names that nobody here has and that only somebody asks for who guesses: one question is enough to know them. */
import { randomUint32 } from '../base/random.ts'
import { seededHash } from '../base/seeded-hash.ts'

/** What dictionaries of attack tools begin with. No phone is called so, and no extension where it does not exist. */
const WELL_KNOWN: ReadonlySet<string> = new Set(
  (
    'admin administrator root test tester testing guest user user1 demo default asterisk freepbx trixbox elastix issabel ' +
    'pbx sip sipuser voip voipuser phone ext extension operator support service info office reception fax manager oracle ' +
    'cisco polycom yealink grandstream snom linksys aastra 3cx avaya mitel guest1 test1 test123 admin1 admin123 ' +
    '0 00 000 0000 00000 1 12 123 1234 12345 123456 1234567 111 1111 11111 222 2222 333 3333 444 4444 555 5555 666 6666 777 7777 ' +
    '888 8888 999 9999 99999 100 1000 1001 10000 200 2000 300 3000 400 4000 500 5000 600 6000 700 7000 800 8000 900 9000 54321'
  ).split(' '),
)

export interface DecoyOptions {
  /** A user name or an extension of somebody: no decoy, whatever it is. */
  exists(name: string): boolean
  /** More names that nobody has, in lower case: written into a phone book, a web page, a leaked list. */
  readonly own?: readonly string[] | undefined
  /** Chooses which numbers are made up. Default: at random, so that nobody can tell which to leave out. */
  readonly seed?: number | undefined
}

/** Of the numbers that an enumeration walks through, and that nobody has, one in so many is a decoy. */
const MADE_UP = 16

export function createDecoys({ exists, own = [], seed = randomUint32() }: DecoyOptions): (name: string) => boolean {
  const ours = new Set(own.map(name => name.toLowerCase()))
  return name => {
    if (name === '' || name.length > 64) return false
    const lower = name.toLowerCase()
    return (WELL_KNOWN.has(lower) || ours.has(lower) || isMadeUp(lower, seed)) && !exists(name)
  }
}

function isMadeUp(name: string, seed: number): boolean {
  return /^\d{3,6}$/.test(name) && seededHash(name, seed) % MADE_UP === 0
}
