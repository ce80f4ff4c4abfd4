import { repeat, failed, succeeded, sourceAt, MONDAY, SECOND, MINUTE, HOUR, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'eight neighbours, once each',
    foundWithin: 8,
    target: 'network 198.51.100.0/24',
    observations: repeat(8, HOUR, (i, at) => failed(at, sourceAt(`198.51.100.${i + 1}`), `leaked${i}`)),
  },
  {
    name: 'IPv6: eight /64 of one /48',
    foundWithin: 8,
    target: 'network 2001:db8:7::/48',
    observations: repeat(8, HOUR, (i, at) => failed(at, sourceAt(`2001:db8:7:${i + 1}::1`), 'anna')),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'datagrams, which may be forged',
    observations: repeat(500, SECOND, (i, at) =>
      failed(at, sourceAt(`198.51.100.${i % 250}`, { proven: false }), 'anna'),
    ),
  },
  {
    name: 'one phone in it proved itself',
    observations: [
      succeeded(MONDAY - HOUR, sourceAt('198.51.100.200'), 'paul'),
      ...repeat(20, MINUTE, (i, at) => failed(at, sourceAt(`198.51.100.${i + 1}`), 'anna')),
    ],
  },
  {
    name: 'one phone in it is registered, with an old password in a second one',
    observations: repeat(20, MINUTE, (i, at) =>
      failed(at, sourceAt(`198.51.100.${i + 1}`, { spared: i === 3 }), 'anna'),
    ),
  },
]
