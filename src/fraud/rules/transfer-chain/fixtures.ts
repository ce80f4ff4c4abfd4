import { abroad, call, type Fixture, HOUR, MINUTE, MONDAY } from '../story.ts'

const transferred = { cause: 'transferred', source: undefined } as const

export const attacks: readonly Fixture[] = [
  {
    name: 'three abroad within the hour',
    foundWithin: 2,
    response: 'suspend',
    observations: [0, 1, 2, 3].flatMap(i =>
      abroad('GB', `+44207946${1000 + i}`, { at: MONDAY + i * 10 * MINUTE, seconds: 300, ...transferred }),
    ),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'a receptionist who hands calls on to mobile phones',
    observations: Array.from({ length: 10 }, (_, i) =>
      call({ at: MONDAY + i * 12 * MINUTE, e164: `+49151123456${10 + i}`, seconds: 300, ...transferred }),
    ).flat(),
  },
  {
    name: 'one abroad every two hours',
    observations: [0, 1, 2, 3].flatMap(i =>
      abroad('GB', '+442079461000', { at: MONDAY + i * 2 * HOUR, ...transferred }),
    ),
  },
]
