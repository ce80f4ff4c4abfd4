/** The little that calls themselves read and write of a session description; the rest is the media engine's. */
import type { Leg } from './call.ts'

/** Encryption and codec that an answer settled on, for events. */
export interface MediaFacts {
  readonly suite: string | undefined
  readonly codec: string | undefined
}

const ACTIVE_STREAM = /^m=\S+ (?!0 )\d+ \S+ (\d+)/m
const CRYPTO = /^a=crypto:\d+ (\S{1,64})/m
/** RFC 3551 §6: payload types that need no rtpmap. */
const STATIC_CODECS: Readonly<Record<string, string>> = {
  0: 'PCMU/8000',
  3: 'GSM/8000',
  8: 'PCMA/8000',
  9: 'G722/8000',
}

/** Of the first stream that is not refused. */
export function mediaFacts(sdp: string | undefined): MediaFacts {
  const stream = sdp === undefined ? null : ACTIVE_STREAM.exec(sdp)
  if (sdp === undefined || stream === null) return { suite: undefined, codec: undefined }
  const block = sdp.slice(stream.index)
  const payloadType = stream[1]!
  return { suite: CRYPTO.exec(block)?.[1], codec: rtpmapOf(block, payloadType) ?? STATIC_CODECS[payloadType] }
}

function rtpmapOf(block: string, payloadType: string): string | undefined {
  const mark = `a=rtpmap:${payloadType} `
  const start = block.indexOf(mark)
  if (start === -1) return undefined
  const end = block.indexOf('\r\n', start)
  return block.slice(start + mark.length, end === -1 ? undefined : end).slice(0, 64)
}

const ORIGIN = /^(v=0\r\no=\S+ )(\d+) (\d+)( [^\r\n]*\r\n)/

/**
 * What the engine says to a leg, with the origin that this leg knows: after a transfer another bridge speaks, but "the o= line
 * of the new SDP MUST be identical … except that the version MUST increment by one" (RFC 3264 §8). Notes what was said.
 */
export function describeTo(leg: Leg, sdp: string): string {
  const match = ORIGIN.exec(sdp)
  if (match === null) {
    leg.said = sdp
    return sdp
  }
  const [whole, start, sessionId, version, end] = match as unknown as [string, string, string, string, string]
  const rest = sdp.slice(whole.length)
  const words = start + end + rest
  const before = leg.origin
  if (before === undefined) {
    leg.origin = { sessionId, version: Number(version), said: words }
    leg.said = sdp
    return sdp
  }
  const next = before.said === words ? before.version : before.version + 1
  leg.origin = { sessionId: before.sessionId, version: next, said: words }
  leg.said = `${start}${before.sessionId} ${next}${end}${rest}`
  return leg.said
}

/**
 * A description that a phone gave as an answer, as an offer to a third party: that it listens or is silent because the other
 * side asked for it (RFC 3264 §8.4) does not bind the new one.
 */
export function resumed(sdp: string): string {
  return sdp.replace(/^a=(?:recvonly|inactive)(?=\r?$)/gm, 'a=sendrecv')
}
