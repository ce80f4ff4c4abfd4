/** The operator's operations on the firewall: what it stopped, what was decided, and what a person orders. */
import type { FirewallOperations, ListView, SourceDecisionView, SourceExplanation } from '../api/firewall-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import type { BlockLists, ListStatus } from '../blocklist/types.ts'
import { isIP, normaliseAddress, parseNetwork } from '../base/network.ts'
import { tryMessage } from '../firewall/try-message.ts'
import type { MessageGate } from '../firewall/types.ts'
import type { SourceGuard } from '../guard/source-guard.ts'
import { readTarget } from '../guard/sources/target-text.ts'
import { describeTarget } from '../guard/sources/target.ts'
import type { SourceDecision, Target } from '../guard/sources/types.ts'
import { aboutDecision } from './firewall.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, needsServer, refused } from './operations-result.ts'

export interface FirewallLive {
  readonly guard: SourceGuard
  readonly gate: Pick<MessageGate, 'tryAdmit' | 'tryRefuse' | 'counts' | 'signatures'>
  readonly lists: BlockLists | undefined
  kernel(): { readonly state: string; readonly detail: string }
  countryOf(address: string): string | undefined
  systemOf(address: string): number | undefined
  /** Rules that only tell. */
  readonly tried: readonly string[]
  isTrunkAddress(address: string): boolean
  /** Addresses from which phones are registered now. */
  registeredAddresses(): readonly string[]
}

const TOP_SOURCES = 10

export function firewallOperations(options: OperationsOptions): FirewallOperations {
  const { firewall } = options
  if (firewall === undefined) return withoutServer()
  const { guard } = firewall
  return {
    async firewallStatus() {
      const { counts, signatures } = firewall.gate
      const { ban, 'back-off': backOffs, allow } = guard.sources.count(guard.now())
      return done({
        stopped: counts.rules(),
        sources: counts
          .sources(TOP_SOURCES)
          .map(each => ({ ...each, country: firewall.countryOf(each.source.replace('/64', '')) ?? null })),
        bans: ban,
        backOffs,
        allowed: allow,
        tried: firewall.tried,
        lists: listViews(firewall.lists?.statuses()),
        kernel: firewall.kernel(),
        signatures: { version: signatures.version, count: signatures.count },
      })
    },
    firewallDecisions: async ({ limit }) => done(guard.sources.list(guard.now(), limit).map(decisionView)),
    async firewallBan({ target, minutes, reason, evenRegistered }) {
      const read = targetOf(target)
      if ('problem' in read) return invalid(read.problem)
      if (isThisMachine(read)) return invalid('this machine itself is not banned')
      const hit = evenRegistered ? undefined : whomItHits(firewall, read)
      if (hit !== undefined) return invalid(`${hit}; to ban it all the same, add --even-registered`)
      return order(options, firewall, { target: read, minutes, reason, action: 'ban' })
    },
    async firewallAllow({ target, minutes, reason }) {
      const read = targetOf(target)
      if ('problem' in read) return invalid(read.problem)
      return order(options, firewall, { target: read, minutes, reason, action: 'allow' })
    },
    firewallUndo: ({ target, reason }) => undo(options, firewall, target, reason),
    firewallExplain: async ({ subject }) => done(explain(options, firewall, subject)),
    firewallLists: async () => done(listViews(firewall.lists?.statuses())),
    async firewallListsRefresh({ name, force }) {
      const { lists } = firewall
      if (lists === undefined || lists.statuses().length === 0) return invalid('no list is configured: firewall.lists')
      if (name !== null && !lists.statuses().some(each => each.name === name)) {
        const known = lists.statuses().map(each => each.name)
        return invalid(`there is no list ${name}; there are ${known.join(', ')}`)
      }
      return attempt(async () => listViews(await lists.refresh(name ?? undefined, { force })))
    },
    async firewallTry({ message, address, transport }) {
      if (isIP(address) === 0) return invalid(`${address} is no address`)
      const from = { address, port: 5060, protocol: transport }
      return done(tryMessage(Buffer.from(message, 'base64'), from, firewall.gate))
    },
  }
}

