import {
  repeat,
  succeeded,
  challenged,
  refused,
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
    name: 'four names an hour',
    foundWithin: 30,
    target: 'address 203.0.113.9',
    observations: repeat(96, 15 * MINUTE, (i, at) => challenged(at, ATTACKER, String(100 + i))),
  },
  {
    name: 'calls to numbers, refused',
    foundWithin: 30,
    target: 'socket 203.0.113.9 5060',
    observations: repeat(60, 2 * MINUTE, (i, at) =>
      refused(at, DATAGRAMS, 'dropUnknownSource', `900441${i}`, 'INVITE'),
    ),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'the power comes back: 5,000 phones behind one address within a minute, while we can follow slowly',
    observations: repeat(5_000, 12, (i, at) => [
      challenged(at, OFFICE, `phone${i}`),
      succeeded(at + 25 * MINUTE, OFFICE, `phone${i}`),
    ]),
  },
  {
    name: 'one phone that is asked each minute and never answers',
    observations: repeat(3_000, MINUTE, (_, at) => challenged(at, OFFICE, 'anna')),
  },
  {
    name: 'phones that come back each hour',
    observations: repeat(400, 3 * MINUTE, (i, at) => phoneReturns(at, OFFICE, `phone${i % 60}`)),
  },
  {
    name: 'too many messages',
    observations: repeat(400, 30 * SECOND, (i, at) => refused(at, OFFICE, 'capRate', `phone${i}`)),
  },
]
