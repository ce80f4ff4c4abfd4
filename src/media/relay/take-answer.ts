/** The second half of negotiation: the answer of one side becomes our own answer to the other (RFC 3264 §6, RFC 4568 §5.1.2). */
import { fail, ok, type Result } from '../../base/result.ts'
import type { MediaRefusal } from '../media-engine.ts'
import {
  answerDirection,
  answerProblem,
  type CryptoAttribute,
  directionOf,
  formatCrypto,
  isPlainProfile,
  type MediaDescription,
  type MediaJudgement,
  offersRtcpMux,
  type SessionDescription,
} from '../sdp/index.ts'
import { newKeyAndSalt, type Suite, suiteNamed, SUITES, type SuiteName } from '../srtp/index.ts'
import {
  type AgreedLeg,
  type SecureLeg,
  type BridgeState,
  type Exchange,
  type LegState,
  NO_STREAM,
  other,
  securedBy,
  type Side,
  type StreamState,
} from './bridge-state.ts'
import { localMedia, localSession, refusedMedia } from './local-description.ts'
import { isUsable, judge, readDescription, refusalOf, type Surroundings } from './take-offer.ts'

export interface AnswerTaken {
  readonly state: BridgeState
  /** For the side that offered. */
  readonly sdp: string
  readonly answer: SessionDescription
}

export async function takeAnswer(
  exchange: Exchange,
  text: string,
  around: Surroundings,
): Promise<Result<AnswerTaken, MediaRefusal>> {
  const read = readDescription(text)
  if (!read.ok) return read
  const answer = read.value
  const mayBePlain = around.plain(other(exchange.from)) !== undefined
  const asked = exchange.relayed.media.map(media => mayBePlain && isPlainProfile(media.protocol))
  const judgements = answer.media.map((answered, index) => judge(answered, asked[index] === true))
  // A plain answer to our secure offer is told as what it is, before any other fault of it.
  const plain = judgements.find(judgement => judgement.verdict === 'plain-rtp')
  if (plain !== undefined) return fail(refusalOf([plain]))
  const problem = answerProblem(exchange.relayed, answer)
  if (problem !== undefined)
    return fail({ reason: 'malformed-sdp', explanation: `The answer does not fit the offer: ${problem}.` })

  const { from } = exchange
  const to = other(from)
  const streams: StreamState[] = []
  const media: MediaDescription[] = []
  for (const [index, offered] of exchange.offer.media.entries()) {
    const stream = exchange.prepared.streams[index] ?? NO_STREAM
    const judgement = judgements[index]!
    const offeredCrypto = exchange.usable[index]
    if (offeredCrypto === undefined || judgement.verdict === 'disabled') {
      streams.push(NO_STREAM)
      media.push(refusedMedia(offered))
      continue
    }
    const answered = answer.media[index]!
    const chosen = chosenOf(judgement, asked[index] === true)
    if (chosen === undefined) return fail(badChoice(isUsable(judgement) ? [] : judgements))
    const rtcpMux = chosen.suite !== undefined && offersRtcpMux(answered)
    const answeringLeg: LegState = { ...stream[to]!, agreed: { ...chosen, rtcpMux } }
    const leg = { side: from, index, existing: stream[from] }
    const offering =
      offeredCrypto === 'plain'
        ? await answerPlain(leg, offered, around)
        : await answerTo(leg, offered, offeredCrypto, around)
    streams.push({ active: true, [from]: offering.leg, [to]: answeringLeg } as unknown as StreamState)
    media.push(
      localMedia(answered, {
        port: offering.leg.pair.port,
        protocol: offered.protocol,
        direction: answerDirection(exchange.directions[index]!, directionOf(answer, answered)),
        rtcpMux: offering.agreed.rtcpMux,
        crypto: offering.crypto === undefined ? [] : [offering.crypto],
      }),
    )
  }
  if (!streams.some(stream => stream.active)) return fail(refusalOf(judgements))
  const { text: sdp, side } = localSession(exchange.prepared[from], around.advertised[from], media)
  const state = {
    streams,
    [from]: { ...side, heard: exchange.offer, secured: side.secured || securedBy(streams, from) },
    [to]: {
      ...exchange.prepared[to],
      heard: answer,
      secured: exchange.prepared[to].secured || securedBy(streams, to),
    },
  } as unknown as BridgeState
  return ok({ state, sdp, answer })
}

