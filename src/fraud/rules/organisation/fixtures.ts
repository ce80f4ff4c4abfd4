import { abroad, type Fixture, MINUTE, MONDAY } from '../story.ts'

export const attacks: readonly Fixture[] = [
  {
    name: 'forty extensions, one call each',
    foundWithin: 6,
    observations: Array.from({ length: 40 }, (_, i) =>
      abroad('GB', `+4470094${10_000 + i * 3}`, { at: MONDAY + i * MINUTE, payer: `p${i}` }),
    ).flat(),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'everybody dials into the same conference abroad, as every week',
    observations: [0, 7].flatMap(week =>
      Array.from({ length: week === 0 ? 4 : 20 }, (_, i) =>
        abroad('GB', '+442079461000', { at: MONDAY + week * 24 * 60 * MINUTE + i * 20_000, payer: `p${i}` }),
      ).flat(),
    ),
  },
  {
    name: 'customers abroad that are known',
    observations: Array.from({ length: 300 }, (_, i) =>
      abroad('GB', `+44207946${1000 + (i % 60)}`, { at: MONDAY + i * 11 * MINUTE, payer: `p${i % 7}` }),
    ).flat(),
  },
]
