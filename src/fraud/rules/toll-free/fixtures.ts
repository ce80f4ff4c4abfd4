import { call, type Fixture, MINUTE, MONDAY } from '../story.ts'

export const attacks: readonly Fixture[] = [
  {
    name: 'two a minute',
    foundWithin: 14,
    response: 'suspend',
    observations: Array.from({ length: 40 }, (_, i) =>
      call({ at: MONDAY + i * 0.5 * MINUTE, e164: `+498001234${100 + i}`, seconds: 20, perMinute: 0 }),
    ).flat(),
  },
  {
    name: 'twelve an hour, day and night',
    foundWithin: 60,
    observations: Array.from({ length: 200 }, (_, i) =>
      call({ at: MONDAY + i * 5 * MINUTE, e164: `+498001234${100 + i}`, seconds: 20 + (i % 90), perMinute: 0 }),
    ).flat(),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'an hour with the hotlines of three suppliers',
    observations: Array.from({ length: 9 }, (_, i) =>
      call({ at: MONDAY + i * 6 * MINUTE, e164: `+49800123410${i % 3}`, perMinute: 0 }),
    ).flat(),
  },
]
