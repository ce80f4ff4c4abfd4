/** The table that npm installs beside us. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface GeographyFiles {
  readonly version: string
  /** See `ranges.ts`. */
  readonly ipv4: Uint8Array
  readonly ipv6: Uint8Array
}

export function packagedFiles(): GeographyFiles {
  const description = fileURLToPath(import.meta.resolve('@ip-location-db/asn-country/package.json'))
  const folder = dirname(description)
  const { version } = JSON.parse(readFileSync(description, 'utf8')) as { version: string }
  return {
    version,
    ipv4: readFileSync(join(folder, 'asn-country-ipv4-num.csv')),
    ipv6: readFileSync(join(folder, 'asn-country-ipv6.csv')),
  }
}