function withoutServer(): FirewallOperations {
  const away = async <T>(): Promise<OperationResult<T>> => needsServer('what the firewall does')
  return {
    firewallStatus: away,
    firewallDecisions: away,
    firewallBan: away,
    firewallAllow: away,
    firewallUndo: away,
    firewallExplain: away,
    firewallLists: away,
    firewallListsRefresh: away,
    firewallTry: away,
  }
}

function invalid<T>(message: string): OperationResult<T> {
  return refused({ code: 'FIREWALL_REFUSED', message })
}

function targetOf(text: string): Target | { readonly problem: string } {
  const read = readTarget(text)
  if (read !== undefined) return read
  const message = `${text} is no address, network (198.51.100.0/24), AS64500 or country:XX; for an extension: ringfence extension suspend`
  return { problem: message }
}

function isThisMachine({ kind, value }: Target): boolean {
  const network = kind === 'address' || kind === 'network' ? parseNetwork(value) : undefined
  return network?.includes('127.0.0.1') === true || network?.includes('::1') === true
}

function whomItHits(
  { registeredAddresses, isTrunkAddress }: FirewallLive,
  { kind, value }: Target,
): string | undefined {
  const network = kind === 'address' || kind === 'network' ? parseNetwork(value) : undefined
  if (network === undefined) return undefined
  if (kind === 'address' && isTrunkAddress(value)) return `${value} is an address of a trunk`
  const hit = registeredAddresses().filter(address => network.includes(address))
  return hit.length === 0 ? undefined : `phones are registered from ${hit.slice(0, 5).join(', ')}`
}

interface Ordered {
  readonly target: Target
  readonly action: 'ban' | 'allow'
  readonly minutes: number | null
  readonly reason: string
}

function order(
  { actor, bus }: OperationsOptions,
  { guard }: FirewallLive,
  { target, action, minutes, reason }: Ordered,
): OperationResult<SourceDecisionView> {
  const asked = { target, action, reason, by: actor.name, minutes: minutes ?? undefined }
  const decision = guard.sources.put(asked, guard.now())
  bus.publish('firewall.ordered', { ...aboutDecision(decision), actor, until: decision.expiresAt })
  return done(decisionView(decision))
}

async function undo(
  options: OperationsOptions,
  firewall: FirewallLive,
  text: string,
  reason: string,
): Promise<OperationResult<readonly SourceDecisionView[]>> {
  const { guard } = firewall
  const read = readTarget(text)
  if (read !== undefined && 'problem' in read) return invalid(read.problem)
  const now = guard.now()
  const targets = read === undefined ? [text, ...accountsOf(options, text)] : [...withSockets(guard, read)]
  const undone = targets.flatMap(each => [...guard.sources.undo(each, options.actor.name, now)])
  if (undone.length === 0) {
    return invalid(`no decision in force is about ${text}; ringfence firewall explain ${text} says what holds it`)
  }
  for (const { id, target, action, rule } of undone) {
    const what = { decision: id, target: describeTarget(target), action, rule }
    options.bus.publish('firewall.undone', { ...what, actor: options.actor, reason })
  }
  return done(undone.map(decisionView))
}

/** An extension stands for the user names of its phones. */
function accountsOf({ directory }: OperationsOptions, name: string): readonly Target[] {
  const extension = directory.extensionByNumber(directory.primary.id, name)
  const devices = extension === undefined ? [] : directory.devicesOf(extension.id)
  return [name, ...devices.map(({ username }) => username)].map(value => ({ kind: 'account', value }))
}

/** Who lifts the ban of an address means its sockets as well. */
function withSockets({ sources, now }: SourceGuard, target: Target): readonly Target[] {
  if (target.kind !== 'address') return [target]
  const sockets = sources
    .list(now())
    .filter(({ target: { kind, value } }) => kind === 'socket' && value.startsWith(`${target.value} `))
  return [target, ...sockets.map(each => each.target)]
}

