/** What the server's rooms that pages share ask of `node:net`. */
import ipaddr from 'ipaddr.js'

export function isIP(text: string): 0 | 4 | 6 {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return 4
  return ipaddr.IPv6.isValid(text) ? 6 : 0
}

export const isIPv6 = (text: string): boolean => isIP(text) === 6
export const isIPv4 = (text: string): boolean => isIP(text) === 4
