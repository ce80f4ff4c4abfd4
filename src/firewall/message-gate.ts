/** The firewall on parsed messages, and the filter in front of the parser. */
import type { Source } from '../events/registration-events.ts'
import type { SeenFrom } from '../guard/source-guard.ts'
import { BoundedMap } from '../base/bounded.ts'
import { sourceKey } from '../base/network.ts'
import { safeForLog } from '../sip/message/text.ts'
import type { SipMessage, SipRequest } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { AskedNames } from './checks/asked-names.ts'
import { MAXIMUM_NAMES } from './checks/drop-enumeration.ts'
import { MESSAGE_CHECKS, REFUSAL_CHECKS } from './checks/index.ts'
import type { CheckContext, CheckState, MessageCheck } from './checks/types.ts'
import { DropCounts } from './drop-counts.ts'
import { createDropReporter, type ReportDrop } from './drop-reporter.ts'
import { createSourceJudge, type Standing } from './known-source.ts'
import { createPacketFilter, reasonOf } from './packet-filter.ts'
import { RateBuckets } from './rate-buckets.ts'
import { BUILT_IN_SIGNATURES, createSignatures } from './signatures/signatures.ts'
import { DEFAULT_FIREWALL_LIMITS, type MessageGate, type MessageGateOptions, PASS, type Verdict } from './types.ts'

export type { MessageGate, MessageGateOptions, Verdict } from './types.ts'

