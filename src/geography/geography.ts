/** In which country and autonomous system an address is, by who registered and who announces it: read on demand, and never a reason to stop. */
import { fail, ok, type Result } from '../base/result.ts'
import { type PublicAddress, publicAddress } from './public-address.ts'
import { type GeographyFiles, packagedFiles, packagedSystems } from './packaged-files.ts'
import type { Kind, RangesIPv4, RangesIPv6 } from './ranges.ts'
import { countryOfCode, findIPv4, findIPv6, parseRangesIPv4, parseRangesIPv6 } from './ranges.ts'

export interface GeographyData {
  readonly version: string
  /** When it was collected, in milliseconds since the epoch; undefined: the version does not say. */
  readonly collectedAt: number | undefined
  readonly ranges: number
}

export interface NetworkOfAddress {
  /** The number of the autonomous system that announces it; undefined: not known, or no data. */
  readonly as: number | undefined
  /** ISO 3166-1 alpha-2; undefined: not known, or no data. */
  readonly country: string | undefined
}

export interface Geography {
  /** ISO 3166-1 alpha-2; undefined: a private address, no address, not known, or no data. */
  countryOfAddress(text: string): string | undefined
  /** Undefined: a private address, or no address. The first time it reads both tables. */
  networkOfAddress(text: string): NetworkOfAddress | undefined
  /** Reads what is not read yet, in a tenth of a second during which nothing else happens: better at the start than within a call. */
  load(): GeographyData | undefined
  /** The same for autonomous systems, in half a second. Seven megabytes stay. */
  loadSystems(): GeographyData | undefined
}

export interface GeographyOptions {
  /** Default: those of the package. Throws where there are none. */
  readonly files?: () => GeographyFiles
  readonly systems?: () => GeographyFiles
  /** The data cannot be used; from then on no address has a country, or no system. Said once for each. */
  onProblem(detail: string): void
}

interface Tables extends GeographyData {
  readonly ipv4: RangesIPv4
  readonly ipv6: RangesIPv6
}

export function createGeography(options: GeographyOptions): Geography {
  const { files = packagedFiles, systems = packagedSystems, onProblem } = options
  const countries = readOnce('country', files, onProblem)
  const systemsOf = readOnce('system', systems, detail => onProblem(`autonomous systems: ${detail}`))

  return {
    countryOfAddress(text) {
      const address = publicAddress(text)
      return address === undefined ? undefined : countryOfCode(find(countries(), address))
    },
    networkOfAddress(text) {
      const address = publicAddress(text)
      if (address === undefined) return undefined
      const system = find(systemsOf(), address)
      return { as: system === 0 ? undefined : system, country: countryOfCode(find(countries(), address)) }
    },
    load: () => aboutData(countries()),
    loadSystems: () => aboutData(systemsOf()),
  }
}

function readOnce(
  kind: Kind,
  files: () => GeographyFiles,
  onProblem: (detail: string) => void,
): () => Tables | undefined {
  let tables: Tables | undefined
  let wasRead = false
  return () => {
    if (wasRead) return tables
    wasRead = true
    const result = readTables(kind, files)
    if (result.ok) tables = result.value
    else onProblem(result.error)
    return tables
  }
}

function aboutData(data: Tables | undefined): GeographyData | undefined {
  if (data === undefined) return undefined
  const { version, collectedAt, ranges } = data
  return { version, collectedAt, ranges }
}

function find(data: Tables | undefined, address: PublicAddress): number {
  if (data === undefined) return 0
  return address.family === 4 ? findIPv4(data.ipv4, address.value) : findIPv6(data.ipv6, address.high, address.low)
}

function readTables(kind: Kind, filesOf: () => GeographyFiles): Result<Tables, string> {
  let files: GeographyFiles
  try {
    files = filesOf()
  } catch (error) {
    return fail(`cannot be read: ${(error as Error).message}`)
  }
  const ipv4 = parseRangesIPv4(files.ipv4, kind)
  if (!ipv4.ok) return fail(`IPv4: ${ipv4.error}`)
  const ipv6 = parseRangesIPv6(files.ipv6, kind)
  if (!ipv6.ok) return fail(`IPv6: ${ipv6.error}`)
  const ranges = ipv4.value.value.length + ipv6.value.value.length
  const collectedAt = collectedAtOf(files.version)
  return ok({ version: files.version, collectedAt, ranges, ipv4: ipv4.value, ipv6: ipv6.value })
}

/** `2.3.2026061719`: year, month, day and hour. */
function collectedAtOf(version: string): number | undefined {
  const [, year, month, day, hour] = /\.(\d{4})(\d\d)(\d\d)(\d\d)$/.exec(version) ?? []
  const at = Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`)
  return Number.isNaN(at) ? undefined : at
}
