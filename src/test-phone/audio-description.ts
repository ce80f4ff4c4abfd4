/** Our audio as SDP says it, and what the other side's SDP means for us (RFC 3264, RFC 4568). */
import { addressTypeOf, attribute, formatSdp } from '../media/sdp/build.ts'
import { codecsOf, connectionOf, directionOf, offersRtcpMux, parseCrypto, parseSdp } from '../media/sdp/index.ts'
import type { Attribute, CryptoAttribute, Direction } from '../media/sdp/index.ts'
import { formatCrypto } from '../media/sdp/crypto-attribute.ts'
import { type Suite, suiteNamed } from '../media/srtp/index.ts'
import { CODECS, type Codec } from './g711.ts'

/** Dynamic payload type under which we offer telephone events. */
export const EVENT_PAYLOAD_TYPE = 101

export interface LocalKey {
  readonly tag: number
  readonly suite: Suite
  readonly keyAndSalt: Buffer
}

export interface LocalAudio {
  readonly address: string
  readonly port: number
  readonly sessionId: string
  readonly sessionVersion: number
  readonly direction: Direction
  readonly codecs: readonly Codec[]
  /** Empty: plain RTP, which Ringfence has to refuse. */
  readonly keys: readonly LocalKey[]
  readonly eventPayloadType: number | undefined
}

export interface RemoteAudio {
  readonly address: string
  readonly port: number
  readonly direction: Direction
  readonly multiplexed: boolean
  readonly secure: boolean
  /** Those with a suite that we know, in the sender's order. */
  readonly crypto: readonly CryptoAttribute[]
  /** Those that we speak, in the sender's order. */
  readonly codecs: readonly Codec[]
  readonly eventPayloadType: number | undefined
}

/** The text of an offer or an answer with one audio stream. */
export function describeAudio(local: LocalAudio): string {
  const attributes: Attribute[] = local.codecs.map(codec =>
    attribute('rtpmap', `${codec.payloadType} ${codec.name}/${codec.clockRate}`),
  )
  if (local.eventPayloadType !== undefined) {
    attributes.push(attribute('rtpmap', `${local.eventPayloadType} telephone-event/8000`))
    attributes.push(attribute('fmtp', `${local.eventPayloadType} 0-15`))
  }
  attributes.push(attribute('ptime', '20'), attribute('rtcp-mux'))
  for (const key of local.keys) {
    attributes.push(attribute('crypto', formatCrypto(key.tag, key.suite.name, key.keyAndSalt)))
  }
  attributes.push(attribute(local.direction))
  const formats = local.codecs.map(codec => String(codec.payloadType))
  if (local.eventPayloadType !== undefined) formats.push(String(local.eventPayloadType))
  const addressType = addressTypeOf(local.address)
  return formatSdp({
    origin: {
      username: '-',
      sessionId: local.sessionId,
      sessionVersion: String(local.sessionVersion),
      addressType,
      address: local.address,
    },
    sessionName: '-',
    connection: { addressType, address: local.address },
    bandwidths: [],
    timing: '0 0',
    attributes: [],
    media: [
      {
        media: 'audio',
        port: local.port,
        portCount: 1,
        protocol: local.keys.length === 0 ? 'RTP/AVP' : 'RTP/SAVP',
        formats,
        connection: undefined,
        bandwidths: [],
        attributes,
      },
    ],
  })
}

/** The first audio stream that is not refused, or undefined when there is none or the text is no SDP. */
export function readAudio(text: string): RemoteAudio | undefined {
  const parsed = parseSdp(text)
  if (!parsed.ok) return undefined
  const media = parsed.value.media.find(candidate => candidate.media === 'audio' && candidate.port !== 0)
  if (media === undefined) return undefined
  const listed = codecsOf(media)
  const codecs: Codec[] = []
  for (const { name } of listed) {
    const codec = CODECS.find(known => known.name === name.toUpperCase())
    if (codec !== undefined) codecs.push(codec)
  }
  const crypto: CryptoAttribute[] = []
  for (const { name, value } of media.attributes) {
    const parsedCrypto = name === 'crypto' && value !== undefined ? parseCrypto(value) : undefined
    if (parsedCrypto !== undefined && suiteNamed(parsedCrypto.suite) !== undefined) crypto.push(parsedCrypto)
  }
  return {
    address: connectionOf(parsed.value, media)?.address ?? '',
    port: media.port,
    direction: directionOf(parsed.value, media),
    multiplexed: offersRtcpMux(media),
    secure: media.protocol.toUpperCase().startsWith('RTP/SAVP'),
    crypto,
    codecs,
    eventPayloadType: listed.find(codec => codec.name.toLowerCase() === 'telephone-event' && codec.clockRate === 8000)
      ?.payloadType,
  }
}
