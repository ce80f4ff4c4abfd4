import { repeat, failed, botAt, ATTACKER, DATAGRAMS, OFFICE, SECOND, MINUTE, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'five from one source',
    foundWithin: 5,
    target: 'account anna',
    observations: repeat(5, SECOND, (_, at) => failed(at, ATTACKER, 'anna')),
  },
  {
    name: 'each from another source, two minutes apart',
    foundWithin: 5,
    target: 'account anna',
    observations: repeat(1000, 119 * SECOND, (i, at) => failed(at, botAt(i), 'anna')),
  },
  {
    name: 'over UDP',
    foundWithin: 5,
    target: 'account anna',
    observations: repeat(5, SECOND, (_, at) => failed(at, DATAGRAMS, 'anna')),
  },
  {
    name: 'between thousands of names that nobody has',
    foundWithin: 4 * 5_001 + 1,
    target: 'account anna',
    observations: repeat(20_005, 10, (i, at) =>
      i % 5_001 === 0
        ? failed(at, botAt(i % 1_000), 'anna')
        : failed(at, botAt(i % 1_000), `nobody${i}`, { exists: false }),
    ),
  },
]

export const benign: readonly SourceFixture[] = [
  { name: 'four typing errors', observations: repeat(4, MINUTE, (_, at) => failed(at, OFFICE, 'anna')) },
  {
    name: 'a phone with an old password asks every three minutes',
    observations: repeat(500, 3 * MINUTE, (_, at) => failed(at, OFFICE, 'anna')),
  },
  {
    name: 'every phone of an office, once each',
    observations: repeat(500, 20, (i, at) => failed(at, OFFICE, `phone${i}`)),
  },
]
