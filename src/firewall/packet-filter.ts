/** Before a handshake or the parser: bans, lists, and the rate of datagrams of unknown sources. */
import { sourceKey } from '../base/network.ts'
import type { BlockLists, ListedNetwork } from '../blocklist/types.ts'
import type { Source } from '../events/registration-events.ts'
import type { SourceGuard } from '../guard/source-guard.ts'
import type { InboundFilter, TransportProtocol } from '../sip/transport/types.ts'
import type { ReportDrop } from './drop-reporter.ts'
import type { SourceJudge } from './known-source.ts'
import type { RateBuckets } from './rate-buckets.ts'
import type { RegistrationKnowledge } from './types.ts'

export interface PacketFilterParts {
  readonly judge: SourceJudge
  readonly guard: SourceGuard
  readonly lists: Pick<BlockLists, 'find'> | undefined
  readonly registrations: RegistrationKnowledge
  readonly unknownBuckets: RateBuckets
  readonly networkBuckets: RateBuckets
  readonly report: ReportDrop
  monotonic(): number
}

export interface PacketFilter extends InboundFilter {
  /** On a list that counts, or is only tried; not for whom we know. */
  listed(address: string): ListedNetwork | undefined
}

export function createPacketFilter(parts: PacketFilterParts): PacketFilter {
  const { judge, guard, lists, registrations, unknownBuckets, networkBuckets, report, monotonic } = parts
  const { sources } = guard

  function closed(address: string, port: number, protocol: TransportProtocol): boolean {
    if (sources.anyBan) {
      const ban = sources.banOf({ address, port, proven: protocol !== 'UDP' }, guard.now())
      if (ban !== undefined) {
        report(sourceOf(address, port, protocol), '', 'dropBanned', ban.reason, monotonic())
        return true
      }
    }
    const found = listed(address)
    if (found === undefined) return false
    const isOn = found.mode === 'on'
    report(sourceOf(address, port, protocol), '', isOn ? 'dropListed' : 'tryListed', reasonOf(found), monotonic())
    return isOn
  }

  function listed(address: string): ListedNetwork | undefined {
    const found = lists?.find(address)
    return found === undefined || isSpared(address) ? undefined : found
  }

  function isSpared(address: string): boolean {
    const standing = judge.ofAddress(address)
    if (standing === 'machine' || standing === 'trunk' || standing === 'network') return true
    return registrations.isRegisteredSource(address) || sources.isAllowed(address)
  }

  return {
    listed,
    acceptConnection(address, protocol) {
      if (closed(address, 0, protocol)) return false
      guard.observe({ address, port: 0, proven: true, flowId: undefined }, { kind: 'connected' })
      return true
    },
    acceptDatagram(address, port) {
      if (closed(address, port, 'UDP')) return false
      const standing = judge.ofAddress(address)
      // Counted once they are parsed.
      if (standing === 'machine' || standing === 'network') return true
      const now = monotonic()
      const key = sourceKey(address)
      const live = standing === 'trunk' || (standing === 'remembered' && registrations.isRegisteredSource(address))
      if (live ? networkBuckets.take(key, now) : unknownBuckets.take(key, now)) return true
      report(sourceOf(address, port, 'UDP'), '', 'capRate', 'more datagrams a second than this source may send', now)
      return false
    },
  }
}

export function reasonOf({ network, list }: ListedNetwork): string {
  return `${network} is on the list ${list}`
}

function sourceOf(address: string, port: number, protocol: TransportProtocol): Source {
  return { address, port, protocol, tls: undefined }
}
