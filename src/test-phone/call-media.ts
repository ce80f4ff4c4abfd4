/** One call's offers and answers (RFC 3264) and the audio session that they steer. */
import { randomUint32 } from '../base/random.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { answerDirection, type CryptoAttribute, type Direction, sends } from '../media/sdp/index.ts'
import { newKeyAndSalt, type Suite, suiteNamed } from '../media/srtp/index.ts'
import { describeAudio, EVENT_PAYLOAD_TYPE, type LocalKey, type RemoteAudio, readAudio } from './audio-description.ts'
import type { AudioSession, StreamKey } from './audio-session.ts'
import type { Codec } from './g711.ts'

export interface CallMediaOptions {
  /** Where audio comes from and goes to; its address and port are what offers name. */
  readonly session: Pick<AudioSession, 'address' | 'port' | 'agree'>
  /** In order of preference. Empty: plain RTP. */
  readonly suites: readonly Suite[]
  readonly codecs: readonly Codec[]
}

export interface CallMedia {
  /** The text of a new offer. */
  offer(direction: Direction): string
  /** Takes the answer to the last offer; what is wrong with it, or undefined. An `early` one may still be followed by another. */
  takeAnswer(text: string, early?: boolean): string | undefined
  /** The answer to an offer of the other side, or why there is none: a 488 then. */
  answer(text: string, wished: Direction): Result<string, string>
  /** As we see it, of the last agreement; undefined before the first. */
  readonly direction: Direction | undefined
  readonly suite: Suite | undefined
}

export function createCallMedia(options: CallMediaOptions): CallMedia {
  const { session } = options
  const keys = new Map<Suite, Buffer>()
  const sessionId = String(randomUint32())
  let sessionVersion = 0
  let offered: { direction: Direction; keys: readonly LocalKey[] } | undefined
  let direction: Direction | undefined
  let suite: Suite | undefined
  let agreedCodec: Codec | undefined

  /** A key stays the same for the life of the call: many phones do not take a new one in a re-INVITE. */
  const keyOf = (wanted: Suite): Buffer => {
    const known = keys.get(wanted)
    if (known !== undefined) return known
    const created = newKeyAndSalt(wanted)
    keys.set(wanted, created)
    return created
  }
  const describe = (
    wished: Direction,
    codecs: readonly Codec[],
    localKeys: readonly LocalKey[],
    events: number | undefined,
  ) =>
    describeAudio({
      address: session.address,
      port: session.port,
      sessionId,
      sessionVersion: sessionVersion++,
      direction: wished,
      codecs,
      keys: localKeys,
      eventPayloadType: events,
    })
  const agree = (
    remote: RemoteAudio,
    codec: Codec,
    ours: Direction,
    send: StreamKey | undefined,
    receive: StreamKey | undefined,
  ) => {
    direction = ours
    suite = send?.suite
    agreedCodec = codec
    session.agree({
      remote: { address: remote.address, port: remote.port },
      codec,
      eventPayloadType: remote.eventPayloadType,
      send,
      receive,
      sending: sends(ours),
      multiplexed: remote.multiplexed,
    })
  }

  return {
    offer(wished) {
      const suites = suite === undefined ? options.suites : [suite]
      const localKeys = suites.map((known, index) => ({ tag: index + 1, suite: known, keyAndSalt: keyOf(known) }))
      offered = { direction: wished, keys: localKeys }
      const codecs = agreedCodec === undefined ? options.codecs : [agreedCodec]
      return describe(wished, codecs, localKeys, EVENT_PAYLOAD_TYPE)
    },
    takeAnswer(text, early = false) {
      const offer = offered
      if (!early) offered = undefined
      if (offer === undefined) return 'an answer without an offer'
      const remote = readAudio(text)
      if (remote === undefined) return 'the answer has no audio'
      const codec = remote.codecs.find(candidate => options.codecs.includes(candidate))
      if (codec === undefined) return 'the answer has no codec of the offer'
      const ours = answerDirection(remote.direction, offer.direction)
      if (offer.keys.length === 0) {
        if (remote.secure) return 'a secure answer to a plain offer'
        agree(remote, codec, ours, undefined, undefined)
        return undefined
      }
      // RFC 4568 §5.1.2: the answer carries exactly one crypto attribute, with the tag and suite of the chosen offer.
      const [chosen] = remote.crypto
      const local = offer.keys.find(key => key.tag === chosen?.tag && key.suite.name === chosen.suite)
      if (!remote.secure || chosen === undefined || local === undefined) return 'the answer chose no key of the offer'
      agree(remote, codec, ours, local, receiveKey(chosen))
      return undefined
    },
    answer(text, wished) {
      const remote = readAudio(text)
      if (remote === undefined) return fail('the offer has no audio')
      const codec = remote.codecs.find(candidate => options.codecs.includes(candidate))
      if (codec === undefined) return fail('the offer has no codec of ours')
      const ours = answerDirection(remote.direction, wished)
      if (options.suites.length === 0 && !remote.secure) {
        agree(remote, codec, ours, undefined, undefined)
        return ok(describe(ours, [codec], [], remote.eventPayloadType))
      }
      if (!remote.secure) return fail('the offer is plain RTP')
      const chosen = choose(suite === undefined ? options.suites : [suite, ...options.suites], remote.crypto)
      if (chosen === undefined) return fail('the offer has no SRTP suite of ours')
      const local = { tag: chosen.crypto.tag, suite: chosen.suite, keyAndSalt: keyOf(chosen.suite) }
      agree(remote, codec, ours, local, receiveKey(chosen.crypto))
      return ok(describe(ours, [codec], [local], remote.eventPayloadType))
    },
    get direction() {
      return direction
    },
    get suite() {
      return suite
    },
  }
}

/** By our order of preference. */
function choose(
  suites: readonly Suite[],
  offered: readonly CryptoAttribute[],
): { readonly suite: Suite; readonly crypto: CryptoAttribute } | undefined {
  for (const suite of suites) {
    const crypto = offered.find(candidate => candidate.suite === suite.name)
    if (crypto !== undefined) return { suite, crypto }
  }
  return undefined
}

function receiveKey(crypto: CryptoAttribute): StreamKey {
  return { suite: suiteNamed(crypto.suite)!, keyAndSalt: crypto.keys[0]!.keyAndSalt }
}
