/** Why a source or an account is let in, or not, in sentences. */
import { isIP, normaliseAddress, parseNetwork, sourceKey } from '../../base/network.ts'
import { keyOf } from './target.ts'
import type { Explanation, SourceDecision, Spared } from './types.ts'

interface Where {
  readonly as: number | undefined
  readonly country: string | undefined
}

/** `subject`: an address, or a user name. `decisions`: those in force. */
export function explain(
  subject: string,
  now: number,
  decisions: readonly SourceDecision[],
  spared: Spared,
  whereIs: ((address: string) => Where) | undefined,
): Explanation {
  const address = normaliseAddress(subject)
  if (isIP(address) === 0) return explainAccount(subject, now, decisions)
  const where = whereIs?.(address)
  const about = decisions.filter(decision => concerns(decision, address, where))
  const allowed = about.filter(({ action }) => action === 'allow')
  const bans = about.filter(({ action, mode }) => action === 'ban' && mode === 'on')
  const tried = about.filter(({ action, mode }) => action === 'ban' && mode === 'dry-run')
  const because: string[] = []
  const isSpared = spared.isTrunkAddress(address) || spared.isRegisteredSource(address)
  if (spared.isTrunkAddress(address)) because.push('It is an address of a trunk: those are never banned by rules.')
  if (spared.isRegisteredSource(address))
    because.push('A phone is registered from it now: it is never banned by rules.')
  const sentences = [...allowed, ...bans, ...tried].map(decision => sentenceOf(decision, now))
  const isOrdered = bans.some(({ origin }) => origin === 'operator')
  const verdict =
    allowed.length > 0
      ? 'allowed'
      : isSpared && !isOrdered
        ? 'spared'
        : bans.length > 0
          ? 'banned'
          : isSpared
            ? 'spared'
            : 'open'
  const all = verdict === 'spared' ? [...because, ...sentences] : [...sentences, ...because]
  return {
    subject: address,
    verdict,
    because: all.length > 0 ? all : ['No decision is in force about it.'],
    decisions: about,
  }
}

function explainAccount(username: string, now: number, decisions: readonly SourceDecision[]): Explanation {
  const key = keyOf({ kind: 'account', value: username })
  const about = decisions.filter(({ target }) => keyOf(target) === key)
  const isHeld = about.some(({ action, mode }) => action !== 'allow' && mode === 'on')
  const because = about.map(decision => sentenceOf(decision, now))
  return {
    subject: username,
    verdict: isHeld ? 'backing-off' : 'open',
    because: because.length > 0 ? because : ['No decision is in force about it.'],
    decisions: about,
  }
}

function concerns({ target }: SourceDecision, address: string, where: Where | undefined): boolean {
  const { kind, value } = target
  if (kind === 'address') return keyOf(target) === `address ${sourceKey(address)}`
  if (kind === 'socket') return normaliseAddress(value.split(' ')[0]!) === address
  if (kind === 'network') return parseNetwork(value)?.includes(address) === true
  if (kind === 'as') return where?.as !== undefined && value.toUpperCase() === `AS${where.as}`
  return kind === 'country' && where?.country !== undefined && value.toUpperCase() === where.country
}

const DONE: Readonly<Record<SourceDecision['action'], string>> = {
  ban: 'is banned',
  'back-off': 'takes no credentials from strangers',
  allow: 'is on the allow-list',
}

function sentenceOf(
  { target, action, mode, expiresAt, rule, reason, origin, evidence }: SourceDecision,
  now: number,
): string {
  const left = expiresAt === undefined ? 'until somebody takes it back' : `for ${minutesOf(expiresAt - now)} more`
  const who = origin === 'operator' ? `by ${evidence['by'] ?? 'an operator'}` : `by ${rule}`
  const done = mode === 'dry-run' ? `would be a ${action} (the rule is tried only)` : DONE[action]
  return `${target.kind} ${target.value} ${done} ${left}, ${who}: ${reason}.`
}

function minutesOf(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000))
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
}
