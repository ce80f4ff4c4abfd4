/** Our own session descriptions: what of a phone's words may cross to the other side, and what is ours. */
import {
  type Attribute,
  addressTypeOf,
  attribute,
  codecsOf,
  type Direction,
  formatCrypto,
  formatSdp,
  type MediaDescription,
  payloadTypeOf,
  type SessionDescription,
} from '../sdp/index.ts'
import { newKeyAndSalt, SUITES, type SuiteName } from '../srtp/index.ts'
import type { SideState } from './bridge-state.ts'

const MAXIMUM_VALUE = 512

/**
 * The attributes of a media description that mean the same on both sides, and what their values look like: a name of a codec and
 * its parameters, numbers, sizes. Everything else stays behind: it would tell of the network, the phone, or a person.
 */
export const CROSSING_ATTRIBUTES: ReadonlyMap<string, RegExp> = new Map([
  ['rtpmap', /^\d{1,3} [A-Za-z0-9.-]{1,32}\/\d{1,6}(?:\/\d{1,2})?$/],
  [
    'fmtp',
    /^\d{1,3} (?:\d{1,3}(?:-\d{1,3})?(?:,\d{1,3}(?:-\d{1,3})?)*|[A-Za-z0-9-]{1,32}=[A-Za-z0-9+/=.,-]{1,256}(?:; ?[A-Za-z0-9-]{1,32}=[A-Za-z0-9+/=.,-]{1,256})*;?)$/,
  ],
  ['ptime', /^\d{1,4}(?:\.\d{1,3})?$/],
  ['maxptime', /^\d{1,4}(?:\.\d{1,3})?$/],
  ['framerate', /^\d{1,3}(?:\.\d{1,3})?$/],
  ['framesize', /^\d{1,3} \d{1,5}-\d{1,5}$/],
  [
    'imageattr',
    /^(?:\d{1,3}|\*)(?: (?:send|recv|\*|\[[a-z]{1,4}=[0-9.:,=[\]-]{1,64}(?:,[a-z]{1,4}=[0-9.:,=[\]-]{1,64})*\]))+$/,
  ],
  ['content', /^(?:slides|speaker|sl|main|alt)(?:,(?:slides|speaker|sl|main|alt))*$/],
  ['rtcp-fb', /^(?:\d{1,3}|\*) (?:ack|nack|ccm|trr-int|goog-remb|transport-cc)(?: [a-z0-9-]{1,16}){0,2}$/],
])

/** What looks like one is no parameter of a codec. */
const ADDRESS = /\d\.\d{1,3}\.\d{1,3}\.\d/

function mayCross({ name, value }: Attribute, withFeedback: boolean): boolean {
  if (value === undefined || value.length > MAXIMUM_VALUE || (name === 'rtcp-fb' && !withFeedback)) return false
  return CROSSING_ATTRIBUTES.get(name)?.test(value) === true && !ADDRESS.test(value)
}

export const CROSSING_BANDWIDTHS: ReadonlySet<string> = new Set(['AS', 'TIAS'])
/** RFC 8866 §5.2: no name. */
const OUR_NAME = '-'

export interface LocalMedia {
  readonly port: number
  readonly protocol: string
  readonly direction: Direction
  readonly rtcpMux: boolean
  /** Values of `a=crypto`. */
  readonly crypto: readonly string[]
}

/** `source` as the other side may see it: its codecs, with our port, profile, keys and direction. */
export function localMedia(source: MediaDescription, local: LocalMedia): MediaDescription {
  const withFeedback = local.protocol.endsWith('F')
  const formats = source.formats.filter(format => payloadTypeOf(format) !== undefined)
  const attributes: Attribute[] = []
  for (const crypto of local.crypto) attributes.push(attribute('crypto', crypto))
  for (const candidate of source.attributes) if (mayCross(candidate, withFeedback)) attributes.push(candidate)
  attributes.push(attribute(local.direction))
  if (local.rtcpMux) attributes.push(attribute('rtcp-mux'))
  return {
    media: source.media,
    port: local.port,
    portCount: 1,
    protocol: local.protocol,
    formats,
    connection: undefined,
    bandwidths: source.bandwidths.filter(bandwidth => CROSSING_BANDWIDTHS.has(bandwidth.type)),
    attributes,
  }
}

