import type { FraudObservation } from '../../types.ts'
import { abroad, call, DAY, DESK, type Fixture, HOUR, MONDAY, ORGANISATION, STRANGER } from '../story.ts'

const registered = (source: typeof DESK, at: number): FraudObservation => ({
  kind: 'registered',
  at,
  organisationId: ORGANISATION,
  payer: 'p1',
  source,
})
const HOME = { ...DESK, address: '198.51.100.4', network: '198.51.100.0/24' }

export const attacks: readonly Fixture[] = [
  {
    name: 'stolen credentials, in another country, with another phone',
    foundWithin: 1,
    observations: [
      registered(DESK, MONDAY - DAY),
      ...abroad('GB', '+442079461000', { at: MONDAY - HOUR }),
      registered(STRANGER, MONDAY),
      ...abroad('GB', '+442079461000', { at: MONDAY + 60_000, source: STRANGER }),
    ],
  },
  {
    name: 'stolen credentials, another country and another phone, to where a minute costs most',
    foundWithin: 0,
    response: 'suspend',
    observations: [
      registered(DESK, MONDAY - DAY),
      ...abroad('CU', '+5371234567', { at: MONDAY, perMinute: 1_800_000, source: STRANGER }),
    ],
  },
  {
    name: 'a new phone at the desk, to where a minute costs most: somebody is asked',
    foundWithin: 0,
    response: 'confirm',
    observations: [
      registered(DESK, MONDAY - DAY),
      ...abroad('CU', '+5371234567', { at: MONDAY, perMinute: 1_800_000, source: { ...DESK, userAgent: 'New phone' } }),
    ],
  },
  {
    name: 'a journey with the known phone, to where a minute costs most: somebody is asked',
    foundWithin: 0,
    response: 'confirm',
    observations: [
      registered(DESK, MONDAY - DAY),
      ...abroad('CU', '+5371234567', {
        at: MONDAY,
        perMinute: 1_800_000,
        source: { ...STRANGER, userAgent: DESK.userAgent },
      }),
    ],
  },
  {
    name: 'registered, and patient for a day',
    foundWithin: 0,
    observations: [
      registered(DESK, MONDAY - 10 * DAY),
      registered(STRANGER, MONDAY),
      ...abroad('GB', '+442079461000', { at: MONDAY + 30 * HOUR, source: STRANGER }),
    ],
  },
  {
    name: 'the same from a data centre in the same country',
    foundWithin: 1,
    observations: [
      ...call({ at: MONDAY - HOUR }),
      ...abroad('GB', '+442079461000', { at: MONDAY, source: { ...STRANGER, country: 'DE' } }),
    ],
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'the home office, on the same phone',
    observations: [
      ...call({ at: MONDAY - DAY }),
      registered(HOME, MONDAY),
      ...abroad('GB', '+442079461000', { at: MONDAY + 60_000, source: HOME }),
    ],
  },
  {
    name: 'the second journey to a customer abroad, by another network',
    observations: [
      ...call({ at: MONDAY - 40 * DAY }),
      ...call({ at: MONDAY - 30 * DAY, source: { ...STRANGER, country: 'GB', userAgent: 'Mobile' } }),
      ...call({ at: MONDAY - 20 * DAY }),
      ...abroad('GB', '+442079461000', {
        at: MONDAY,
        source: { ...STRANGER, network: '198.51.100.0/24', country: 'GB', userAgent: 'Mobile' },
      }),
    ],
  },
  {
    name: 'the same phone, whose software was renewed',
    observations: [
      ...call({ at: MONDAY - DAY, source: { ...DESK, userAgent: 'Maker Desk-T54W 96.86.0.70' } }),
      ...abroad('GB', '+442079461000', {
        at: MONDAY,
        source: { ...DESK, userAgent: 'Maker Desk-T54W 96.87.1.4 (b2)' },
      }),
    ],
  },
  { name: 'the first call of all', observations: abroad('GB', '+442079461000', { at: MONDAY, source: STRANGER }) },
  {
    name: 'calls at home from anywhere',
    observations: [...call({ at: MONDAY - DAY }), ...call({ at: MONDAY, source: STRANGER })],
  },
]
