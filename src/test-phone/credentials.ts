/** The phone's half of digest authentication: answers a challenge, and uses its nonce again as long as it is accepted. */
import { answerChallenge, challengeNonce } from '../sip/auth/answer.ts'
import { parseChallenge } from '../sip/message/challenge.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import type { SipRequest, SipResponse } from '../sip/message/types.ts'
import type { PhoneOptions } from './options.ts'

export interface ChallengeAnswer {
  readonly headers: readonly HeaderPair[]
  readonly algorithm: string
}

export interface Credentials {
  /** The header that answers a 401 or 407, or undefined when no challenge in it can be answered. */
  answer(response: SipResponse, request: SipRequest): ChallengeAnswer | undefined
  /** Credentials for the nonce of the last challenge, so that no new one is needed (RFC 7616 §3.6); empty before the first. */
  remembered(method: string, uri: string): ChallengeAnswer | undefined
  /** Forgets the nonce, as a phone that was switched off. */
  forget(): void
}

interface Remembered {
  readonly challenges: readonly string[]
  readonly header: 'Authorization' | 'Proxy-Authorization'
  readonly nonce: string
  count: number
}

export function createCredentials(options: Pick<PhoneOptions, 'username' | 'password' | 'algorithms'>): Credentials {
  const { username, password } = options
  let last: Remembered | undefined

  const answerWith = (remembered: Remembered, method: string, uri: string): ChallengeAnswer | undefined => {
    remembered.count++
    const value = answerChallenge({
      challengeHeaders: remembered.challenges,
      username,
      password,
      method,
      uri,
      nonceCount: remembered.count,
    })
    if (value === undefined) return undefined
    const algorithm = parseChallenge(value)?.parameters.get('algorithm') ?? 'MD5'
    return { headers: [[remembered.header, value]], algorithm }
  }

  return {
    answer(response, request) {
      const proxy = response.status === 407
      const challenges = response
        .headerValues(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate')
        .filter(value => understood(value, options.algorithms))
      const nonce = challenges[0] === undefined ? undefined : challengeNonce(challenges[0])?.nonce
      if (nonce === undefined) return undefined
      last = { challenges, header: proxy ? 'Proxy-Authorization' : 'Authorization', nonce, count: 0 }
      return answerWith(last, request.method, request.requestUriText)
    },
    remembered: (method, uri) => (last === undefined ? undefined : answerWith(last, method, uri)),
    forget() {
      last = undefined
    },
  }
}

/** Skips challenges of algorithms that the phone is told not to know (RFC 8760 §2.4). */
function understood(challenge: string, algorithms: readonly string[] | undefined): boolean {
  if (algorithms === undefined) return true
  const algorithm = parseChallenge(challenge)?.parameters.get('algorithm') ?? 'MD5'
  return algorithms.includes(algorithm.toUpperCase())
}
