/** The firewall on parsed messages, and the filter in front of the parser. */
import { sourceKey } from '../base/network.ts'
import type { Source } from '../events/registration-events.ts'
import { safeForLog } from '../sip/message/text.ts'
import type { SipMessage } from '../sip/message/types.ts'
import type { Flow, InboundFilter } from '../sip/transport/types.ts'
import { AuthenticationPolicy, socketKey } from './authentication-policy.ts'
import { type Check, type CheckContext, type CheckState, MESSAGE_CHECKS, REFUSAL_CHECKS } from './checks.ts'
import { createDropReporter, type ReportDrop } from './drop-reporter.ts'
import { createSourceJudge, type SourceJudge } from './known-source.ts'
import { RateBuckets } from './rate-buckets.ts'
import {
  DEFAULT_FIREWALL_LIMITS,
  type MessageGate,
  type MessageGateOptions,
  PASS,
  type RegistrationKnowledge,
  type Verdict,
} from './types.ts'

export type { MessageGate, MessageGateOptions, Verdict } from './types.ts'

export function createMessageGate(options: MessageGateOptions): MessageGate {
  const limits = { ...DEFAULT_FIREWALL_LIMITS, ...options.limits }
  const { clock, registrations } = options
  const isTrunkAddress = options.isTrunkAddress ?? (() => false)
  const policy = new AuthenticationPolicy(limits, registrations, isTrunkAddress)
  const { knownNetworks = [], insecureNetworks = [] } = options
  const judge = createSourceJudge(registrations, knownNetworks, insecureNetworks, isTrunkAddress)
  const report = createDropReporter(options.events, limits.remembered)
  const state: CheckState = {
    policy,
    unknownBuckets: new RateBuckets(limits.remembered, limits.unknownPerSecond),
    flowBuckets: new RateBuckets(limits.remembered, limits.authenticatedPerSecond),
    networkBuckets: new RateBuckets(limits.remembered, limits.networkPerSecond),
  }
  function judged(checks: readonly Check[], message: SipMessage, flow: Flow): Verdict {
    const now = clock.monotonic()
    const context: CheckContext = { flow, standing: judge.ofFlow(flow), now }
    for (const check of checks) {
      const verdict = check(message, context, state)
      if (verdict.kind === 'pass') continue
      if (verdict.kind === 'drop') {
        const method = message.kind === 'request' ? safeForLog(message.method, 32) : `${message.status}`
        report(sourceOf(flow), method, verdict.rule, verdict.reason, now)
      }
      return verdict
    }
    return PASS
  }
  return {
    admit: (message, flow) => judged(MESSAGE_CHECKS, message, flow),
    mayRefuse: (request, flow) => judged(REFUSAL_CHECKS, request, flow).kind === 'pass',
    noteAuthentication(outcome, username, flow) {
      const now = clock.monotonic()
      if (outcome === 'succeeded') policy.succeeded(username, flow, now)
      else if (outcome === 'unknown-user' || outcome === 'wrong-secret') policy.failed(username, flow, now)
    },
    filter: createFilter(judge, state, registrations, report, () => clock.monotonic()),
    bans: () => policy.bans(clock.monotonic()),
    unban: source => policy.unban(source),
  }
}

/** Before a handshake or the parser: bans, and the rate of unknown sources over UDP. */
function createFilter(
  judge: SourceJudge,
  { policy, unknownBuckets, networkBuckets }: CheckState,
  registrations: RegistrationKnowledge,
  report: ReportDrop,
  monotonic: () => number,
): InboundFilter {
  return {
    acceptConnection(address, protocol) {
      if (!policy.anyBan) return true
      const now = monotonic()
      const ban = policy.banOf(sourceKey(address), address, now)
      if (ban === undefined) return true
      report({ address, port: 0, protocol, tls: undefined }, '', 'dropBanned', ban.reason, now)
      return false
    },
    acceptDatagram(address, port) {
      const now = monotonic()
      const source: Source = { address, port, protocol: 'UDP', tls: undefined }
      const ban = policy.anyBan ? policy.banOf(socketKey(address, port), address, now) : undefined
      if (ban !== undefined) {
        report(source, '', 'dropBanned', ban.reason, now)
        return false
      }
      const standing = judge.ofAddress(address)
      // Counted once they are parsed.
      if (standing === 'machine' || standing === 'network') return true
      const key = sourceKey(address)
      const live = standing === 'trunk' || (standing === 'remembered' && registrations.isRegisteredSource(address))
      if (live ? networkBuckets.take(key, now) : unknownBuckets.take(key, now)) return true
      report(source, '', 'capRate', 'more datagrams a second than this source may send', now)
      return false
    },
  }
}

function sourceOf(flow: Flow): Source {
  return { address: flow.remoteAddress, port: flow.remotePort, protocol: flow.protocol, tls: flow.tls?.protocol }
}
