import {
  repeat,
  failed,
  succeeded,
  phoneReturns,
  ATTACKER,
  OFFICE,
  MINUTE,
  HOUR,
  type SourceFixture,
} from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'one account every four hours',
    foundWithin: 15,
    target: 'address 203.0.113.9',
    observations: repeat(40, 4 * HOUR, (i, at) => failed(at, ATTACKER, `leaked${i}`)),
  },
  {
    name: 'each twice, mostly names that nobody has',
    foundWithin: 30,
    target: 'address 203.0.113.9',
    observations: repeat(80, HOUR, (i, at) => failed(at, ATTACKER, `leaked${i >> 1}`, { exists: i % 9 === 0 })),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'a phone that has had an old password for a week',
    observations: repeat(5_000, 2 * MINUTE, (_, at) => failed(at, OFFICE, 'anna')),
  },
  {
    name: 'a typing error a day in an office of 50 phones that come back each hour',
    observations: repeat(7 * 24, HOUR, (i, at) =>
      i % 12 === 5 ? failed(at, OFFICE, `phone${i % 50}`) : phoneReturns(at, OFFICE, `phone${i % 50}`),
    ),
  },
  {
    name: 'fourteen phones set up with a wrong password, put right later',
    observations: repeat(28, HOUR, (i, at) =>
      i < 14 ? failed(at, OFFICE, `phone${i}`) : succeeded(at, OFFICE, `phone${i - 14}`),
    ),
  },
]