/**
 * The one `a=crypto` of an answer: a tag and suite of ours (RFC 4568 §5.1.3). Deviation: phones and test tools exist that count
 * their tags from 1 whatever was offered; each suite was offered once, so that its name says which line is meant.
 */
function chosenCrypto(crypto: readonly CryptoAttribute[]): { suite: SuiteName; crypto: CryptoAttribute } | undefined {
  const [only, ...more] = crypto
  if (only === undefined || more.length > 0) return undefined
  const suite = suiteNamed(only.suite)
  return suite === undefined ? undefined : { suite: suite.name, crypto: only }
}

/** Plain where plain was offered, one suite where suites were; nothing else is an answer. */
function chosenOf(
  judgement: MediaJudgement,
  plain: boolean,
): Omit<SecureLeg, 'rtcpMux'> | { readonly suite: undefined } | undefined {
  if (judgement.verdict === 'allowed-plain') return { suite: undefined }
  return judgement.verdict === 'secure' && !plain ? chosenCrypto(judgement.crypto) : undefined
}

function badChoice(judgements: Parameters<typeof refusalOf>[0]): MediaRefusal {
  if (judgements.length > 0) return refusalOf(judgements)
  return {
    reason: 'no-common-suite',
    explanation: 'The answer does not choose exactly one of the a=crypto lines that were offered.',
  }
}

interface OfferingLeg {
  readonly side: Side
  readonly index: number
  readonly existing: LegState | undefined
}

/** Our answer to an offer of plain RTP: the same profile, no key, RTCP on its own port as old peers want it. */
async function answerPlain(
  { side, existing }: OfferingLeg,
  offered: MediaDescription,
  around: Surroundings,
): Promise<{ readonly leg: LegState; readonly agreed: AgreedLeg; readonly crypto: undefined }> {
  const pair = existing?.pair ?? (await around.acquire(side))
  const agreed: AgreedLeg = { suite: undefined, rtcpMux: false }
  return { leg: { pair, keys: new Map(), protocol: offered.protocol, agreed }, agreed, crypto: undefined }
}

/** Our answer on the offering leg: the suite in use, else the best that it offers, under its tag, with a key of our own. */
async function answerTo(
  { side, index, existing }: OfferingLeg,
  offered: MediaDescription,
  crypto: readonly CryptoAttribute[],
  around: Surroundings,
): Promise<{ readonly leg: LegState; readonly agreed: AgreedLeg; readonly crypto: string }> {
  const known = existing ?? around.continued(side, index)
  const { suite, chosen } = best(crypto, known?.agreed)
  const agreed: AgreedLeg = { suite: suite.name, crypto: chosen, rtcpMux: offersRtcpMux(offered) }
  const keys = new Map(known?.keys)
  // A phone with a new key starts its contexts anew, so that our roll-over counter must start anew too.
  if (!keys.has(suite.name) || !sameKeys(known?.agreed, chosen)) keys.set(suite.name, newKeyAndSalt(suite))
  const pair = existing?.pair ?? (await around.acquire(side))
  const leg: LegState = { pair, keys, protocol: offered.protocol, agreed }
  return { leg, agreed, crypto: formatCrypto(chosen.tag, chosen.suite, keys.get(suite.name)!) }
}

function best(
  crypto: readonly CryptoAttribute[],
  agreed: AgreedLeg | undefined,
): { readonly suite: Suite; readonly chosen: CryptoAttribute } {
  // With the same key again, nothing changes; a phone with new keys may have better.
  const same = crypto.find(candidate => candidate.suite === agreed?.suite && sameKeys(agreed, candidate))
  if (agreed?.suite !== undefined && same !== undefined) return { suite: suiteNamed(agreed.suite)!, chosen: same }
  for (const suite of SUITES) {
    const chosen = crypto.find(candidate => candidate.suite === suite.name)
    if (chosen !== undefined) return { suite, chosen }
  }
  throw new RangeError('judgeMedia let a suite pass that we do not have')
}

function sameKeys(agreed: AgreedLeg | undefined, crypto: CryptoAttribute): boolean {
  if (agreed?.suite === undefined) return true
  const before = agreed.crypto.keys
  return (
    agreed.crypto.suite === crypto.suite &&
    before.length === crypto.keys.length &&
    before.every((key, i) => key.keyAndSalt.equals(crypto.keys[i]!.keyAndSalt))
  )
}
