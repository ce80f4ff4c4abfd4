/** Which day and which month it is where the organisation is. */

/** Local time runs on without a gap between two multiples of it, in every zone and both ways of daylight-saving time. */
const SLOT_MS = 900_000
const MAXIMUM_ZONES = 700
/** Days at one zone: a replay goes through months of them. */
const MAXIMUM_SLOTS = 20_000

interface Zone {
  readonly formatter: Intl.DateTimeFormat
  /** By slot; undefined: midnight lies within it. */
  readonly dates: Map<number, string | undefined>
  slot: number
  date: string | undefined
}

const zones = new Map<string, Zone>()

/** `YYYY-MM-DD`. A time zone that does not exist counts as UTC. */
export function localDate(at: number, timeZone: string): string {
  const zone = zones.get(timeZone) ?? addZone(timeZone)
  const slot = Math.floor(at / SLOT_MS)
  if (slot !== zone.slot) {
    zone.slot = slot
    zone.date = dateOfSlot(zone, slot)
  }
  return zone.date ?? dateOf(zone, at)
}

/** `YYYY-MM` of a local date. */
export function monthOf(date: string): string {
  return date.slice(0, -3)
}

function dateOfSlot(zone: Zone, slot: number): string | undefined {
  const known = zone.dates.get(slot)
  if (known !== undefined || zone.dates.has(slot)) return known
  if (zone.dates.size >= MAXIMUM_SLOTS) zone.dates.clear()
  const first = dateOf(zone, slot * SLOT_MS)
  const date = first === dateOf(zone, (slot + 1) * SLOT_MS - 1) ? first : undefined
  zone.dates.set(slot, date)
  return date
}

function dateOf({ formatter }: Zone, at: number): string {
  const parts = formatter.formatToParts(at)
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find(each => each.type === type)?.value ?? ''
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
}

function addZone(timeZone: string): Zone {
  if (zones.size >= MAXIMUM_ZONES) zones.clear()
  const zone = { formatter: formatterOf(timeZone), dates: new Map(), slot: Number.NaN, date: undefined }
  zones.set(timeZone, zone)
  return zone
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const options = {
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  } as const
  try {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone })
  } catch {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' })
  }
}
