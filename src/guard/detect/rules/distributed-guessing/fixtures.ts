import { repeat, failed, botAt, ATTACKER, MINUTE, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'a hundred sources, two guesses each, half an hour apart',
    foundWithin: 80,
    target: 'account anna',
    observations: repeat(200, 30 * MINUTE, (i, at) => failed(at, botAt(i >> 1), 'anna')),
  },
  {
    name: 'each source once',
    foundWithin: 20,
    target: 'account anna',
    observations: repeat(30, 40 * MINUTE, (i, at) => failed(at, botAt(i), 'anna')),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'a mobile phone with an old password, in six networks a day',
    observations: repeat(2_000, 5 * MINUTE, (i, at) => failed(at, botAt(Math.floor(i / 48)), 'anna')),
  },
  { name: 'one source that guesses', observations: repeat(500, MINUTE, (_, at) => failed(at, ATTACKER, 'anna')) },
]