const KNOWN_MEDIA: ReadonlySet<string> = new Set(['audio', 'video', 'text', 'image', 'application', 'message'])
const KNOWN_PROTOCOL = /^(?:(?:UDP\/TLS\/)?RTP\/S?AVPF?|udptl|TCP\/(?:TLS\/)?(?:MSRP|BFCP)|(?:UDP|TCP)\/DTLS\/SCTP)$/i

/**
 * A stream that one side offers and the other cannot have: a line has to stand for it (RFC 3264 §8), with nothing in it that nobody knows.
 */
export function hiddenMedia(source: MediaDescription): MediaDescription {
  const media = KNOWN_MEDIA.has(source.media) ? source.media : 'application'
  const protocol = KNOWN_PROTOCOL.test(source.protocol) ? source.protocol : 'RTP/AVP'
  const [format = ''] = source.formats
  return refusedMedia({ ...source, media, protocol, formats: [/^(?:\d{1,3}|t38|\*)$/.test(format) ? format : '0'] })
}

/** A refused or removed m= line, to whoever offered it: port 0, and what the grammar wants (RFC 3264 §6). */
export function refusedMedia(source: MediaDescription): MediaDescription {
  const { media, protocol, formats } = source
  return {
    media,
    port: 0,
    portCount: 1,
    protocol,
    formats: formats.slice(0, 1),
    connection: undefined,
    bandwidths: [],
    attributes: [],
  }
}

export function localSession(
  side: SideState,
  address: string,
  media: readonly MediaDescription[],
): { readonly session: SessionDescription; readonly text: string; readonly side: SideState } {
  const addressType = addressTypeOf(address)
  const described = (version: number): SessionDescription => ({
    origin: { username: OUR_NAME, sessionId: side.sessionId, sessionVersion: String(version), addressType, address },
    sessionName: '-',
    connection: { addressType, address },
    bandwidths: [],
    timing: '0 0',
    attributes: [],
    media,
  })
  const session = described(side.version)
  const text = formatSdp(session)
  if (side.said === undefined || side.said === text) return { session, text, side: { ...side, said: text } }
  // RFC 3264 §8: other words, a version greater by one
  const version = side.version + 1
  const changed = described(version)
  const changedText = formatSdp(changed)
  return { session: changed, text: changedText, side: { ...side, version, said: changedText } }
}

/**
 * One `a=crypto` for each suite that we speak, with the keys of this leg; new keys where there are none. The suite in use comes
 * first, then the best: a phone that takes the first one that it knows (baresip 1.0.0) shall not change it within a call.
 */
export function offeredCrypto(
  keys: ReadonlyMap<SuiteName, Buffer>,
  inUse?: SuiteName,
): {
  readonly keys: ReadonlyMap<SuiteName, Buffer>
  readonly crypto: readonly string[]
} {
  const all = new Map<SuiteName, Buffer>()
  const crypto: string[] = []
  for (const [index, suite] of SUITES.entries()) {
    const key = keys.get(suite.name) ?? newKeyAndSalt(suite)
    all.set(suite.name, key)
    const line = formatCrypto(index + 1, suite.name, key)
    if (suite.name === inUse) crypto.unshift(line)
    else crypto.push(line)
  }
  return { keys: all, crypto }
}

/** What the worker has to know of a side's codecs. */
export function codecList(media: MediaDescription): { payloadType: number; name: string; clockRate: number }[] {
  return codecsOf(media).map(({ payloadType, name, clockRate }) => ({ payloadType, name, clockRate }))
}
