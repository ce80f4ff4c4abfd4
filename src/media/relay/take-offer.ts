/** The first half of negotiation: an offer of one side becomes our own offer to the other (RFC 3264 §5, RFC 4568 §5). */
import { fail, ok, type Result } from '../../base/result.ts'
import type { MediaRefusal } from '../media-engine.ts'
import {
  directionOf,
  isPlainProfile,
  judgeMedia,
  type MediaDescription,
  type MediaJudgement,
  parseSdp,
  payloadTypeOf,
  reofferProblem,
  type SessionDescription,
} from '../sdp/index.ts'
import { SUITES } from '../srtp/index.ts'
import {
  type BridgeState,
  type ContinuedLeg,
  type Exchange,
  type LegState,
  NO_STREAM,
  other,
  type Side,
  type StreamState,
} from './bridge-state.ts'
import { hiddenMedia, localMedia, localSession, offeredCrypto } from './local-description.ts'
import type { PairName } from './protocol.ts'

/** More than any phone has: audio, video, slides, far-end camera control. */
export const MAXIMUM_STREAMS = 8

export interface Surroundings {
  /** What goes into `c=` on each side. */
  readonly advertised: { readonly a: string; readonly b: string }
  /** A bound pair for `side`. Rejects with MediaError `MEDIA_NO_CAPACITY`. */
  acquire(side: Side): Promise<PairName>
  /** Whether this side may speak plain RTP, and whether it is offered that (`SideOptions.allowInsecureRtp`). */
  plain(side: Side): 'answer' | 'offer' | undefined
  /** The leg that the phone of this side has in the call that it comes from. */
  continued(side: Side, index: number): ContinuedLeg | undefined
}

export interface OfferTaken {
  readonly exchange: Exchange
  /** For the other side. */
  readonly sdp: string
}

export function readDescription(text: string): Result<SessionDescription, MediaRefusal> {
  const parsed = parseSdp(text)
  if (parsed.ok) return parsed
  const { code, detail, line } = parsed.error
  return fail({
    reason: 'malformed-sdp',
    explanation: `The session description is broken in line ${line}: ${detail} (${code}).`,
  })
}

export function judge(media: MediaDescription, allowInsecureRtp = false): MediaJudgement {
  const judgement = judgeMedia(media, SUITES, allowInsecureRtp)
  const usable = !isUsable(judgement) || media.formats.some(format => payloadTypeOf(format) !== undefined)
  return usable ? judgement : { verdict: 'unsupported' }
}

export async function takeOffer(
  state: BridgeState,
  from: Side,
  text: string,
  around: Surroundings,
): Promise<Result<OfferTaken, MediaRefusal>> {
  const read = readDescription(text)
  if (!read.ok) return read
  const offer = read.value
  const problem = offerProblem(state, from, offer)
  if (problem !== undefined) return fail({ reason: 'malformed-sdp', explanation: problem })
  const judgements = offer.media.map(offered => judge(offered, mayBePlain(state, from, around)))
  if (!judgements.some(isUsable)) return fail(refusalOf(judgements))

  const to = other(from)
  const streams: StreamState[] = []
  const media: MediaDescription[] = []
  for (const [index, offered] of offer.media.entries()) {
    const stream = state.streams[index] ?? NO_STREAM
    if (!isUsable(judgements[index]!)) {
      streams.push(stream)
      media.push(hiddenMedia(offered))
      continue
    }
    const existing = stream[to]
    const known = existing ?? around.continued(to, index)
    const plain = offersPlain(state, known, to, around)
    const { keys, crypto } = plain ? NO_KEYS : offeredCrypto(known?.keys ?? new Map(), known?.agreed?.suite)
    const goesOn = known !== undefined && isPlainProfile(known.protocol) === plain
    const protocol = goesOn ? known.protocol : profileFor(offered, plain)
    const pair = existing?.pair ?? (await around.acquire(to))
    const leg: LegState = { pair, keys, protocol, agreed: existing?.agreed }
    streams.push({ ...stream, [to]: leg })
    const direction = directionOf(offer, offered)
    media.push(localMedia(offered, { port: pair.port, protocol, direction, rtcpMux: !plain, crypto }))
  }
  const { session, text: sdp, side } = localSession(state[to], around.advertised[to], media)
  const exchange: Exchange = {
    from,
    offer,
    usable: judgements.map(usableOf),
    directions: offer.media.map(offered => directionOf(offer, offered)),
    relayed: session,
    prepared: { ...state, streams, [to]: side },
  }
  return ok({ exchange, sdp })
}

function offerProblem(state: BridgeState, from: Side, offer: SessionDescription): string | undefined {
  if (offer.media.length > MAXIMUM_STREAMS) return `The offer has more than ${MAXIMUM_STREAMS} m= lines.`
  const heard = state[from].heard
  const reoffer = heard === undefined ? undefined : reofferProblem(heard, offer)
  if (reoffer !== undefined) return `The offer does not fit what was agreed: ${reoffer}.`
  // A side that joined by answering has as many lines as were agreed.
  if (offer.media.length < state.streams.length) return 'The offer leaves out m= lines that were agreed.'
  return undefined
}

/** Desk phones refuse feedback profiles for speech; pictures need them (RFC 5124). */
function profileFor(offered: MediaDescription, plain: boolean): string {
  const feedback = offered.media === 'video' && /F$/i.test(offered.protocol) ? 'F' : ''
  return `RTP/${plain ? 'AVP' : 'SAVP'}${feedback}`
}

const NO_KEYS = { keys: new Map<never, never>(), crypto: [] } as const

/** Who was encrypted once stays so: whoever asks for less within a call is refused, whatever the trunk allows. */
export function mayBePlain(state: BridgeState, side: Side, around: Pick<Surroundings, 'plain'>): boolean {
  return around.plain(side) !== undefined && !state[side].secured
}

/** What a leg has agreed on it keeps; a new one is offered what its side is said to speak. */
function offersPlain(
  state: BridgeState,
  known: ContinuedLeg | undefined,
  to: Side,
  around: Pick<Surroundings, 'plain'>,
): boolean {
  if (!mayBePlain(state, to, around)) return false
  const plain = around.plain(to)
  if (known?.agreed !== undefined) return known.agreed.suite === undefined
  return known === undefined ? plain === 'offer' : isPlainProfile(known.protocol)
}

export function isUsable({ verdict }: MediaJudgement): boolean {
  return verdict === 'secure' || verdict === 'allowed-plain'
}

function usableOf(judgement: MediaJudgement): Exchange['usable'][number] {
  if (judgement.verdict === 'secure') return judgement.crypto
  return judgement.verdict === 'allowed-plain' ? 'plain' : undefined
}

/** Why nothing of a description can be used: the most telling reason first. */
export function refusalOf(judgements: readonly MediaJudgement[]): MediaRefusal {
  for (const judgement of judgements) {
    if (judgement.verdict === 'plain-rtp') return { reason: 'plain-rtp', explanation: judgement.explanation }
  }
  for (const judgement of judgements) {
    if (judgement.verdict === 'no-common-suite')
      return { reason: 'no-common-suite', explanation: judgement.explanation }
  }
  return { reason: 'no-media', explanation: 'There is no audio or video stream over RTP that could be used.' }
}
