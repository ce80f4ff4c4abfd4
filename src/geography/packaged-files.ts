/** The tables that npm installs beside us. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface GeographyFiles {
  readonly version: string
  /** See `ranges.ts`. */
  readonly ipv4: Uint8Array
  readonly ipv6: Uint8Array
}

/** Countries. */
export function packagedFiles(): GeographyFiles {
  return filesOf('@ip-location-db/asn-country', 'asn-country')
}

/** Autonomous systems. An installation may be without them. */
export function packagedSystems(): GeographyFiles {
  return filesOf('@ip-location-db/asn', 'asn')
}

/** Three times what they are today. */
const MAXIMUM_OCTETS = 64 * 2 ** 20

function filesOf(name: string, prefix: string): GeographyFiles {
  const description = fileURLToPath(import.meta.resolve(`${name}/package.json`))
  const folder = dirname(description)
  const { version } = JSON.parse(readFileSync(description, 'utf8')) as { version: string }
  return {
    version,
    ipv4: bounded(join(folder, `${prefix}-ipv4-num.csv`)),
    ipv6: bounded(join(folder, `${prefix}-ipv6.csv`)),
  }
}

function bounded(path: string): Uint8Array {
  const { size } = statSync(path)
  if (size > MAXIMUM_OCTETS) throw new Error(`${path} is larger than ${MAXIMUM_OCTETS / 2 ** 20} MB`)
  return readFileSync(path)
}
