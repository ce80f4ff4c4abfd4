import { repeat, failed, phoneReturns, botAt, OFFICE, SECOND, MINUTE, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'two hundred sources, three accounts each and then more',
    foundWithin: 502,
    observations: repeat(2_000, 200, (i, at) => failed(at, botAt(i % 200), `phone${i >> 1}`, { tenant: 'acme' })),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'little from many organisations',
    observations: repeat(2_000, 200, (i, at) => failed(at, botAt(i % 200), `phone${i}`, { tenant: `tenant${i % 50}` })),
  },
  {
    name: 'phones that are being set up with one wrong password each, while their organisation is flooded',
    observations: [
      ...repeat(1_000, 300, (i, at) => failed(at, botAt(i), 'anna', { tenant: 'acme' })),
      ...repeat(500, SECOND, (i, at) => failed(at, botAt(2_000 + (i % 20)), `new${i % 20}`, { tenant: 'acme' })),
    ],
  },
  {
    name: 'an office with old passwords while its organisation is flooded',
    observations: [
      ...repeat(100, 300, (i, at) => phoneReturns(at, OFFICE, `phone${i}`)),
      ...repeat(1_000, 300, (i, at) => failed(at + MINUTE, botAt(i), 'anna', { tenant: 'acme' })),
      ...repeat(50, 5 * SECOND, (_, at) => failed(at + 2 * MINUTE, OFFICE, 'old', { tenant: 'acme' })),
    ],
  },
]
