/** Addresses of the public internet: the only ones that a stranger's URL may lead us to. */
import { inAnyNetwork, parseNetwork } from '../base/network.ts'
import { SPECIAL_NETWORKS } from '../base/special-networks.ts'

const SPECIAL = SPECIAL_NETWORKS.map(text => parseNetwork(text)!)

export function isPublicAddress(address: string): boolean {
  return !/%|^::ffff:/i.test(address) && parseNetwork(address) !== undefined && !inAnyNetwork(address, SPECIAL)
}