function explain(options: OperationsOptions, firewall: FirewallLive, subject: string): SourceExplanation {
  const { guard, lists } = firewall
  const address = normaliseAddress(subject)
  const now = guard.now()
  if (isIP(address) === 0) return explainNames(options, firewall, subject)
  const { verdict, because, decisions } = guard.sources.explain(address, now)
  const listed = lists?.find(address)
  const sentences = [...because]
  let final: SourceExplanation['verdict'] = verdict
  if (listed !== undefined) {
    const effect = listed.mode === 'on' ? 'is not let in' : 'would not be let in (the list is tried only)'
    sentences.unshift(`${listed.network} is on the list ${listed.list}: it ${effect}.`)
    if (listed.mode === 'on' && verdict === 'open') final = 'listed'
  }
  const stopped = firewall.gate.counts.sources(Number.MAX_SAFE_INTEGER).find(each => each.source === address)
  if (stopped !== undefined)
    sentences.push(`${stopped.stopped} of its messages were stopped lately, the last by ${stopped.rule}.`)
  sentences.push(...whereIs(firewall, address))
  return {
    subject: address,
    verdict: final,
    because: sentences,
    decisions: decisions.map(decisionView),
    undo: undoCommand(final, address),
  }
}

/** The number is what a ban of the whole system would name. */
function whereIs(firewall: FirewallLive, address: string): readonly string[] {
  const country = firewall.countryOf(address)
  const system = firewall.systemOf(address)
  const parts = [...(country === undefined ? [] : [country]), ...(system === undefined ? [] : [`AS${system}`])]
  return parts.length === 0 ? [] : [`The address belongs to ${parts.join(', ')}.`]
}

function undoCommand(verdict: SourceExplanation['verdict'], subject: string): string | null {
  if (verdict === 'banned' || verdict === 'backing-off') return `ringfence firewall unban ${subject}`
  return verdict === 'listed' ? `ringfence firewall allow ${subject} --reason "why"` : null
}

function explainNames(options: OperationsOptions, { guard }: FirewallLive, subject: string): SourceExplanation {
  const { directory } = options
  const extension = directory.extensionByNumber(directory.primary.id, subject)
  const accounts = accountsOf(options, subject)
  const all = accounts.map(({ value }) => guard.sources.explain(value, guard.now()))
  const held = all.filter(({ verdict }) => verdict === 'backing-off')
  const sentences = held.flatMap(({ because }) => because)
  if (extension?.state === 'suspended') {
    sentences.push(
      `Extension ${subject} is suspended (${extension.suspendedReason ?? 'no reason'}): ringfence extension restore ${subject}`,
    )
  }
  if (sentences.length === 0) sentences.push('Nothing is held against it.')
  return {
    subject,
    verdict: held.length > 0 ? 'backing-off' : 'open',
    because: sentences,
    decisions: all.flatMap(({ decisions }) => decisions.map(decisionView)),
    undo: undoCommand(held.length > 0 ? 'backing-off' : 'open', subject),
  }
}

function decisionView(decision: SourceDecision): SourceDecisionView {
  const { id, target, action, rule, reason, evidence, origin, mode, at, expiresAt, repeat } = decision
  const described = describeTarget(target)
  return {
    id,
    target: described,
    action,
    rule,
    reason,
    evidence,
    origin,
    mode,
    at,
    expiresAt: expiresAt ?? null,
    repeat,
  }
}

function listViews(statuses: readonly ListStatus[] = []): readonly ListView[] {
  return statuses.map(({ digest, readAt, nextAt, problem, remark, skipped: _skipped, ...rest }) => ({
    ...rest,
    digest: digest ?? null,
    readAt: readAt ?? null,
    nextAt: nextAt ?? null,
    problem: problem ?? null,
    remark: remark ?? null,
  }))
}