export function createMessageGate(options: MessageGateOptions): MessageGate {
  const limits = { ...DEFAULT_FIREWALL_LIMITS, ...options.limits }
  const { clock, registrations, guard, lists, knownNetworks = [], insecureNetworks = [] } = options
  const isTrunkAddress = options.isTrunkAddress ?? (() => false)
  const judge = createSourceJudge(registrations, knownNetworks, insecureNetworks, isTrunkAddress)
  const counts = new DropCounts()
  const reportEvent = createDropReporter(options.events, limits.remembered)
  const report: ReportDrop = (source, method, rule, reason, now) => {
    counts.add(sourceKey(source.address), rule, now)
    reportEvent(source, method, rule, reason, now)
  }
  const monotonic = (): number => clock.monotonic()
  /** Connections on which somebody was challenged: they may be phones that say more than REGISTER before they are known. */
  const asking = new BoundedMap<string, true>(limits.remembered)
  const signatures = options.signatures ?? createSignatures(BUILT_IN_SIGNATURES)
  const state: CheckState = {
    guard,
    isAsking: flow => asking.has(flow.id),
    modes: options.modes ?? {},
    signatures,
    askedNames: new AskedNames(limits.remembered, MAXIMUM_NAMES),
    isOurDomain: options.isOurDomain ?? (() => true),
    unknownBuckets: new RateBuckets(limits.remembered, limits.unknownPerSecond),
    flowBuckets: new RateBuckets(limits.remembered, limits.authenticatedPerSecond),
    networkBuckets: new RateBuckets(limits.remembered, limits.networkPerSecond),
  }
  function judged(checks: readonly MessageCheck[], message: SipMessage, flow: Flow): Verdict {
    const now = monotonic()
    const context: CheckContext = { flow, standing: judge.ofFlow(flow), now }
    const verdict = firstVerdict(checks, message, context, state, (rule, reason) =>
      report(sourceOf(flow), methodOf(message), `${rule} (tried)`, reason, now),
    )
    if (verdict.kind === 'pass') return PASS
    if (verdict.kind === 'drop') report(sourceOf(flow), methodOf(message), verdict.rule, verdict.reason, now)
    if (isWatched(context.standing)) observeRefusal(message, flow, verdict.rule, checks === MESSAGE_CHECKS)
    if (verdict.kind === 'reject' || !flow.reliable) return verdict
    // Who is banned is not talked to; a stranger is as long as it may be a phone that is about to register.
    const isOver = verdict.rule === 'dropBanned' || (context.standing === 'unknown' && !asking.has(flow.id))
    return isOver ? { ...verdict, close: true } : verdict
  }
  /** What is not valid may have no target that can be read. */
  function observeRefusal(message: SipMessage, flow: Flow, rule: string, isValid: boolean): void {
    const isRequest = message.kind === 'request'
    const target = isRequest && isValid && message.to.uri.kind === 'sip' ? (message.to.uri.user ?? '') : ''
    guard.observe(seenFrom(flow), { kind: 'refused', rule, method: isRequest ? message.method : '', target })
  }
  const filter = createPacketFilter({
    judge,
    guard,
    lists,
    registrations,
    unknownBuckets: state.unknownBuckets,
    networkBuckets: state.networkBuckets,
    report,
    monotonic,
  })
  /** By its domain: a user name that nobody has belongs to nobody. */
  function tenantOf(request: SipRequest | undefined): string | undefined {
    if (request?.requestUri.kind !== 'sip') return undefined
    const host = request.requestUri.host.toLowerCase()
    return state.isOurDomain(host) ? host : undefined
  }
  /** Rates and counts are as if nothing had come before. */
  function tried(checks: readonly MessageCheck[], message: SipMessage, flow: Flow): Verdict {
    const fresh = (): RateBuckets => new RateBuckets(1, 1)
    const asked = new AskedNames(1, 1)
    const buckets = { unknownBuckets: fresh(), flowBuckets: fresh(), networkBuckets: fresh(), askedNames: asked }
    const context: CheckContext = { flow, standing: judge.ofFlow(flow), now: monotonic() }
    const listed = filter.listed(flow.remoteAddress)
    if (listed?.mode === 'on') return { kind: 'drop', rule: 'dropListed', reason: reasonOf(listed) }
    return firstVerdict(checks, message, context, { ...state, ...buckets })
  }
  return {
    tryAdmit: (message, flow) => tried(MESSAGE_CHECKS, message, flow),
    tryRefuse: (request, flow) => tried(REFUSAL_CHECKS, request, flow),
    counts: {
      rules: () => counts.rules(monotonic()),
      sources: limit => counts.sources(monotonic(), limit),
    },
    signatures,
    admit: (message, flow) => judged(MESSAGE_CHECKS, message, flow),
    mayRefuse: (request, flow) => judged(REFUSAL_CHECKS, request, flow),
    noteAuthentication(outcome, username, flow, request) {
      const from = seenFrom(flow)
      if (outcome !== 'succeeded' && options.isDecoy?.(username) === true && isWatched(judge.ofFlow(flow))) {
        guard.observe(from, { kind: 'decoy', name: username })
      }
      if (outcome === 'succeeded' || outcome === 'replayed') guard.observe(from, { kind: outcome, username })
      else if (outcome === 'challenged') {
        if (flow.reliable) asking.set(flow.id, true)
        guard.observe(from, { kind: 'challenged', username, userAgent: request?.header('User-Agent') ?? '' })
      } else {
        const exists = outcome === 'wrong-secret'
        guard.observe(from, { kind: 'failed', username, exists, tenant: tenantOf(request) })
      }
    },
    noteRefusedConnection(address, reason) {
      guard.observe({ address, port: 0, proven: true, flowId: undefined }, { kind: 'handshake-failed', why: reason })
    },
    filter,
  }
}

function firstVerdict(
  checks: readonly MessageCheck[],
  message: SipMessage,
  context: CheckContext,
  state: CheckState,
  tried?: (rule: string, reason: string) => void,
): Verdict {
  for (const check of checks) {
    if (!check.standings.includes(context.standing)) continue
    const verdict = check.judge(message, context, state)
    if (verdict.kind === 'pass') continue
    if (state.modes[check.id] !== 'dry-run') return verdict
    tried?.(verdict.rule, verdict.reason)
  }
  return PASS
}

/** What is dropped because of a decision is no new reason for one. */
function isWatched(standing: Standing): boolean {
  return standing === 'unknown' || standing === 'remembered'
}

function methodOf(message: SipMessage): string {
  return message.kind === 'request' ? safeForLog(message.method, 32) : `${message.status}`
}

function seenFrom({ remoteAddress, remotePort, reliable, id }: Flow): SeenFrom {
  return { address: remoteAddress, port: remotePort, proven: reliable, flowId: id }
}

function sourceOf(flow: Flow): Source {
  return { address: flow.remoteAddress, port: flow.remotePort, protocol: flow.protocol, tls: flow.tls?.protocol }
}
