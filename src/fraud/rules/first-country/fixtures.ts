import { abroad, type Fixture, HOUR, MINUTE, MONDAY, ORGANISATION } from '../story.ts'

export const attacks: readonly Fixture[] = [
  { name: 'a country that nobody called', foundWithin: 0, observations: abroad('CU', '+5371234567', { at: MONDAY }) },
  {
    name: 'three of them in an hour',
    foundWithin: 0,
    observations: ['CU', 'SO', 'LV'].flatMap((country, i) =>
      abroad(country, '+5371234567', { at: MONDAY + i * 10 * MINUTE }),
    ),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'a country that was allowed, and then by a colleague',
    observations: [
      {
        kind: 'approved',
        at: MONDAY,
        organisationId: ORGANISATION,
        payer: 'p1',
        approval: { kind: 'country', value: 'MX' },
        until: MONDAY + HOUR,
      },
      ...abroad('MX', '+525512345678', { at: MONDAY + MINUTE }),
      ...abroad('MX', '+525512345679', { at: MONDAY + 30 * HOUR, payer: 'p2' }),
    ],
  },
]
