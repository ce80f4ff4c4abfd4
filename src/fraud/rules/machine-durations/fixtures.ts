import { abroad, call, type Fixture, HOUR, MONDAY } from '../story.ts'

export const attacks: readonly Fixture[] = [
  {
    name: 'sixty seconds each, once an hour',
    foundWithin: 6,
    observations: Array.from({ length: 12 }, (_, i) =>
      abroad('GB', `+44207946${1000 + i * 53}`, { at: MONDAY + i * HOUR, seconds: 60 + (i % 2) }),
    ).flat(),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'talks of all lengths',
    observations: [33, 61, 190, 64, 420, 75, 62, 810, 15, 240, 63].flatMap((seconds, i) =>
      abroad('GB', '+442079461000', { at: MONDAY + i * HOUR, seconds }),
    ),
  },
  {
    name: 'the same voicemail greeting, again and again, at home',
    observations: Array.from({ length: 12 }, (_, i) => call({ at: MONDAY + i * HOUR, seconds: 21 })).flat(),
  },
]
