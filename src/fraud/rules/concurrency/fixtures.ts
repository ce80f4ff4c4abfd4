import { abroad, call, type Fixture, MINUTE, MONDAY } from '../story.ts'

export const attacks: readonly Fixture[] = [
  {
    name: 'four calls abroad, slowly, that all go on',
    foundWithin: 3,
    observations: [0, 1, 2, 3].flatMap(i =>
      abroad('GB', `+44207946${1000 + i}`, { at: MONDAY + i * 5 * MINUTE, seconds: 3_600 }),
    ),
  },
  {
    name: 'many at home',
    foundWithin: 6,
    observations: Array.from({ length: 9 }, (_, i) => call({ at: MONDAY + i * MINUTE, seconds: 3_600 })).flat(),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'a conference of three, one abroad',
    observations: [
      ...call({ at: MONDAY, seconds: 1_800 }),
      ...call({ at: MONDAY + MINUTE, seconds: 1_700 }),
      ...abroad('FR', '+33142685300', { at: MONDAY + 2 * MINUTE, seconds: 1_600 }),
    ],
  },
  {
    name: 'one after another all day',
    observations: Array.from({ length: 50 }, (_, i) => call({ at: MONDAY + i * 5 * MINUTE, seconds: 240 })).flat(),
  },
]
