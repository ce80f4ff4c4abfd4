import { repeat, failed, botAt, ATTACKER, OFFICE, SPARED, MINUTE, HOUR, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'one guess an hour from one source',
    foundWithin: 50,
    target: 'account anna',
    observations: repeat(72, HOUR, (_, at) => failed(at, ATTACKER, 'anna')),
  },
  {
    name: 'one guess an hour, each from another source',
    foundWithin: 50,
    target: 'account anna',
    observations: repeat(72, HOUR, (i, at) => failed(at, botAt(i), 'anna')),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'a second phone with an old password where the first is registered',
    observations: repeat(5_000, 3 * MINUTE, (_, at) => failed(at, SPARED, 'anna')),
  },
  { name: 'a typing error a day', observations: repeat(60, 12 * HOUR, (_, at) => failed(at, OFFICE, 'anna')) },
]
