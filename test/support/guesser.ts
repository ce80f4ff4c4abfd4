/** Somebody who guesses passwords over TLS, and says what became of each guess. */
import { openRaw, rawAuthorization, type RawConnection, rawRequest } from './raw-sip.ts'
import type { Ringfence } from './ringfence.ts'

export interface Guess {
  readonly username: string
  readonly password: string
}

/** The status of the answer to the credentials; `silence`: none came, or the connection was closed. */
export type GuessOutcome = number | 'silence'

export interface Guesser {
  guess(guess: Guess): Promise<GuessOutcome>
  stop(): void
}

const PATIENCE_MS = 5_000
const ANSWER = /SIP\/2\.0 (\d{3})[\s\S]*?\r\n\r\n/

export async function openGuesser(system: Ringfence, domain: string, localAddress: string): Promise<Guesser> {
  let raw: RawConnection | undefined
  const connected = async (): Promise<RawConnection | undefined> => {
    if (raw?.open === true) return raw
    raw = await openRaw({ ...system.ready.sipTls, ca: system.caPem, localAddress }).catch(() => undefined)
    return raw
  }
  const ask = async (on: RawConnection, request: string): Promise<RegExpExecArray | undefined> => {
    const at = on.received().length
    on.send(request)
    return on.waitFor(ANSWER, PATIENCE_MS, at)
  }
  return {
    async guess({ username, password }) {
      const connection = await connected()
      if (connection === undefined) return 'silence'
      const uri = `sip:${domain}`
      const from = `sip:${username}@${domain}`
      const challenge = await ask(connection, rawRequest({ method: 'REGISTER', uri, from }))
      if (challenge === undefined) return 'silence'
      if (challenge[1] !== '401') return Number(challenge[1])
      const headers = [rawAuthorization(challenge[0], { username, password }, 'REGISTER', uri)]
      const answer = await ask(connection, rawRequest({ method: 'REGISTER', uri, from, sequence: 2, headers }))
      return answer === undefined ? 'silence' : Number(answer[1])
    },
    stop: () => raw?.destroy(),
  }
}
