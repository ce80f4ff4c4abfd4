import type { CallId } from '../../../base/ids.ts'
import type { FraudObservation } from '../../types.ts'
import { abroad, type Fixture, HOUR, MINUTE, MONDAY, ORGANISATION } from '../story.ts'

const rang = (from: string, ringMs: number, answered = false): FraudObservation => ({
  kind: 'incoming',
  at: MONDAY,
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
    observations: [rang('+2222345678', 2_000), ...abroad('MR', '+2222345678', { at: MONDAY + HOUR })],
  },
  {
    name: 'another number of the same range',
    foundWithin: 0,
    observations: [rang('+2222345678', 2_000), ...abroad('MR', '+2222345699', { at: MONDAY + HOUR })],
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
]
