/** Checks that ask who sends, not what: bans, rates, methods of strangers, accounts that back off. */
import { sourceKey } from '../../base/network.ts'
import { PASS, type Verdict } from '../types.ts'
import { drop, EVERYBODY, type MessageCheck, STRANGERS } from './types.ts'

/** A phone asks again by then, however long its account backs off: somebody may have taken it back. */
const LONGEST_RETRY_MS = 600_000

export const dropBanned: MessageCheck = {
  id: 'dropBanned',
  description:
    'A source with a ban in force, and a flow that was open before it. A flow that carries a registration stays.',
  standings: EVERYBODY.filter(standing => standing !== 'authenticated'),
  judge(_message, { flow }, { guard }) {
    const { sources } = guard
    if (!sources.anyBan) return PASS
    const { remoteAddress: address, remotePort: port, reliable: proven, id: flowId } = flow
    const ban = sources.banOf({ address, port, proven, flowId }, guard.now())
    return ban === undefined ? PASS : drop('dropBanned', ban.reason)
  },
}

/** Datagrams of unknown sources, and of trunks, were counted before they were parsed (`packet-filter`). */
export const capRate: MessageCheck = {
  id: 'capRate',
  description:
    'So many messages a second: 20 of an unknown source (IPv6: of its /64), ten times that of a phone, more of trunks and named networks, each with its own bucket.',
  standings: EVERYBODY.filter(standing => standing !== 'machine'),
  judge(_message, { flow, standing, now }, state) {
    if (standing === 'authenticated') return rated(state.flowBuckets.take(flow.id, now), 'an authenticated flow')
    const key = sourceKey(flow.remoteAddress)
    if (standing === 'network') return rated(state.networkBuckets.take(key, now), 'a source in a named network')
    if (standing === 'trunk') return rated(!flow.reliable || state.networkBuckets.take(key, now), 'a trunk')
    if (standing === 'remembered') return rated(state.flowBuckets.take(key, now), 'a source of registrations')
    return rated(!flow.reliable || state.unknownBuckets.take(key, now), 'an unknown source')
  },
}

function rated(within: boolean, what: string): Verdict {
  return within ? PASS : drop('capRate', `more messages a second than ${what} may send`)
}

/** Responses and ACK are never answered anyway. */
export const dropUnknownSource: MessageCheck = {
  id: 'dropUnknownSource',
  description:
    'Requests of strangers other than REGISTER, which is challenged: an INVITE without registration, and methods that nobody may use who has proven nothing.',
  standings: STRANGERS,
  judge(message) {
    if (message.kind === 'response') return PASS
    if (message.method === 'REGISTER' || message.method === 'ACK') return PASS
    return drop('dropUnknownSource', `${message.method.slice(0, 32)} from an unknown source`)
  },
}

/** What cannot be accepted is told to whom we talk anyway. */
export const dropMalformed: MessageCheck = {
  id: 'dropMalformed',
  description:
    'A request of a stranger that cannot be read or accepted: no answer tells that there is a phone system here.',
  standings: STRANGERS,
  judge(_message, { flow }, { isAsking }) {
    return isAsking(flow) ? PASS : drop('dropMalformed', 'a request that cannot be accepted')
  },
}

export const backOffAccount: MessageCheck = {
  id: 'backOffAccount',
  description:
    'Credentials of an account with many wrong ones lately, from a source that is a stranger to it: they are not even tried. The phone that is registered, who proved the password from there before, a client certificate and an allowed address go on.',
  standings: EVERYBODY,
  judge(message, { flow }, { guard }) {
    const { sources } = guard
    if (message.kind === 'response' || !sources.anyBackOff || flow.tls?.clientCertificate?.trusted === true) return PASS
    const now = guard.now()
    for (const name of ['Authorization', 'Proxy-Authorization'] as const) {
      for (const { parameters } of message.credentials(name)) {
        const username = parameters.get('username')
        const decision = username === undefined ? undefined : sources.backOffOf(username, flow.remoteAddress, now)
        if (decision === undefined) continue
        const left = Math.min(decision.expiresAt ?? Number.POSITIVE_INFINITY, now + LONGEST_RETRY_MS) - now
        const headers = [['Retry-After', String(Math.ceil(left / 1000))]] as const
        const reason = 'too many wrong credentials for this account: it backs off for unknown sources'
        return { kind: 'reject', status: 503, rule: 'backOffAccount', reason, headers }
      }
    }
    return PASS
  },
}
