/** What attackers do to the invented office, as its call records would show it. */
import type { RecordedCall } from '../../../src/fraud/replay/recorded-call.ts'
import { DAY, EXTENSIONS, FIRST_DAY, HOUR } from './office.ts'

const MINUTE = 60_000
/** The day on which each begins: a Wednesday, when two weeks have passed. */
export const ATTACK_DAY = 16
const THREE_IN_THE_MORNING = FIRST_DAY + ATTACK_DAY * DAY + 3 * HOUR
const TEN_IN_THE_MORNING = FIRST_DAY + ATTACK_DAY * DAY + 10 * HOUR

export interface Attack {
  readonly name: string
  /** Countries that the office has opened beside its own: an attacker's best case. */
  readonly openCountries?: readonly string[]
  readonly calls: readonly RecordedCall[]
}

/** A range that its owner is paid for: in a country that is open, ordinary by its plan, at two a minute by the deck. */
const DEAR = '+4420890'
export const DEAR_PREFIX = '4420890'
export const DEAR_PER_MINUTE = '2.00'

const dear = (index: number): string => `${DEAR}${String(10_000 + ((index * 7_919) % 90_000))}`

interface Call extends Partial<RecordedCall> {
  readonly start: number
}

function call(more: Call): RecordedCall {
  return {
    id: '',
    extension: '115',
    sourceAddress: '192.0.2.25',
    userAgent: 'Desk phone',
    destination: dear(0),
    answered: true,
    seconds: 3_600,
    forwardedBy: '',
    transferredBy: '',
    callerId: '+493055501',
    direction: 'out',
    label: 'attack',
    ...more,
  }
}

const times = (count: number, make: (index: number) => RecordedCall): RecordedCall[] =>
  Array.from({ length: count }, (_, index) => make(index))

const STOLEN = { sourceAddress: '203.0.113.9', userAgent: 'pplsip' }

export const SPRAYED =
  'AE AF AL AM AO AZ BA BD BF BG BI BJ BO BR BY CD CG CI CL CM CN CO CR CZ DK DO DZ EC EE EG ES ET FI GE GH GR GT HR HU ID IE IL IN IQ IT JO JP KE KR KZ LK LT LU LV MA MD MX MY NG NO'.split(
    ' ',
  )
/** One number of each, as its plan has assigned it. */
const SPRAY_NUMBERS =
  '+97145012345 +93234123456 +35542345678 +37410312345 +244222123456 +994123123123 +38730212345 +880271234567 +22620491234 +3598123456 +25722201234 +22920211234 +59122123456 +551123456789 +375152450911 +2431234567 +242222123456 +2252123456789 +56221234567 +237222123456 +861012345678 +576012345678 +50622123456 +420212345678 +4532123456 +18092345678 +21312345678 +59322123456 +3723212345 +20234567890 +34810123456 +251111112345 +35813123456 +995322123456 +233302345678 +302123456789 +50222456789 +38512345678 +3612345678 +622183501234 +35312345678 +97221234567 +911123456789 +96412345678 +390212345678 +96262001234 +81312345678 +254202012345 +8221234567 +77123456789 +94112345678 +37031234567 +35227123456 +37163123456 +212520123456 +37322212345 +525512345678 +60312345678 +23418040123 +4721234567'.split(
    ' ',
  )

export const ATTACKS: readonly Attack[] = [
  {
    name: 'twenty channels at 03:00',
    calls: times(20, i =>
      call({ start: THREE_IN_THE_MORNING + i * 500, destination: dear(i), seconds: 5 * 3_600, ...STOLEN }),
    ),
  },
  {
    name: 'twenty channels at 10:00, from the phone itself',
    calls: times(20, i => call({ start: TEN_IN_THE_MORNING + i * 500, destination: dear(i), seconds: 8 * 3_600 })),
  },
  {
    name: 'stolen credentials from a new network, one call after another',
    calls: times(60, i =>
      call({ start: TEN_IN_THE_MORNING + i * 6 * MINUTE, destination: dear(i), seconds: 330, ...STOLEN }),
    ),
  },
  {
    name: 'slow pumping: three minutes every half hour for a week',
    calls: times(7 * 48, i =>
      call({ start: TEN_IN_THE_MORNING + i * 30 * MINUTE, destination: dear(i), seconds: 130 + ((i * 37) % 80) }),
    ),
  },
  {
    name: 'one call of eight hours',
    calls: [call({ start: TEN_IN_THE_MORNING, seconds: 8 * 3_600 })],
  },
  {
    name: 'a weekend: four channels from Friday evening on',
    calls: times(4 * 60, i =>
      call({
        start: FIRST_DAY + 18 * DAY + 20 * HOUR + Math.floor(i / 4) * HOUR + (i % 4) * 1_000,
        destination: dear(i),
        seconds: 3_400,
      }),
    ),
  },
  {
    name: 'spray over 60 countries, all of them open',
    openCountries: SPRAYED,
    calls: SPRAY_NUMBERS.map((destination, i) =>
      call({ start: TEN_IN_THE_MORNING + i * 3 * MINUTE, destination, seconds: 170 }),
    ),
  },
  {
    name: 'forward and hairpin',
    calls: times(40, i =>
      call({
        start: TEN_IN_THE_MORNING + i * 4 * MINUTE,
        forwardedBy: '115',
        destination: dear(1),
        seconds: 1_200,
        sourceAddress: '',
      }),
    ),
  },
  {
    name: 'transfer chain',
    calls: times(12, i =>
      call({
        start: TEN_IN_THE_MORNING + i * 10 * MINUTE,
        transferredBy: '115',
        destination: dear(i),
        seconds: 3_600,
        sourceAddress: '',
      }),
    ),
  },
  {
    name: 'forty extensions, each below its threshold',
    calls: times(40 * 3, i =>
      call({
        start: TEN_IN_THE_MORNING + Math.floor(i / 40) * 2 * HOUR + (i % 40) * 40_000,
        extension: EXTENSIONS[5 + (i % 40)]!,
        sourceAddress: `192.0.2.${5 + (i % 40) + 10}`,
        destination: dear(i),
        seconds: 110 + ((i * 31) % 300),
      }),
    ),
  },
  {
    name: 'one ring, and five people call back',
    calls: [
      call({
        start: TEN_IN_THE_MORNING - 20 * MINUTE,
        direction: 'in',
        destination: '115',
        callerId: dear(3),
        answered: false,
        seconds: 2,
      }),
      ...times(5, i =>
        call({
          start: TEN_IN_THE_MORNING + i * 7 * MINUTE,
          extension: EXTENSIONS[15 + i]!,
          sourceAddress: `192.0.2.${25 + i}`,
          destination: dear(3),
          seconds: 600,
        }),
      ),
    ],
  },
  {
    name: 'machine: exactly a minute, every ten minutes',
    calls: times(144, i => call({ start: TEN_IN_THE_MORNING + i * 10 * MINUTE, destination: dear(i), seconds: 60 })),
  },
]
