import {
  repeat,
  failed,
  succeeded,
  phoneReturns,
  ATTACKER,
  DATAGRAMS,
  OFFICE,
  SECOND,
  MINUTE,
  type SourceFixture,
} from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'one password for everybody',
    foundWithin: 10,
    target: 'address 203.0.113.9',
    observations: repeat(100, 30 * SECOND, (i, at) => failed(at, ATTACKER, `phone${i}`)),
  },
  {
    name: 'names that nobody has',
    foundWithin: 10,
    target: 'socket 203.0.113.9 5060',
    observations: repeat(100, 5 * SECOND, (i, at) => failed(at, DATAGRAMS, `guess${i}`, { exists: false })),
  },
  {
    name: 'one of them was right',
    foundWithin: 12,
    target: 'address 203.0.113.9',
    observations: repeat(100, 5 * SECOND, (i, at) =>
      i === 5 ? succeeded(at, ATTACKER, 'phone5') : failed(at, ATTACKER, `phone${i}`),
    ),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'of a hundred phones in an office 20 have an old password',
    observations: repeat(600, SECOND, (i, at) =>
      i % 5 === 4 ? failed(at, OFFICE, `phone${i % 100}`) : phoneReturns(at, OFFICE, `phone${i % 100}`),
    ),
  },
  {
    name: 'one phone that tries its old password again and again',
    observations: repeat(600, 5 * SECOND, (_, at) => failed(at, OFFICE, 'anna')),
  },
  {
    name: 'one wrong password a minute, slower than a spray',
    observations: repeat(9, MINUTE, (i, at) => failed(at, OFFICE, `phone${i}`)),
  },
]
