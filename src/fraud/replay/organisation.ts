/** Whose calls are replayed: a document of JSON, and the directory that it stands for. */
import type { ExtensionId, OrganisationId } from '../../base/ids.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import type { OfficeHours, OrganisationCalling } from '../../directory/calling.ts'
import type { Extension } from '../../directory/types.ts'
import { countries } from '../../routing/country-plans.ts'
import type { RouteReader } from '../../routing/route-dialled.ts'

export const REPLAYED = 'replay' as OrganisationId

export interface ReplayOrganisation {
  readonly calling: OrganisationCalling
  readonly isExtension: (number: string) => boolean
  readonly owned: ReadonlySet<string>
}

export interface OrganisationFault {
  /** `hours[0].from` */
  readonly path: string
  readonly message: string
}

type Read<T> = Result<T, OrganisationFault>

const KEYS = [
  'country',
  'timeZone',
  'hours',
  'holidays',
  'openCountries',
  'openClasses',
  'outsidePrefix',
  'areaCode',
  'extensions',
  'numbers',
  'offNetForwarding',
] as const
const CLASSES = ['special-service', 'fraud-prone'] as const
/** What is an extension where nobody says: too short for a number of the public network. */
const SHORT = /^\d{2,5}$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/

export const EXAMPLE = `{
  "country": "DE", "timeZone": "Europe/Berlin",
  "hours": [{ "days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00" }], "holidays": ["2026-12-25"],
  "openCountries": ["AT", "GB"], "openClasses": [], "outsidePrefix": "0", "areaCode": "30",
  "extensions": ["100-199", "300"], "numbers": ["+493055501"], "offNetForwarding": false
}`

/** `text` undefined: an office in the United States with the defaults of a new system. */
export function readOrganisation(text: string | undefined, defaultCountry = 'US'): Read<ReplayOrganisation> {
  let document: unknown
  try {
    document = text === undefined ? {} : JSON.parse(text)
  } catch (error) {
    return fail({ path: '', message: `is no JSON: ${(error as Error).message}` })
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return fail({ path: '', message: `is no object, such as ${EXAMPLE}` })
  }
  const fields = document as Readonly<Record<string, unknown>>
  const unknown = Object.keys(fields).find(key => !(KEYS as readonly string[]).includes(key))
  if (unknown !== undefined) return fail({ path: unknown, message: `is not known; known are ${KEYS.join(', ')}` })
  try {
    return ok(organisationOf(fields, defaultCountry))
  } catch (error) {
    if (error instanceof Wrong) return fail(error.fault)
    throw error
  }
}

class Wrong extends Error {
  readonly fault: OrganisationFault
  constructor(path: string, message: string) {
    super(message)
    this.fault = { path, message }
  }
}

function organisationOf(fields: Readonly<Record<string, unknown>>, defaultCountry: string): ReplayOrganisation {
  const country = countryOf('country', fields['country'] ?? defaultCountry)
  const open = listOf('openCountries', fields['openCountries']).map((each, index) =>
    countryOf(`openCountries[${index}]`, each),
  )
  const classes = listOf('openClasses', fields['openClasses'])
  const wrongClass = classes.findIndex(each => !(CLASSES as readonly unknown[]).includes(each))
  if (wrongClass >= 0) throw new Wrong(`openClasses[${wrongClass}]`, `is none of ${CLASSES.join(', ')}`)
  const extensions = textsOf('extensions', fields['extensions']).map((each, index) =>
    rangeOf(`extensions[${index}]`, each),
  )
  const numbers = textsOf('numbers', fields['numbers'])
  const wrongNumber = numbers.findIndex(each => !/^\+\d{6,15}$/.test(each))
  if (wrongNumber >= 0) throw new Wrong(`numbers[${wrongNumber}]`, 'is no number of E.164, such as +493055501')
  const forwarding = fields['offNetForwarding'] ?? false
  if (typeof forwarding !== 'boolean') throw new Wrong('offNetForwarding', 'is neither true nor false')
  return {
    owned: new Set(numbers),
    isExtension: number =>
      extensions.length === 0
        ? SHORT.test(number)
        : extensions.some(([from, to]) => number.length === from.length && number >= from && number <= to),
    calling: {
      organisationId: REPLAYED,
      country,
      outsidePrefix: digitsOf('outsidePrefix', fields['outsidePrefix']),
      areaCode: digitsOf('areaCode', fields['areaCode']),
      openCountries: [...new Set([country, ...open])],
      openClasses: classes as OrganisationCalling['openClasses'],
      defaultCallerId: numbers[0],
      schedule: {
        timeZone: zoneOf(fields['timeZone']),
        hours: listOf('hours', fields['hours']).map(hoursOf),
        holidays: textsOf('holidays', fields['holidays'], DAY, 'is no date such as 2026-12-25'),
      },
      offNetForwarding: forwarding,
      emergencyLocation: undefined,
      emergencyLocationText: undefined,
      emergencyNotify: [],
    },
  }
}

