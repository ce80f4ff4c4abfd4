import { abroad, type Fixture, HOUR, MINUTE, MONDAY } from '../story.ts'

export const attacks: readonly Fixture[] = [
  {
    name: 'two minutes at .50 every hour, day and night',
    foundWithin: 10,
    observations: Array.from({ length: 72 }, (_, i) =>
      abroad('GB', `+44207946${1000 + ((i * 37) % 900)}`, { at: MONDAY + i * HOUR, seconds: 118 }),
    ).flat(),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'two short calls abroad a day for a month',
    observations: Array.from({ length: 60 }, (_, i) =>
      abroad('GB', '+442079461000', {
        at: MONDAY + Math.floor(i / 2) * 24 * HOUR + (i % 2) * 90 * MINUTE,
        seconds: 150,
      }),
    ).flat(),
  },
]
