import { abroad, call, type Fixture, HOUR, MINUTE, MONDAY } from '../story.ts'

const NIGHT = MONDAY - 6 * HOUR

export const attacks: readonly Fixture[] = [
  {
    name: 'abroad at three in the morning',
    foundWithin: 0,
    observations: abroad('GB', '+442079461000', { at: NIGHT, officeOpen: false }),
  },
  {
    name: 'a premium number at home',
    foundWithin: 0,
    observations: call({ at: NIGHT, officeOpen: false, class: 'special-service', perMinute: 2_000_000 }),
  },
  {
    name: 'two at once',
    foundWithin: 1,
    observations: [0, 1].flatMap(i => call({ at: NIGHT + i * MINUTE, officeOpen: false, seconds: 600 })),
  },
]

export const benign: readonly Fixture[] = [
  {
    name: 'somebody on call rings a colleague, and another',
    observations: [0, 1, 2].flatMap(i => call({ at: NIGHT + i * 10 * MINUTE, officeOpen: false, seconds: 300 })),
  },
  { name: 'abroad in office hours', observations: abroad('GB', '+442079461000', { at: MONDAY }) },
  {
    name: 'abroad at night, allowed by somebody',
    observations: [
      {
        kind: 'approved',
        at: NIGHT - HOUR,
        organisationId: abroad('GB', '+44', { at: 0 })[0]!.organisationId,
        payer: 'p1',
        approval: { kind: 'after-hours', value: 'dear' },
        until: NIGHT + HOUR,
      },
      ...abroad('GB', '+442079461000', { at: NIGHT, officeOpen: false }),
    ],
  },
]
