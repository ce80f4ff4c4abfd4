import { abroad, call, type Fixture, MINUTE, MONDAY } from '../story.ts'

export const attacks: readonly Fixture[] = [
  {
    name: 'a range abroad, number by number',
    foundWithin: 3,
    observations: Array.from({ length: 8 }, (_, i) =>
      abroad('GB', `+4470094${10_000 + i}`, { at: MONDAY + i * MINUTE, seconds: i % 2 === 0 ? 0 : 5 }),
    ).flat(),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'three people of one customer, with real talks',
    observations: [0, 15, 17, 22, 31].flatMap((i, index) =>
      abroad('GB', `+44207946${1000 + i}`, { at: MONDAY + index * 5 * MINUTE, seconds: 180 }),
    ),
  },
  {
    name: 'numbers far apart, nobody answers',
    observations: Array.from({ length: 8 }, (_, i) =>
      call({ at: MONDAY + i * MINUTE, e164: `+4930${100_000 + i * 7_919}`, seconds: 0 }),
    ).flat(),
  },
]
