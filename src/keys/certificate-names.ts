/** The names and addresses that phones may reach this machine by. */
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'

export interface MachineNames {
  /** SIP domain; the certificate's subject. */
  readonly domain: string
  readonly externalAddress?: string | undefined
}

const MAXIMUM = 100

/** Domain first, then host name, then addresses: at most 100, each once. */
export function namesOfMachine(
  { domain, externalAddress }: MachineNames,
  host = hostname(),
  interfaces = networkInterfaces(),
): readonly string[] {
  const names = new Set([domain.toLowerCase()])
  if (isHostName(host)) names.add(host.toLowerCase())
  // A browser at the machine itself: passkeys want a name, and take this one.
  for (const name of ['localhost', '127.0.0.1', '::1']) names.add(name)
  if (externalAddress !== undefined) names.add(externalAddress)
  for (const entries of Object.values(interfaces)) {
    // A link-local address means nothing without its zone, which a certificate cannot hold.
    for (const { address } of entries ?? []) if (isIP(address) !== 0 && !/^fe80:/i.test(address)) names.add(address)
  }
  return [...names].slice(0, MAXIMUM)
}

function isHostName(text: string): boolean {
  return text.length <= 253 && /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) && isIP(text) === 0
}
