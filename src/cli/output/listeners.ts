/** Where the system listens, one line for each transport: a wildcard of IPv4 and IPv6 is one place for a person. */
import type { ReadyDocument } from '../ports.ts'

export function formatListeners(listeners: ReadyDocument['listeners']): string {
  const places = new Map<string, string[]>()
  for (const { transport, address, port } of listeners) {
    const key = `${transport.toUpperCase()} port ${port}`
    places.set(key, [...(places.get(key) ?? []), address])
  }
  return [...places].map(([place, addresses]) => `  SIP over ${place} on ${addresses.join(' and ')}\n`).join('')
}
