/** Two ways to write one address compare as equal. Only IPv6 has more than one, and reading it costs more than most checks. */
import { normaliseAddress } from '../../base/network.ts'

export function plainAddress(text: string): string {
  return text.includes(':') ? normaliseAddress(text) : text
}
