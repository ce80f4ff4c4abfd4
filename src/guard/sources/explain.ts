/** Why a source or an account is let in, or not, in sentences. */
import { isIP, normaliseAddress, parseNetwork } from '../../base/network.ts'
import type { Entry } from './entry.ts'
import { PrefixIndex } from './prefix-index.ts'
import { type Cidr, isInForce, networkOf, socketOf } from './target.ts'
import type { Explanation, SourceDecision, Spared } from './types.ts'

export interface Explained {
  readonly spared: Spared
  /** Everything that speaks about an address, the narrowest first. */
  about(address: string): readonly Entry[]
  ofAccount(username: string): readonly Entry[]
  all(): Iterable<Entry>
}

/** Shown at most: more are a list, and there is a command for that. */
const SHOWN = 50

/** `subject`: an address, a network, or a user name. */
export function explain(subject: string, now: number, table: Explained): Explanation {
  const text = subject.trim()
  const address = normaliseAddress(text)
  if (isIP(address) !== 0) return explainAddress(address, now, table)
  const network = text.includes('/') ? networkOf(text) : undefined
  if (network === undefined) return explainAccount(text, now, table)
  const isOneSource = network.length >= (network.address.includes(':') ? 64 : 32)
  return isOneSource ? explainAddress(network.address, now, table) : explainNetwork(text, network, now, table)
}

function explainAddress(address: string, now: number, { spared, about }: Explained): Explanation {
  const entries = about(address).filter(({ decision }) => isInForce(decision, now))
  const isTrunk = spared.isTrunkAddress(address)
  const isRegistered = spared.isRegisteredSource(address)
  const because: string[] = []
  if (isTrunk) because.push('It is an address of a trunk: those are never banned by rules.')
  if (isRegistered) because.push('A phone is registered from it now: it is never banned by rules.')
  const { verdict, isSparedFirst } = judge(entries, isTrunk || isRegistered)
  const sentences = entries.toSorted((a, b) => rankOf(a) - rankOf(b)).map(entry => sentenceOf(entry, now))
  return {
    subject: address,
    verdict,
    because: orNothing(isSparedFirst ? [...because, ...sentences] : [...sentences, ...because]),
    decisions: entries.map(({ decision }) => decision),
  }
}

interface Judged {
  readonly verdict: Explanation['verdict']
  readonly isSparedFirst: boolean
}

function judge(entries: readonly Entry[], isSpared: boolean): Judged {
  const bans = entries.filter(({ decision }) => decision.action === 'ban' && decision.mode === 'on')
  if (entries.some(({ decision }) => decision.action === 'allow')) return { verdict: 'allowed', isSparedFirst: false }
  const isOrdered = bans.some(({ decision }) => decision.origin === 'operator')
  if (isSpared && !isOrdered) return { verdict: 'spared', isSparedFirst: true }
  return { verdict: bans.length > 0 ? 'banned' : 'open', isSparedFirst: false }
}

/** What decides stands first. */
function rankOf({ decision: { action, mode, origin } }: Entry): number {
  if (action === 'allow') return 0
  return mode === 'dry-run' ? 3 : origin === 'operator' ? 1 : 2
}

function explainAccount(username: string, now: number, { ofAccount }: Explained): Explanation {
  const entries = ofAccount(username).filter(({ decision }) => isInForce(decision, now))
  const isAllowed = entries.some(({ decision }) => decision.action === 'allow')
  const isHeld = entries.some(({ decision }) => decision.action === 'back-off' && decision.mode === 'on')
  const because = entries.toSorted((a, b) => rankOf(a) - rankOf(b)).map(entry => sentenceOf(entry, now))
  if (isHeld && !isAllowed) {
    because.push(
      'Its registered phone goes on, and so does whoever proved the password from the same address within 24 hours, has a certificate, or is on the allow-list.',
    )
  }
  return {
    subject: username,
    verdict: isAllowed ? 'allowed' : isHeld ? 'backing-off' : 'open',
    because: orNothing(because),
    decisions: entries.map(({ decision }) => decision),
  }
}

function explainNetwork(subject: string, network: Cidr, now: number, { all }: Explained): Explanation {
  const around: Entry[] = []
  const inside: Entry[] = []
  // A hundred thousand are looked at while calls go on.
  const asked = new PrefixIndex<true>()
  asked.add(network.address, network.length, true)
  for (const entry of all()) {
    const { kind, value } = entry.decision.target
    if (!isInForce(entry.decision, now)) continue
    if (kind === 'address' || kind === 'socket') {
      const address = kind === 'socket' ? socketOf(value).address : value.endsWith('/64') ? value.slice(0, -3) : value
      if (asked.find(address, always) !== undefined) inside.push(entry)
    } else if (kind === 'network') {
      const other = networkOf(value)
      if (other === undefined) continue
      if (other.length > network.length && asked.find(other.address, always) !== undefined) inside.push(entry)
      else if (other.length <= network.length && parseNetwork(value)?.includes(network.address) === true) {
        around.push(entry)
      }
    }
  }
  const { verdict } = judge(around, false)
  const shown = [...around, ...inside].toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, SHOWN)
  const because = shown.map(entry => sentenceOf(entry, now))
  const rest = around.length + inside.length - shown.length
  if (rest > 0) because.push(`${rest} more decisions are about addresses in it.`)
  return {
    subject,
    verdict,
    because: orNothing(because),
    decisions: shown.map(({ decision }) => decision),
  }
}

function always(): boolean {
  return true
}

function orNothing(because: readonly string[]): readonly string[] {
  return because.length > 0 ? because : ['No decision is in force about it.']
}

const DONE: Readonly<Record<SourceDecision['action'], string>> = {
  ban: 'is banned',
  'back-off': 'takes no credentials from strangers',
  allow: 'is on the allow-list',
}

function sentenceOf({ decision, hits }: Entry, now: number): string {
  const { target, action, mode, expiresAt, rule, reason, origin, evidence } = decision
  const left = expiresAt === undefined ? 'until somebody takes it back' : `for ${minutesOf(expiresAt - now)} more`
  const who = origin === 'operator' ? `by ${evidence['by'] ?? 'an operator'}` : `by ${rule}`
  const done = mode === 'dry-run' ? `would be a ${action} (the rule is tried only)` : DONE[action]
  const stopped = hits > 0 ? ` It stopped something ${hits} times.` : ''
  return `${target.kind} ${target.value} ${done} ${left}, ${who}: ${reason}.${stopped}`
}

function minutesOf(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000))
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}