/** Extensions are whoever has such a number; the public numbers are those of the document. */
export function readerOf({ calling, isExtension, owned }: ReplayOrganisation): RouteReader {
  const extension = (number: string): Extension => ({
    id: number as ExtensionId,
    organisationId: REPLAYED,
    number,
    name: number,
    state: 'active',
    suspendedReason: undefined,
    createdAt: 0,
  })
  return {
    extensionByNumber: (_, number) => (isExtension(number) ? extension(number) : undefined),
    callingOf: () => calling,
    groupByNumber: () => undefined,
    ownedNumber: e164 =>
      owned.has(e164)
        ? {
            id: e164 as never,
            organisationId: REPLAYED,
            e164,
            label: '',
            target: { kind: 'reject' },
            afterHours: undefined,
            anonymous: 'accept',
            createdAt: 0,
          }
        : undefined,
  }
}

function countryOf(path: string, value: unknown): string {
  if (typeof value === 'string' && countries().includes(value)) return value
  throw new Wrong(path, 'is no country of ISO 3166-1, two capital letters such as DE')
}

function zoneOf(value: unknown = 'UTC'): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: String(value) }).resolvedOptions().timeZone
  } catch {
    throw new Wrong('timeZone', 'is no time zone such as Europe/Berlin')
  }
}

function listOf(path: string, value: unknown = []): readonly unknown[] {
  if (!Array.isArray(value)) throw new Wrong(path, 'is no list')
  return value
}

function textsOf(path: string, value: unknown, form = /./, message = 'is no text'): readonly string[] {
  return listOf(path, value).map((each, index) => {
    const text = typeof each === 'number' ? String(each) : each
    if (typeof text !== 'string' || !form.test(text)) throw new Wrong(`${path}[${index}]`, message)
    return text
  })
}

function digitsOf(path: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string' || !/^\d{1,6}$/.test(value)) throw new Wrong(path, 'is no text of digits')
  return value
}

function rangeOf(path: string, text: string): readonly [from: string, to: string] {
  const [from = '', to = from] = text.split('-')
  const sound = /^\d{1,10}$/.test(from) && /^\d{1,10}$/.test(to) && from.length === to.length && from <= to
  if (!sound) throw new Wrong(path, 'is neither an extension such as 101 nor a range such as 100-199')
  return [from, to]
}

function hoursOf(value: unknown, index: number): OfficeHours {
  const path = `hours[${index}]`
  const { days, from, to } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const sound =
    Array.isArray(days) && days.length > 0 && days.every(each => Number.isInteger(each) && each >= 1 && each <= 7)
  if (!sound) throw new Wrong(`${path}.days`, 'is no list of days from 1 (Monday) to 7')
  for (const [name, each] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (typeof each !== 'string' || !TIME.test(each)) throw new Wrong(`${path}.${name}`, 'is no time such as 08:00')
  }
  return { days: days as number[], from: from as string, to: to as string }
}
