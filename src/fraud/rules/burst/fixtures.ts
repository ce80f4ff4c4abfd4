import { abroad, call, type Fixture, MINUTE, MONDAY, STRANGER } from '../story.ts'

const times = <T>(count: number, make: (index: number) => T[]): T[] =>
  Array.from({ length: count }, (_, i) => make(i)).flat()

export const attacks: readonly Fixture[] = [
  {
    name: 'twenty channels at once',
    foundWithin: 7,
    observations: times(20, i => abroad('CU', `+5371234${100 + i}`, { at: MONDAY + i * 200, source: STRANGER })),
  },
  {
    name: 'one call abroad a minute',
    foundWithin: 7,
    observations: times(20, i => abroad('GB', `+44207946${1000 + i}`, { at: MONDAY + i * MINUTE, seconds: 50 })),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'a busy morning of a salesperson',
    observations: times(40, i =>
      call({ at: MONDAY + i * 3 * MINUTE, e164: `+4930${200_000 + i * 977}`, seconds: 120 }),
    ),
  },
  {
    name: 'redialling a number that is busy',
    observations: times(5, i => call({ at: MONDAY + i * 12_000, seconds: 0, ringSeconds: 1 })),
  },
  {
    name: 'a PBX behind us with many phones',
    observations: times(60, i =>
      call({ at: MONDAY + i * 1_500, payer: 'trunk:pbx', e164: `+4940${200_000 + i * 977}` }),
    ),
  },
]
