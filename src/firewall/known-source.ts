/** Who is no stranger: the only ones whose requests other than REGISTER get an answer. */
import { BoundedMap } from '../base/bounded.ts'
import { inAnyNetwork, type Network } from '../base/network.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { RegistrationKnowledge } from './types.ts'

/** `trunk`: an address of a provider or an exchange behind us, which is never banned. */
export type Standing = 'machine' | 'authenticated' | 'trunk' | 'network' | 'remembered' | 'unknown'

/** Exactly the machine itself: other addresses of 127.0.0.0/8 are strangers. */
export function isThisMachine(address: string): boolean {
  return address === '127.0.0.1' || address === '::1'
}

const CACHED_ADDRESSES = 10_000

export interface SourceJudge {
  ofFlow(flow: Flow): Standing
  /** By the address alone, before there is a message. */
  ofAddress(address: string): Standing
}

export function createSourceJudge(
  registrations: RegistrationKnowledge,
  knownNetworks: readonly Network[],
  insecureNetworks: readonly Network[],
  isTrunkAddress: (address: string) => boolean,
): SourceJudge {
  const known = cachedMembership(knownNetworks)
  const insecure = cachedMembership(insecureNetworks)
  return {
    ofFlow(flow) {
      const address = flow.remoteAddress
      if (isThisMachine(address)) return 'machine'
      if (registrations.isRegisteredFlow(flow.id)) return 'authenticated'
      if (isTrunkAddress(address)) return 'trunk'
      if (flow.tls?.clientCertificate?.trusted === true) return 'authenticated'
      // A connection that we opened leads to a peer of our choice.
      if (flow.reliable && flow.listener === undefined) return 'authenticated'
      if (flow.listener?.insecure === true && insecure(address)) return 'network'
      if (known(address)) return 'network'
      return registrations.wasRegisteredSource(address) ? 'remembered' : 'unknown'
    },
    ofAddress(address) {
      if (isThisMachine(address)) return 'machine'
      if (isTrunkAddress(address)) return 'trunk'
      if (insecure(address) || known(address)) return 'network'
      return registrations.wasRegisteredSource(address) ? 'remembered' : 'unknown'
    },
  }
}

function cachedMembership(networks: readonly Network[]): (address: string) => boolean {
  if (networks.length === 0) return () => false
  const cache = new BoundedMap<string, boolean>(CACHED_ADDRESSES)
  return address => {
    let member = cache.get(address)
    if (member === undefined) {
      member = inAnyNetwork(address, networks)
      cache.set(address, member)
    }
    return member
  }
}
