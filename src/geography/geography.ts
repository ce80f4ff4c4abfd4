/** In which country an address is, by who registered it: read on demand, and never a reason to stop. */
import { fail, ok, type Result } from '../base/result.ts'
import { publicAddress } from './public-address.ts'
import { type GeographyFiles, packagedFiles } from './packaged-files.ts'
import type { RangesIPv4, RangesIPv6 } from './ranges.ts'
import { countryOfCode, findIPv4, findIPv6, parseRangesIPv4, parseRangesIPv6 } from './ranges.ts'

export interface GeographyData {
  readonly version: string
  /** When it was collected, in milliseconds since the epoch; undefined: the version does not say. */
  readonly collectedAt: number | undefined
  readonly ranges: number
}

export interface Geography {
  /** ISO 3166-1 alpha-2; undefined: a private address, no address, not known, or no data. */
  countryOfAddress(text: string): string | undefined
  /** Reads what is not read yet, in a tenth of a second during which nothing else happens: better at the start than within a call. */
  load(): GeographyData | undefined
}

export interface GeographyOptions {
  /** Default: those of the package. Throws where there are none. */
  readonly files?: () => GeographyFiles
  /** The data cannot be used; from then on no address has a country. Said once. */
  onProblem(detail: string): void
}

interface Tables extends GeographyData {
  readonly ipv4: RangesIPv4
  readonly ipv6: RangesIPv6
}

export function createGeography({ files = packagedFiles, onProblem }: GeographyOptions): Geography {
  let tables: Tables | undefined
  let wasRead = false

  function read(): Tables | undefined {
    if (wasRead) return tables
    wasRead = true
    const result = readTables(files)
    if (result.ok) tables = result.value
    else onProblem(result.error)
    return tables
  }

  return {
    countryOfAddress(text) {
      const address = publicAddress(text)
      if (address === undefined) return undefined
      const data = read()
      if (data === undefined) return undefined
      const code =
        address.family === 4 ? findIPv4(data.ipv4, address.value) : findIPv6(data.ipv6, address.high, address.low)
      return countryOfCode(code)
    },
    load() {
      const data = read()
      if (data === undefined) return undefined
      const { version, collectedAt, ranges } = data
      return { version, collectedAt, ranges }
    },
  }
}

function readTables(filesOf: () => GeographyFiles): Result<Tables, string> {
  let files: GeographyFiles
  try {
    files = filesOf()
  } catch (error) {
    return fail(`cannot be read: ${(error as Error).message}`)
  }
  const ipv4 = parseRangesIPv4(files.ipv4)
  if (!ipv4.ok) return fail(`IPv4: ${ipv4.error}`)
  const ipv6 = parseRangesIPv6(files.ipv6)
  if (!ipv6.ok) return fail(`IPv6: ${ipv6.error}`)
  const ranges = ipv4.value.country.length + ipv6.value.country.length
  const collectedAt = collectedAtOf(files.version)
  return ok({ version: files.version, collectedAt, ranges, ipv4: ipv4.value, ipv6: ipv6.value })
}

/** `2.3.2026061719`: year, month, day and hour. */
function collectedAtOf(version: string): number | undefined {
  const [, year, month, day, hour] = /\.(\d{4})(\d\d)(\d\d)(\d\d)$/.exec(version) ?? []
  const at = Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`)
  return Number.isNaN(at) ? undefined : at
}
