import { abroad, type Fixture, HOUR, MINUTE, MONDAY } from '../story.ts'

const COUNTRIES = 'AT BE BG CH CY CZ DK EE ES FI FR GB GR HR HU IE IS IT LT LU'.split(' ')
const spray = (stepMs: number, count: number) =>
  COUNTRIES.slice(0, count).flatMap((country, i) => abroad(country, `+3312345${1000 + i}`, { at: MONDAY + i * stepMs }))

export const attacks: readonly Fixture[] = [
  { name: 'a country every five minutes', foundWithin: 5, observations: spray(5 * MINUTE, 20) },
  { name: 'a country every hour', foundWithin: 11, observations: spray(HOUR, 20) },
]

export const benign: readonly Fixture[] = [
  {
    name: 'export sales: four countries, again and again',
    observations: Array.from({ length: 60 }, (_, i) =>
      abroad(COUNTRIES[i % 4]!, `+3312345${1000 + i}`, { at: MONDAY + i * 9 * MINUTE }),
    ).flat(),
  },
]
