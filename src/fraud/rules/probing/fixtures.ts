import type { CallId } from '../../../base/ids.ts'
import type { FraudObservation } from '../../types.ts'
import { type Fixture, MINUTE, MONDAY, ORGANISATION } from '../story.ts'

const refused = (dialled: string, at: number, rule = 'ROUTE_COUNTRY_CLOSED'): FraudObservation => ({
  kind: 'refused',
  at,
  organisationId: ORGANISATION,
  callId: `refused-${at}` as CallId,
  payer: 'p1',
  rule,
  dialled,
})

export const attacks: readonly Fixture[] = [
  {
    name: 'closed countries, one after another',
    foundWithin: 0,
    response: 'suspend',
    observations: Array.from({ length: 8 }, (_, i) => refused(`00${53 + i}12345678`, MONDAY + i * 30_000)),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'mistyped, and redialled',
    observations: [0, 1, 2, 3, 4, 5, 6].map(i => refused(i < 5 ? '0030123' : '00301234', MONDAY + i * 20_000)),
  },
  {
    name: 'a busy desk, when the budget of all is spent or the store is gone',
    observations: Array.from({ length: 30 }, (_, i) =>
      refused(
        `030123${10 + i}`,
        MONDAY + i * 20_000,
        ['FRAUD_CAP_ORGANISATION_DAY', 'FRAUD_STORE_GONE', 'FRAUD_ORGANISATION'][i % 3],
      ),
    ),
  },
  {
    name: 'one wrong number an hour',
    observations: Array.from({ length: 9 }, (_, i) => refused(`00${i}1`, MONDAY + i * 60 * MINUTE)),
  },
]
