/** Session timers (RFC 4028): how long a session lives without a refresh, and who refreshes. Pure; `now` in milliseconds. */
import { parseParameters } from '../message/headers.ts'
import type { HeaderPair } from '../message/build.ts'
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts'

export type Refresher = 'uac' | 'uas'

export interface SessionPolicy {
  /** Seconds that we ask for, and the most that we take. Default 1,800. */
  readonly interval: number
  /** Seconds below which we refuse (§5: at least 90). Default 90. */
  readonly minimum: number
}

export const DEFAULT_SESSION_POLICY: SessionPolicy = { interval: 1_800, minimum: 90 }
/** §4: "the absolute minimum … is 90 seconds". */
const ABSOLUTE_MINIMUM = 90
/** Seconds before its end that a session without refresh is given up: "the minimum of 32 seconds and one third" (§10). */
const EARLY_END = 32

export interface SessionExpires {
  /** Seconds. */
  readonly interval: number
  readonly refresher: Refresher | undefined
}

/** Session-Expires of a message; `malformed` when it cannot be read, undefined when it is absent. */
export function sessionExpiresOf(message: SipMessage): SessionExpires | 'malformed' | undefined {
  const value = message.header('Session-Expires')
  if (value === undefined) return undefined
  const interval = readSeconds(value)
  const semicolon = value.indexOf(';')
  const parameters = parseParameters(value, semicolon === -1 ? value.length : semicolon)
  const refresher = parameters?.get('refresher')?.toLowerCase()
  if (interval === undefined || parameters === undefined) return 'malformed'
  if (refresher !== undefined && refresher !== 'uac' && refresher !== 'uas') return 'malformed'
  return { interval, refresher }
}

/** Min-SE in seconds; 90 where absent or unreadable (§5). */
export function minimumOf(message: SipMessage): number {
  const value = message.header('Min-SE')
  const seconds = value === undefined ? undefined : readSeconds(value)
  return Math.max(seconds ?? ABSOLUTE_MINIMUM, ABSOLUTE_MINIMUM)
}

export function supportsTimer(message: SipMessage): boolean {
  return [...message.headerValues('Supported'), ...message.headerValues('Require')].some(
    tag => tag.toLowerCase() === 'timer',
  )
}

/** Headers of an INVITE or UPDATE of ours (§7.1, §7.4). `refresher`: in a refresh, who it is now. */
export function sessionRequestHeaders(
  policy: SessionPolicy = DEFAULT_SESSION_POLICY,
  refresher?: Refresher,
): readonly HeaderPair[] {
  const who = refresher === undefined ? '' : `;refresher=${refresher}`
  return [
    ['Supported', 'timer'],
    ['Session-Expires', `${policy.interval}${who}`],
    ['Min-SE', String(policy.minimum)],
  ]
}

export type SessionAnswer =
  /** Answer 422 with these headers (§6, §9). */
  | { readonly kind: 'too-small'; readonly status: 422; readonly headers: readonly HeaderPair[] }
  | { readonly kind: 'malformed'; readonly status: 400 }
  | {
      readonly kind: 'accepted'
      readonly interval: number
      readonly refresher: Refresher
      /** For the 2xx. */
      readonly headers: readonly HeaderPair[]
    }

/**
 * What we answer to an INVITE or UPDATE (§9 and its table 2). The caller refreshes unless it says otherwise; when it does not
 * know session timers, we do.
 */
