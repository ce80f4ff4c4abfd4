import { abroad, call, type Fixture, HOUR, MONDAY } from '../story.ts'

export const attacks: readonly Fixture[] = [
  {
    name: 'a generator that sends no media',
    foundWithin: 3,
    response: 'suspend',
    observations: [0, 1, 2, 3, 4].flatMap(i =>
      abroad('GB', `+44207946${1000 + i}`, { at: MONDAY + i * HOUR, seconds: 100 + i * 31, packetsFromUs: 0 }),
    ),
  },
  {
    name: 'a generator that sends a packet now and then',
    foundWithin: 3,
    observations: [0, 1, 2, 3, 4].flatMap(i =>
      abroad('GB', `+44207946${1000 + i}`, { at: MONDAY + i * HOUR, seconds: 100 + i * 31, packetsFromUs: 3 + i }),
    ),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'people who talk',
    observations: [0, 1, 2, 3, 4].flatMap(i => abroad('GB', '+442079461000', { at: MONDAY + i * HOUR })),
  },
  {
    name: 'calls at home with a broken microphone',
    observations: [0, 1, 2, 3].flatMap(i => call({ at: MONDAY + i * HOUR, packetsFromUs: 0 })),
  },
  {
    name: 'people who listen, with phones that send little while nobody speaks',
    observations: [0, 1, 2, 3, 4].flatMap(i =>
      abroad('GB', '+442079461000', { at: MONDAY + i * HOUR, seconds: 600, packetsFromUs: 600 }),
    ),
  },
  {
    name: 'two that failed at once',
    observations: [0, 1, 2, 3].flatMap(i =>
      abroad('GB', '+442079461000', { at: MONDAY + i * HOUR, seconds: 2, packetsFromUs: 0 }),
    ),
  },
]
