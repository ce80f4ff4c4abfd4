/**
 * Two offers that meet: each side has offered and needs an answer, as when one phone picks up a call that rings at another
 * (RFC 3891). What each would have answered to the other's offer follows from its own: the streams, formats and suites that both
 * have. Payload types have to be the same numbers on both sides, as nothing renumbers them on the way.
 */
import { answerDirection, codecsOf, directionOf, offersRtcpMux, payloadTypeOf } from './attributes.ts'
import { attribute, formatSdp } from './build.ts'
import { parseSdp } from './parse.ts'
import type { Attribute, Direction, MediaDescription, SessionDescription } from './types.ts'

export interface CrossedOffers {
  /** What `one`'s sender answers to `other`. */
  readonly one: string
  readonly other: string
}

/** Undefined where one is no session description, or they have nothing in common. */
export function crossOffers(one: string, other: string): CrossedOffers | undefined {
  const [left, right] = [parseSdp(one), parseSdp(other)]
  if (!left.ok || !right.ok) return undefined
  const [a, b] = [left.value, right.value]
  const ofA = answers(a, b)
  const ofB = answers(b, a)
  if (!ofA.some(({ port }) => port !== 0)) return undefined
  return { one: formatSdp({ ...a, media: ofA }), other: formatSdp({ ...b, media: ofB }) }
}

/** One answer of `own` for each m= line of `offer`, in its order. */
function answers(own: SessionDescription, offer: SessionDescription): readonly MediaDescription[] {
  return offer.media.map((offered, index) => {
    const mine = own.media[index]
    const answered = mine === undefined ? undefined : answerLine(own, mine, offer, offered)
    return answered ?? { ...offered, port: 0, portCount: 1, connection: undefined, bandwidths: [], attributes: [] }
  })
}

function answerLine(
  own: SessionDescription,
  mine: MediaDescription,
  offer: SessionDescription,
  offered: MediaDescription,
): MediaDescription | undefined {
  if (mine.media !== offered.media || mine.port === 0 || offered.port === 0) return undefined
  const formats = commonFormats(mine, offered)
  const crypto = commonCrypto(mine, offered)
  if (formats.length === 0 || crypto === undefined) return undefined
  const direction = answerDirection(directionOf(offer, offered), directionOf(own, mine))
  const kept = mine.attributes.filter(each => stays(each, formats, offersRtcpMux(offered)))
  const attributes = [attribute('crypto', crypto), ...kept, attribute(direction)]
  return { ...mine, protocol: offered.protocol, formats, attributes }
}

const DIRECTIONS: ReadonlySet<string> = new Set<Direction>(['sendrecv', 'sendonly', 'recvonly', 'inactive'])

function stays({ name, value }: Attribute, formats: readonly string[], mux: boolean): boolean {
  if (name === 'crypto' || DIRECTIONS.has(name)) return false
  if (name === 'rtcp-mux') return mux
  if (name !== 'rtpmap' && name !== 'fmtp') return true
  return formats.includes(value?.split(' ', 1)[0] ?? '')
}

/** Formats that mean the same codec under the same number, in the order of the offer. */
function commonFormats(mine: MediaDescription, offered: MediaDescription): readonly string[] {
  const meanings = (media: MediaDescription): ReadonlySet<string> =>
    new Set(codecsOf(media).map(codec => `${codec.payloadType} ${codec.name.toLowerCase()} ${codec.clockRate}`))
  const own = meanings(mine)
  const common = new Set<number>()
  for (const meaning of meanings(offered)) if (own.has(meaning)) common.add(Number.parseInt(meaning, 10))
  return offered.formats.filter(format => common.has(payloadTypeOf(format) ?? -1))
}

interface Crypto {
  readonly tag: string
  readonly suite: string
  readonly key: string
}

function cryptoOf(media: MediaDescription): readonly Crypto[] {
  return media.attributes.flatMap(({ name, value }) => {
    const match = name === 'crypto' ? /^(\d{1,9}) +(\S+) +(\S+)$/.exec(value ?? '') : null
    return match === null ? [] : [{ tag: match[1]!, suite: match[2]!, key: match[3]! }]
  })
}

/**
 * The strongest suite that both have, by our order of preference (both answers have to settle on the same one): the offer's tag,
 * with a key of one's own (RFC 4568 §5.1.2).
 */
function commonCrypto(mine: MediaDescription, offered: MediaDescription): string | undefined {
  const [own, theirs] = [cryptoOf(mine), cryptoOf(offered)]
  for (const suite of ['AEAD_AES_256_GCM', 'AEAD_AES_128_GCM', 'AES_256_CM_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_80']) {
    const [one, other] = [own.find(each => each.suite === suite), theirs.find(each => each.suite === suite)]
    if (one !== undefined && other !== undefined) return `${other.tag} ${suite} ${one.key}`
  }
  return undefined
}