export function answerSession(request: SipRequest, policy: SessionPolicy = DEFAULT_SESSION_POLICY): SessionAnswer {
  const asked = sessionExpiresOf(request)
  if (asked === 'malformed') return { kind: 'malformed', status: 400 }
  const supported = supportsTimer(request)
  // "if the UAC does not support the session timer, 422 cannot be understood": only a supporting one is refused (§9).
  if (asked !== undefined && supported && asked.interval < policy.minimum) {
    return { kind: 'too-small', status: 422, headers: [['Min-SE', String(policy.minimum)]] }
  }
  const ours = Math.max(policy.interval, minimumOf(request), policy.minimum)
  // "The UAS MUST NOT increase the value of the Session-Expires header field" (§9).
  const interval = Math.max(Math.min(asked?.interval ?? ours, ours), ABSOLUTE_MINIMUM)
  const refresher = supported ? (asked?.refresher ?? 'uac') : 'uas'
  const headers: HeaderPair[] = [['Session-Expires', `${interval};refresher=${refresher}`]]
  // "if the refresher is the UAC, the UAS MUST place a Require header field with the value 'timer'" (§9).
  headers.push(refresher === 'uac' ? ['Require', 'timer'] : ['Supported', 'timer'])
  return { kind: 'accepted', interval, refresher, headers }
}

/** What a 2xx to our request settled (§7.2). Undefined: the peer knows no timer, and nobody refreshes but us if we wish. */
export function settledSession(response: SipResponse, asked: SessionPolicy): SessionExpires | undefined {
  const given = sessionExpiresOf(response)
  if (given === 'malformed') return undefined
  // Without Session-Expires in the 2xx, "no session expiration"; we keep our own refresh going so that a dead peer is found.
  if (given === undefined) return { interval: asked.interval, refresher: 'uac' }
  return { interval: Math.max(given.interval, ABSOLUTE_MINIMUM), refresher: given.refresher ?? 'uac' }
}

/** The policy to repeat a request with that was answered 422 (§7.4). Undefined when it may not be repeated so. */
export function afterTooSmall(response: SipResponse, policy: SessionPolicy): SessionPolicy | undefined {
  const minimum = minimumOf(response)
  if (minimum <= policy.interval && minimum <= policy.minimum) return undefined
  return { interval: Math.max(policy.interval, minimum), minimum: Math.max(policy.minimum, minimum) }
}

/** The state of one dialog's session timer. */
export interface SessionTimer {
  readonly interval: number
  readonly weRefresh: boolean
  /** When we refresh: half of the interval (§10). Infinity when the peer does. */
  readonly refreshAt: number
  /** When we give up, unless a refresh came: BYE. */
  readonly expiresAt: number
}

/** Starts, or starts again after a refresh. `ourRole`: in the request whose 2xx settled the session. */
export function startSession(session: SessionExpires, ourRole: Refresher, now: number): SessionTimer {
  const { interval, refresher } = session
  const weRefresh = (refresher ?? 'uac') === ourRole
  const margin = Math.min(EARLY_END, interval / 3)
  return {
    interval,
    weRefresh,
    refreshAt: weRefresh ? now + (interval / 2) * 1000 : Number.POSITIVE_INFINITY,
    expiresAt: now + (weRefresh ? interval : interval - margin) * 1000,
  }
}

/** What is due now: nothing yet, a refresh (once: then `refreshSent`), or the end of the session. */
export function sessionDue(timer: SessionTimer, now: number): 'wait' | 'refresh' | 'expired' {
  if (now >= timer.expiresAt) return 'expired'
  return now >= timer.refreshAt ? 'refresh' : 'wait'
}

/** A refresh is under way: it is not sent again until its answer starts the session again, or `retryAt`. */
export function refreshSent(timer: SessionTimer, retryAt: number = Number.POSITIVE_INFINITY): SessionTimer {
  return { ...timer, refreshAt: retryAt }
}

/** Milliseconds from `now` until `sessionDue` says something else than `wait`. */
export function sessionDelay(timer: SessionTimer, now: number): number {
  return Math.max(0, Math.min(timer.refreshAt, timer.expiresAt) - now)
}

/** delta-seconds at the start of a value, at most 2^31 - 1. */
function readSeconds(value: string): number | undefined {
  const digits = /^\s*(\d{1,10})\s*(?:;|$)/.exec(value)?.[1]
  const seconds = Number(digits)
  return digits === undefined || seconds > 0x7fff_ffff ? undefined : seconds
}
