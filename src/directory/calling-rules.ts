/** Number plan, office hours, places: what they may be. */
import type { OfficeHours, OfficeSchedule, OrganisationCalling } from './calling.ts'
import { isCountry } from './default-calling.ts'
import { isList, isText, isWhole } from './outside-rules.ts'
import { refuse } from './rules.ts'
import type { DirectoryRefusal } from './types.ts'

const MAXIMUM_COUNTRIES = 300
const MAXIMUM_SPANS = 50
const MAXIMUM_HOLIDAYS = 1_000
const MAXIMUM_LOCATION = 16_384
const MAXIMUM_PLACE = 200
const OPEN_CLASSES: readonly string[] = ['special-service', 'fraud-prone']

export function checkPlan(calling: OrganisationCalling): DirectoryRefusal | undefined {
  const { country, outsidePrefix, areaCode, openCountries, openClasses } = calling
  if (!isCountry(country))
    return invalid('a country is two capital letters (ISO 3166-1) of one that exists, such as DE')
  if (outsidePrefix !== undefined && !/^\d{1,4}$/.test(outsidePrefix)) {
    return invalid('the prefix of outside numbers is 1 to 4 digits, such as 0 or 9')
  }
  if (areaCode !== undefined && !/^\d{1,6}$/.test(areaCode)) {
    return invalid('an area code is 1 to 6 digits without the national prefix, such as 30 for Berlin')
  }
  if (!isList(openCountries, MAXIMUM_COUNTRIES) || !openCountries.every(isCountry)) {
    return invalid('open countries are two capital letters each (ISO 3166-1), each once, such as DE, AT')
  }
  if (!isList(openClasses, OPEN_CLASSES.length) || !openClasses.every(each => OPEN_CLASSES.includes(each))) {
    return invalid('classes that can be opened are special-service and fraud-prone')
  }
  return undefined
}

function invalid(message: string): DirectoryRefusal {
  return refuse('DIRECTORY_CALLING_INVALID', message)
}

export function checkSchedule({ timeZone, hours, holidays }: OfficeSchedule): DirectoryRefusal | undefined {
  if (!isTimeZone(timeZone)) return invalid('a time zone has a name of the IANA list, such as Europe/Berlin')
  if (hours.length > MAXIMUM_SPANS) return invalid(`office hours are at most ${MAXIMUM_SPANS} spans of time`)
  if (!hours.every(isSpan)) {
    return invalid(
      'office hours are days 1 (Monday) to 7, from HH:MM to a later HH:MM (24:00 at most); past midnight takes two spans',
    )
  }
  if (!isList(holidays, MAXIMUM_HOLIDAYS) || !holidays.every(isDate)) {
    return invalid(`holidays are dates such as 2026-12-25, each once, ${MAXIMUM_HOLIDAYS} at most`)
  }
  return undefined
}

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false
  try {
    void new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** Texts of one form compare as times do. */
function isSpan({ days, from, to }: OfficeHours): boolean {
  const time = /^([01]\d|2[0-3]):[0-5]\d$/
  return (
    days.length > 0 &&
    new Set(days).size === days.length &&
    days.every(day => isWhole(day, 1, 7)) &&
    time.test(from) &&
    (time.test(to) || to === '24:00') &&
    from < to
  )
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

/** A text for people, and a PIDF-LO document (RFC 4119 §2.2) that is sent as it is: no part of it may be looked up elsewhere. */
export function checkLocation(document: string | undefined, text: string | undefined): DirectoryRefusal | undefined {
  if (document !== undefined && !isLocationDocument(document)) {
    return invalid(
      `an emergency location is a PIDF-LO document (RFC 4119): <presence xmlns="urn:ietf:params:xml:ns:pidf" …> with a location, no DOCTYPE, at most ${MAXIMUM_LOCATION} characters`,
    )
  }
  return checkPlace(text)
}

export function checkPlace(text: string | undefined): DirectoryRefusal | undefined {
  if (text === undefined || isText(text, MAXIMUM_PLACE)) return undefined
  return invalid(`a place is one line of 1 to ${MAXIMUM_PLACE} characters, such as "Main street 1, 2nd floor"`)
}

function isLocationDocument(document: string): boolean {
  const text = document.trim()
  return (
    document.length <= MAXIMUM_LOCATION &&
    /^<(\?xml [^>]*\?>\s*<)?([\w-]+:)?presence[\s>]/.test(text) &&
    /<\/([\w-]+:)?presence>$/.test(text) &&
    text.includes('urn:ietf:params:xml:ns:pidf') &&
    !/<!(DOCTYPE|ENTITY)/i.test(text) &&
    // oxlint-disable-next-line no-control-regex
    !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text) &&
    text.isWellFormed()
  )
}
