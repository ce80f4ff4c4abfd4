import { abroad, call, type Fixture, HOUR, MONDAY, ORGANISATION } from '../story.ts'

export const attacks: readonly Fixture[] = [
  {
    name: 'a range at two a minute in a country that is open',
    foundWithin: 0,
    observations: [0, 1, 2].flatMap(i =>
      abroad('GB', `+4420890${10_000 + i}`, { at: MONDAY + i * HOUR, perMinute: 2_000_000 }),
    ),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'cheap numbers that nobody called',
    observations: [...call({ at: MONDAY }), ...abroad('GB', '+442079461000', { at: MONDAY + HOUR })],
  },
  {
    name: 'a ship at sea that somebody allowed, and then by everybody',
    observations: [
      {
        kind: 'approved',
        at: MONDAY,
        organisationId: ORGANISATION,
        payer: undefined,
        approval: { kind: 'number', value: '+881612345678' },
        until: MONDAY + 2 * HOUR,
      },
      ...abroad('-', '+881612345678', { at: MONDAY + HOUR, perMinute: 10_000_000 }),
      ...abroad('-', '+881612345678', { at: MONDAY + 9 * HOUR, perMinute: 10_000_000, payer: 'p2' }),
    ],
  },
]
