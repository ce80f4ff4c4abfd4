import type { FraudObservation } from '../../types.ts'
import { call, DAY, DESK, type Fixture, HOUR, MINUTE, MONDAY, ORGANISATION, STRANGER } from '../story.ts'

const registered = (source: typeof DESK, at: number): FraudObservation => ({
  kind: 'registered',
  at,
  organisationId: ORGANISATION,
  payer: 'p1',
  source,
})

export const attacks: readonly Fixture[] = [
  {
    name: 'registers from abroad while the phone is on the desk',
    foundWithin: 0,
    observations: [registered(DESK, MONDAY), registered(STRANGER, MONDAY + 20 * MINUTE)],
  },
  {
    name: 'calls from abroad',
    foundWithin: 1,
    observations: [...call({ at: MONDAY }), ...call({ at: MONDAY + HOUR, source: STRANGER })],
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'a journey with the mobile phone, while another device stays on the desk',
    observations: [
      registered(DESK, MONDAY),
      registered({ ...STRANGER, device: 'd2' }, MONDAY + 10 * MINUTE),
      registered(DESK, MONDAY + HOUR),
    ],
  },
  {
    name: 'the same phone, abroad the next day',
    observations: [registered(DESK, MONDAY), registered({ ...DESK, ...STRANGER }, MONDAY + DAY)],
  },
  {
    name: 'an address of which the country is not known',
    observations: [registered(DESK, MONDAY), registered({ ...STRANGER, country: undefined }, MONDAY + MINUTE)],
  },
]
