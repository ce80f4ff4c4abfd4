import type { CallId } from '../../../base/ids.ts'
import type { FraudObservation } from '../../types.ts'
import { abroad, type Fixture, HOUR, MINUTE, MONDAY, ORGANISATION } from '../story.ts'

const rang = (from: string, ringMs: number, answered = false, at = MONDAY): FraudObservation => ({
  kind: 'incoming',
  at,
  organisationId: ORGANISATION,
  callId: `in-${from}-${ringMs}` as CallId,
  from,
  payer: 'p2',
  answered,
  ringMs,
})

export const attacks: readonly Fixture[] = [
  {
    name: 'called back by a colleague',
    foundWithin: 0,
    response: 'confirm',
    observations: [rang('+2222345678', 2_000), ...abroad('MR', '+2222345678', { at: MONDAY + HOUR })],
  },
  {
    name: 'another number of the same range',
    foundWithin: 0,
    observations: [rang('+2222345678', 2_000), ...abroad('MR', '+2222345699', { at: MONDAY + HOUR })],
  },
  {
    name: 'among hundreds of other calls that nobody took',
    foundWithin: 0,
    observations: [
      rang('+2222345678', 2_000),
      ...Array.from({ length: 300 }, (_, i) => rang(`+4930555${1_000 + i}`, 15_000, false, MONDAY + i * 1_000)),
      ...abroad('MR', '+2222345678', { at: MONDAY + HOUR }),
    ],
  },
  {
    name: 'rings for longer, from a number that costs much',
    foundWithin: 0,
    observations: [
      rang('+2222345678', 14_000),
      ...abroad('MR', '+2222345678', { at: MONDAY + HOUR, perMinute: 900_000 }),
    ],
  },
  {
    name: 'was taken once, by a voicemail box: whoever calls may show any number',
    foundWithin: 0,
    observations: [
      rang('+2222345678', 9_000, true, MONDAY - HOUR),
      rang('+2222345678', 2_000),
      ...abroad('MR', '+2222345678', { at: MONDAY + HOUR, perMinute: 900_000 }),
    ],
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'a customer who let it ring',
    observations: [rang('+442079461000', 25_000), ...abroad('GB', '+442079461000', { at: MONDAY + MINUTE })],
  },
  {
    name: 'a customer who is known, and rang shortly',
    observations: [
      ...abroad('GB', '+442079461000', { at: MONDAY - 24 * HOUR }),
      rang('+442079461000', 2_000),
      ...abroad('GB', '+442079461000', { at: MONDAY + MINUTE }),
    ],
  },
  {
    name: 'a stranger who rang shortly, in a country where calls are cheap',
    observations: [
      rang('+442079461000', 2_000),
      ...abroad('GB', '+442079461000', { at: MONDAY + MINUTE, perMinute: 60_000 }),
    ],
  },
  {
    name: 'a customer who is known from calls that were taken, and rang shortly',
    observations: [
      rang('+442079461000', 9_000, true, MONDAY - HOUR),
      rang('+442079461000', 2_000),
      ...abroad('GB', '+442079461000', { at: MONDAY + MINUTE }),
    ],
  },
]
