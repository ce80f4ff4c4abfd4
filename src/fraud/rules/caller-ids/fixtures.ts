import { call, type Fixture, MINUTE, MONDAY } from '../story.ts'

export const attacks: readonly Fixture[] = [
  {
    name: 'another number each time',
    foundWithin: 4,
    response: 'suspend',
    observations: Array.from({ length: 8 }, (_, i) =>
      call({ at: MONDAY + i * 2 * MINUTE, callerId: `+4930555${100 + i}` }),
    ).flat(),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'its own number and that of the hotline',
    observations: Array.from({ length: 30 }, (_, i) =>
      call({ at: MONDAY + i * 5 * MINUTE, callerId: i % 2 === 0 ? '+493055501' : '+493055500' }),
    ).flat(),
  },
  {
    name: 'a PBX with twenty people behind it',
    observations: Array.from({ length: 20 }, (_, i) =>
      call({ at: MONDAY + i * MINUTE, payer: 'trunk:pbx', callerId: `+4930555${100 + i}` }),
    ).flat(),
  },
]
