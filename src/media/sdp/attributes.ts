/** Questions that offer/answer asks of a media description: direction, codecs, RTCP, address. */
import type { Attribute, Connection, Direction, MediaDescription, SessionDescription } from './types.ts'

const DIRECTIONS: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive'])

export function findAttribute(attributes: readonly Attribute[], name: string): Attribute | undefined {
  for (const attribute of attributes) if (attribute.name === name) return attribute
  return undefined
}

export function connectionOf(session: SessionDescription, media: MediaDescription): Connection | undefined {
  return media.connection ?? session.connection
}

/** `c=IN IP4 0.0.0.0`: how RFC 2543 said "hold", still in use (RFC 3264 §8.4). */
export function isUnspecified(connection: Connection | undefined): boolean {
  const address = connection?.address
  return address === undefined || address === '0.0.0.0' || address === '::' || address.endsWith('.invalid')
}

/** The direction as its sender sees it; an unspecified address turns into one that asks for nothing to be sent. */
export function directionOf(session: SessionDescription, media: MediaDescription): Direction {
  const stated = statedDirection(media.attributes) ?? statedDirection(session.attributes) ?? 'sendrecv'
  return isUnspecified(connectionOf(session, media)) ? withoutReceiving(stated) : stated
}

function statedDirection(attributes: readonly Attribute[]): Direction | undefined {
  for (const { name, value } of attributes) if (value === undefined && DIRECTIONS.has(name)) return name as Direction
  return undefined
}

function withoutReceiving(direction: Direction): Direction {
  return sends(direction) ? 'sendonly' : 'inactive'
}

export function sends(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'sendonly'
}

export function receives(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly'
}

export function directionFrom(sending: boolean, receiving: boolean): Direction {
  if (sending) return receiving ? 'sendrecv' : 'sendonly'
  return receiving ? 'recvonly' : 'inactive'
}

/** What an answer may say at most to an offer with `offered` (RFC 3264 §6.1). */
export function answerDirection(offered: Direction, wished: Direction): Direction {
  return directionFrom(sends(wished) && receives(offered), receives(wished) && sends(offered))
}

export interface Codec {
  readonly payloadType: number
  /** As in `a=rtpmap`: `PCMU`, `opus`, `telephone-event`. */
  readonly name: string
  /** Hertz of the RTP timestamp. */
  readonly clockRate: number
  readonly channels: number
}

/** The payload types that need no `a=rtpmap` (RFC 3551 §6) and are in use. */
const STATIC_CODECS = new Map<number, readonly [string, number]>([
  [0, ['PCMU', 8000]],
  [3, ['GSM', 8000]],
  [4, ['G723', 8000]],
  [8, ['PCMA', 8000]],
  [9, ['G722', 8000]],
  [13, ['CN', 8000]],
  [15, ['G728', 8000]],
  [18, ['G729', 8000]],
  [26, ['JPEG', 90000]],
  [31, ['H261', 90000]],
  [34, ['H263', 90000]],
])

/** The codecs of a media description in its order of preference. Formats without a meaning are left out. */
export function codecsOf(media: MediaDescription): readonly Codec[] {
  const mapped = new Map<number, Codec>()
  for (const { name, value } of media.attributes) {
    if (name !== 'rtpmap' || value === undefined) continue
    const codec = parseRtpmap(value)
    if (codec !== undefined) mapped.set(codec.payloadType, codec)
  }
  const codecs: Codec[] = []
  for (const format of media.formats) {
    const payloadType = payloadTypeOf(format)
    if (payloadType === undefined) continue
    const codec = mapped.get(payloadType) ?? staticCodec(payloadType)
    if (codec !== undefined) codecs.push(codec)
  }
  return codecs
}

export function payloadTypeOf(format: string): number | undefined {
  if (!/^\d{1,3}$/.test(format)) return undefined
  const payloadType = Number(format)
  return payloadType <= 127 ? payloadType : undefined
}

function staticCodec(payloadType: number): Codec | undefined {
  const known = STATIC_CODECS.get(payloadType)
  return known === undefined ? undefined : { payloadType, name: known[0], clockRate: known[1], channels: 1 }
}

function parseRtpmap(value: string): Codec | undefined {
  const match = /^(\d{1,3}) +([^\s/]{1,64})\/(\d{1,7})(?:\/(\d{1,2}))?\s*$/.exec(value)
  if (match === null) return undefined
  const payloadType = Number(match[1])
  const clockRate = Number(match[3])
  if (payloadType > 127 || clockRate === 0) return undefined
  return { payloadType, name: match[2]!, clockRate, channels: match[4] === undefined ? 1 : Number(match[4]) }
}

/** Where the sender of `media` takes RTCP when it is not multiplexed: `a=rtcp` (RFC 3605) or the next port. */
export function rtcpTargetOf(media: MediaDescription): { readonly port: number; readonly address: string | undefined } {
  const value = findAttribute(media.attributes, 'rtcp')?.value
  const match = value === undefined ? null : /^(\d{1,5})(?: IN IP[46] ([0-9A-Fa-f.:]{2,45}))?\s*$/.exec(value)
  const port = match === null ? media.port + 1 : Number(match[1])
  return { port: port > 65_535 ? 0 : port, address: match?.[2] }
}

/** RFC 5761 §5.1.1. */
export function offersRtcpMux(media: MediaDescription): boolean {
  return findAttribute(media.attributes, 'rtcp-mux') !== undefined
}
