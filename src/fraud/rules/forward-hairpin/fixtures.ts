import type { FraudObservation } from '../../types.ts'
import { abroad, call, DAY, type Fixture, HOUR, MINUTE, MONDAY, ORGANISATION } from '../story.ts'

const set = (e164: string, at: number): FraudObservation => ({
  kind: 'forward-set',
  at,
  organisationId: ORGANISATION,
  payer: 'p1',
  e164,
})
const forwarded = { cause: 'forwarded', source: undefined } as const

export const attacks: readonly Fixture[] = [
  {
    name: 'set abroad, and used at once',
    foundWithin: 0,
    response: 'block',
    observations: [set('+5371234567', MONDAY), ...abroad('CU', '+5371234567', { at: MONDAY + MINUTE, ...forwarded })],
  },
  {
    name: 'set abroad, and hidden behind many other changes',
    foundWithin: 0,
    observations: [
      set('+5371234567', MONDAY),
      ...Array.from({ length: 30 }, (_, i) => set(`+49151123456${10 + i}`, MONDAY + i * 1_000)),
      ...abroad('CU', '+5371234567', { at: MONDAY + MINUTE, ...forwarded }),
    ],
  },
  {
    name: 'many calls through an old forward',
    foundWithin: 3,
    response: 'suspend',
    observations: [
      set('+442079461000', MONDAY - 3 * DAY),
      ...[0, 1, 2, 3].flatMap(i =>
        abroad('GB', '+442079461000', { at: MONDAY + i * MINUTE, seconds: 1_200, ...forwarded }),
      ),
    ],
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'to a mobile phone at home, from the first minute',
    observations: [
      set('+4915112345678', MONDAY),
      ...[0, 1, 2, 3, 4].flatMap(i => call({ at: MONDAY + i * 20 * MINUTE, e164: '+4915112345678', ...forwarded })),
    ],
  },
  {
    name: 'the telephone of the shop, to an answering service at home, on a busy morning',
    observations: Array.from({ length: 8 }, (_, i) =>
      call({ at: MONDAY + i * MINUTE, e164: '+493012345678', seconds: 900, ...forwarded }),
    ).flat(),
  },
  {
    name: 'to a colleague abroad, set last week',
    observations: [
      set('+442079461000', MONDAY - 7 * DAY),
      ...[0, 1, 2].flatMap(i => abroad('GB', '+442079461000', { at: MONDAY + i * HOUR, ...forwarded })),
    ],
  },
]
