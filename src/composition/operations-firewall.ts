/** The operator's operations on the firewall: what it stopped, what was decided, and what a person orders. */
import type { FirewallOperations, ListView, SourceDecisionView } from '../api/firewall-operations.ts'
import type { OperationResult } from '../api/operations.ts'
import type { ListStatus } from '../blocklist/types.ts'
import { isIP } from '../base/network.ts'
import { tryMessage } from '../firewall/try-message.ts'
import type { SourceGuard } from '../guard/source-guard.ts'
import { readTarget } from '../guard/sources/target-text.ts'
import { describeTarget } from '../guard/sources/target.ts'
import type { Target } from '../guard/sources/types.ts'
import { aboutDecision } from './firewall.ts'
import { allowanceOver, ownAddressIn, whomItHits } from './firewall-reach.ts'
import { explain } from './operations-firewall-explain.ts'
import { accountsOf, decisionView, type FirewallLive } from './operations-firewall-parts.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, done, needsServer, refused } from './operations-result.ts'

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
      const own = ownAddressIn(firewall, read)
      if (own !== undefined) return invalid(`this machine itself is not banned, and ${own} is an address of it`)
      const allowed = allowanceOver(firewall, read)
      if (allowed !== undefined) return invalid(allowanceWins(target, allowed))
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

function allowanceWins(target: string, allowed: string): string {
  const entry = allowed === target ? 'it is on the allow-list' : `${allowed} is on the allow-list`
  return `a ban of ${target} would do nothing: ${entry}, which wins; take that back first: ringfence firewall unban ${allowed}`
}

function targetOf(text: string): Target | { readonly problem: string } {
  const read = readTarget(text)
  if (read !== undefined) return read
  const message = `${text} is no address, network (198.51.100.0/24), AS64500 or country:XX; for an extension: ringfence extension suspend`
  return { problem: message }
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

/** Who lifts the ban of an address means its sockets as well. */
function withSockets({ sources, now }: SourceGuard, target: Target): readonly Target[] {
  if (target.kind !== 'address') return [target]
  const sockets = sources
    .list(now())
    .filter(({ target: { kind, value } }) => kind === 'socket' && value.startsWith(`${target.value} `))
  return [target, ...sockets.map(each => each.target)]
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
