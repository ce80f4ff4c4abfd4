import type { FraudObservation } from '../../types.ts'
import { call, DAY, DESK, type Fixture, HOUR, MINUTE, MONDAY, ORGANISATION, STRANGER } from '../story.ts'

const registered = (source: typeof DESK, at: number): FraudObservation => ({
  kind: 'registered',
  at,
  organisationId: ORGANISATION,
  payer: 'p1',
  source,
})
const MOBILE = { address: '198.51.100.4', network: '198.51.100.0/24', country: 'AT' }

export const attacks: readonly Fixture[] = [
  {
    name: 'registers from abroad while the phone is on the desk',
    foundWithin: 0,
    response: 'suspend',
    observations: [registered(DESK, MONDAY), registered(STRANGER, MONDAY + 20 * MINUTE)],
  },
  {
    name: 'waits for hours, while the phone on the desk keeps its registration',
    foundWithin: 0,
    observations: [
      ...[0, 1, 2, 3, 4, 5].map(i => registered(DESK, MONDAY + i * HOUR)),
      registered(STRANGER, MONDAY + 5.5 * HOUR),
    ],
  },
  {
    name: 'sends so many registrations that the one of the desk is the oldest by far',
    foundWithin: 0,
    observations: [
      registered(DESK, MONDAY),
      ...Array.from({ length: 40 }, (_, i) =>
        registered({ ...STRANGER, country: undefined }, MONDAY + (i + 1) * 1_000),
      ),
      registered(STRANGER, MONDAY + MINUTE),
    ],
  },
  {
    name: 'once more, a minute after an administrator restored the extension without changing its credentials',
    foundWithin: 0,
    observations: [
      { kind: 'restored', at: MONDAY, organisationId: ORGANISATION, payer: 'p1' },
      registered(DESK, MONDAY + MINUTE),
      registered(STRANGER, MONDAY + 2 * MINUTE),
    ],
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
    name: 'an office whose two lines are registered in two countries, for weeks',
    observations: [
      registered(DESK, MONDAY - 20 * DAY),
      registered({ ...DESK, ...MOBILE }, MONDAY - 15 * DAY),
      registered(DESK, MONDAY),
      registered({ ...DESK, ...MOBILE }, MONDAY + 20 * MINUTE),
      registered(DESK, MONDAY + 40 * MINUTE),
    ],
  },
  {
    name: 'restored: what was before is forgiven',
    observations: [
      registered({ ...DESK, ...MOBILE }, MONDAY),
      { kind: 'restored', at: MONDAY + MINUTE, organisationId: ORGANISATION, payer: 'p1' },
      registered(DESK, MONDAY + 2 * MINUTE),
    ],
  },
  {
    name: 'an address of which the country is not known',
    observations: [registered(DESK, MONDAY), registered({ ...STRANGER, country: undefined }, MONDAY + MINUTE)],
  },
]
