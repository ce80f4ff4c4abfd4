import { repeat, failed, sourceAt, ATTACKER, DATAGRAMS, OFFICE, SPARED, SECOND, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'a dictionary for one account',
    foundWithin: 20,
    target: 'address 203.0.113.9',
    observations: repeat(100, 50, (_, at) => failed(at, ATTACKER, 'anna')),
  },
  {
    name: 'over UDP only its socket',
    foundWithin: 20,
    target: 'socket 203.0.113.9 5060',
    observations: repeat(100, 50, (_, at) => failed(at, DATAGRAMS, 'anna')),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'a phone with an old password that asks every four seconds',
    observations: repeat(1_000, 4 * SECOND, (_, at) => failed(at, OFFICE, 'anna')),
  },
  { name: 'where a phone is registered', observations: repeat(1_000, 50, (_, at) => failed(at, SPARED, 'anna')) },
  {
    name: 'each socket of an address has little, and each could be forged',
    observations: repeat(1_000, 50, (i, at) =>
      failed(at, sourceAt('203.0.113.9', { proven: false, port: 1_024 + (i % 60) }), 'anna'),
    ),
  },
]
