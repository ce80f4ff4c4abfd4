/** Proof of who we are to a provider (RFC 3261 §22): to this one only, and never a second time for the same question. */
import { BoundedMap } from '../base/bounded.ts'
import type { Trunk } from '../directory/trunk.ts'
import { answerChallenge, challengeNonce } from '../sip/auth/answer.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import { parseChallenge } from '../sip/message/challenge.ts'
import { decodeText } from '../sip/message/text.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'

/** Nonces whose uses are counted. */
const REMEMBERED_NONCES = 32
/** Longer ones are no nonces of a provider's. */
const LONGEST_NONCE = 512
/** Realms that one provider may have. */
const MAXIMUM_REALMS = 4

export interface TrunkCredentials {
  /** The header that answers a 401 or 407, or undefined when it must not or cannot be answered. */
  answer(trunk: Trunk, request: SipRequest, response: SipResponse): HeaderPair | undefined
  /** The provider took what `request` proved: its realm is the provider's. */
  accepted(request: SipRequest): void
}

export function createCredentials(): TrunkCredentials {
  const uses = new BoundedMap<string, number>(REMEMBERED_NONCES)
  /** Of what the provider has accepted. */
  const realms = new Set<string>()
  /** Of what was answered outside of dialogs. */
  const asked = new BoundedMap<string, true>(MAXIMUM_REALMS)

  /**
   * A callee behind the provider may send a challenge too, to take our answer home and guess the password. Once the provider's
   * own realm is known, no other is answered; within a dialog only one that was answered before it.
   */
  function isRealmOf(trunk: Trunk, realm: string, request: SipRequest): boolean {
    if (realms.has(realm)) return true
    const domain = realm.toLowerCase()
    if (domain === trunk.host.toLowerCase() || domain === trunk.domain?.toLowerCase()) return true
    return realms.size === 0 && (request.toTag === undefined || asked.has(realm))
  }

  return {
    answer(trunk, request, response) {
      const { username, password } = trunk
      if (username === undefined || password === undefined || !mayProveOver(trunk, request)) return undefined
      const proxy = response.status === 407
      if (!proxy && response.status !== 401) return undefined
      const name = proxy ? 'Proxy-Authorization' : 'Authorization'
      for (const value of response.headerValues(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate')) {
        const realm = realmOf(value)
        const challenge = challengeNonce(value)
        if (realm === undefined || challenge === undefined || challenge.nonce.length > LONGEST_NONCE) continue
        if (!isRealmOf(trunk, realm, request)) continue
        if (isRepeated(request, name, realm, challenge)) return undefined
        const count = (uses.get(challenge.nonce) ?? 0) + 1
        const answer = answerChallenge({
          challengeHeaders: [value],
          username,
          password: password.reveal(),
          method: request.method,
          uri: request.requestUriText,
          nonceCount: count,
          body: request.body,
        })
        if (answer === undefined) continue
        uses.set(challenge.nonce, count)
        if (request.toTag === undefined) asked.set(realm, true)
        return [name, answer]
      }
      return undefined
    },
    accepted(request) {
      for (const name of ['Authorization', 'Proxy-Authorization'] as const) {
        for (const { parameters } of request.credentials(name)) {
          const realm = parameters.get('realm')
          if (realm !== undefined && realms.size < MAXIMUM_REALMS) realms.add(decodeText(realm))
        }
      }
    },
  }
}

function realmOf(challenge: string): string | undefined {
  const realm = parseChallenge(challenge)?.parameters.get('realm')
  return realm === undefined ? undefined : decodeText(realm)
}

/** A digest over plaintext can be taken along and guessed at: only where the trunk was told to. */
function mayProveOver(trunk: Trunk, request: SipRequest): boolean {
  if (trunk.transport !== 'TLS') return trunk.allowInsecureSignalling
  return request.header('Via') === undefined || request.topmostVia.transport === 'TLS'
}

/** "The client … SHOULD NOT retry with the same credentials" (RFC 3261 §22.2), unless only the nonce was too old. */
function isRepeated(
  request: SipRequest,
  name: 'Authorization' | 'Proxy-Authorization',
  realm: string,
  challenge: { readonly nonce: string; readonly stale: boolean },
): boolean {
  for (const { parameters } of request.credentials(name)) {
    const given = parameters.get('realm')
    if (given === undefined || decodeText(given) !== realm) continue
    if (!challenge.stale || parameters.get('nonce') === challenge.nonce) return true
  }
  return false
}
