/** Why an address or an extension is let in, or not, on one screen; and the command that changes it. */
import type { SourceExplanation } from '../api/firewall-operations.ts'
import { isIP, normaliseAddress, sourceKey } from '../base/network.ts'
import type { SourceDecision } from '../guard/sources/types.ts'
import { accountsOf, decisionView, type FirewallLive } from './operations-firewall-parts.ts'
import type { OperationsOptions } from './operations.ts'

export function explain(options: OperationsOptions, firewall: FirewallLive, subject: string): SourceExplanation {
  const address = normaliseAddress(subject.trim())
  return isIP(address) === 0 ? explainName(options, firewall, subject.trim()) : explainAddress(firewall, address)
}

function explainAddress(firewall: FirewallLive, address: string): SourceExplanation {
  const { guard, lists } = firewall
  const { verdict, because, decisions } = guard.sources.explain(address, guard.now())
  const listed = lists?.find(address)
  const sentences = [...because]
  let final: SourceExplanation['verdict'] = verdict
  if (listed !== undefined) {
    const effect = listed.mode === 'on' ? 'is not let in' : 'would not be let in (the list is tried only)'
    sentences.unshift(`${listed.network} is on the list ${listed.list}: it ${effect}.`)
    if (listed.mode === 'on' && verdict === 'open') final = 'listed'
  }
  const key = sourceKey(address)
  const stopped = firewall.gate.counts.sources(Number.MAX_SAFE_INTEGER).find(each => each.source === key)
  if (stopped !== undefined)
    sentences.push(`${stopped.stopped} of its messages were stopped lately, the last by ${stopped.rule}.`)
  sentences.push(...whereIs(firewall, address))
  const bans = final === 'banned' ? decisions.filter(isEnforcedBan) : []
  if (bans.some(({ target: { kind } }) => kind === 'network' || kind === 'as' || kind === 'country')) {
    sentences.push(
      `Taking that back lets others in, too; this source only: ringfence firewall allow ${address} --reason "why"`,
    )
  }
  return {
    subject: address,
    verdict: final,
    because: sentences,
    decisions: decisions.map(decisionView),
    undo: final === 'listed' ? `ringfence firewall allow ${address} --reason "why"` : unbanCommands(bans, address),
  }
}

function isEnforcedBan({ action, mode }: SourceDecision): boolean {
  return action === 'ban' && mode === 'on'
}

/** One command for each target that holds it: the ban of a network is not taken back by naming an address in it. */
function unbanCommands(bans: readonly SourceDecision[], address: string): string | null {
  const targets = new Set(bans.map(({ target }) => unbanTarget(target, address)))
  return targets.size === 0 ? null : [...targets].map(each => `ringfence firewall unban ${each}`).join(' && ')
}

function unbanTarget({ kind, value }: SourceDecision['target'], address: string): string {
  switch (kind) {
    case 'network':
    case 'as':
      return value
    case 'country':
      return `country:${value}`
    default:
      // Its sockets are meant, too.
      return address
  }
}

/** The number is what a ban of the whole system would name. */
function whereIs(firewall: FirewallLive, address: string): readonly string[] {
  const country = firewall.countryOf(address)
  const system = firewall.systemOf(address)
  const parts = [...(country === undefined ? [] : [country]), ...(system === undefined ? [] : [`AS${system}`])]
  return parts.length === 0 ? [] : [`The address belongs to ${parts.join(', ')}.`]
}

function explainName(options: OperationsOptions, { guard }: FirewallLive, subject: string): SourceExplanation {
  const { directory } = options
  const extension = directory.extensionByNumber(directory.primary.id, subject)
  const accounts = accountsOf(options, subject)
  const all = accounts.map(({ value }) => guard.sources.explain(value, guard.now()))
  const held = all.filter(({ verdict }) => verdict === 'backing-off')
  const sentences = held.flatMap(({ because }) => because)
  const restore = `ringfence extension restore ${subject}`
  const isSuspended = extension?.state === 'suspended'
  if (isSuspended) {
    sentences.push(`Extension ${subject} is suspended (${extension.suspendedReason ?? 'no reason'}): ${restore}`)
  }
  if (sentences.length === 0) sentences.push('Nothing is held against it.')
  const unban = held.length > 0 ? `ringfence firewall unban ${subject}` : null
  return {
    subject,
    verdict: held.length > 0 ? 'backing-off' : 'open',
    because: sentences,
    decisions: all.flatMap(({ decisions }) => decisions.map(decisionView)),
    undo: unban ?? (isSuspended ? restore : null),
  }
}
