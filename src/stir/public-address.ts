/** Addresses of the public internet: the only ones that a stranger's URL may lead us to. */
import { inAnyNetwork, parseNetwork } from '../base/network.ts'

/** IANA's special-purpose registries (RFC 6890), multicast, and IPv4 in the disguises of IPv6. */
const SPECIAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/128',
  '::1/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
].map(text => parseNetwork(text)!)

export function isPublicAddress(address: string): boolean {
  return !/%|^::ffff:/i.test(address) && parseNetwork(address) !== undefined && !inAnyNetwork(address, SPECIAL)
}
