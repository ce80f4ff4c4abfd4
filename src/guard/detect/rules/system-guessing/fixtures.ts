import { repeat, failed, succeeded, botAt, MONDAY, MINUTE, HOUR, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: '64 rented machines, each in another network',
    foundWithin: 64,
    target: 'as AS64500',
    observations: repeat(100, MINUTE, (i, at) => failed(at, botAt(i), `leaked${i}`)),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'machines in systems that nobody knows',
    observations: repeat(100, MINUTE, (i, at) => failed(at, botAt(i + (1 << 14)), 'anna')),
  },
  {
    name: 'a phone proved itself there',
    observations: [
      succeeded(MONDAY - HOUR, botAt(5_000), 'paul'),
      ...repeat(100, MINUTE, (i, at) => failed(at, botAt(i), 'anna')),
    ],
  },
  { name: 'datagrams', observations: repeat(100, MINUTE, (i, at) => failed(at, botAt(i, { proven: false }), 'anna')) },
]
