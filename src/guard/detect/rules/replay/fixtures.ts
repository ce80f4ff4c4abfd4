import { repeat, succeeded, ATTACKER, OFFICE, SECOND, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'recorded credentials, sent again and again',
    foundWithin: 10,
    target: 'address 203.0.113.9',
    observations: repeat(50, SECOND, (_, at) => ({ kind: 'replayed', at, source: ATTACKER, username: 'anna' })),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'a phone that does not count',
    observations: repeat(500, 30 * SECOND, (_, at) => [
      { kind: 'replayed', at, source: OFFICE, username: 'anna' },
      succeeded(at + 50, OFFICE, 'anna'),
    ]),
  },
  {
    name: 'answers that are lost now and then',
    observations: repeat(60, 90 * SECOND, (_, at) => ({ kind: 'replayed', at, source: OFFICE, username: 'anna' })),
  },
]
