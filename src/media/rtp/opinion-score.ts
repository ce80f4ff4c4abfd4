/**
 * Mean opinion score by the E-model (ITU-T G.107), with all but delay, codec and loss at the recommendation's defaults:
 *
 *     R = 93.2 - Id - Ie,eff        Ie,eff = Ie + (95 - Ie) * Ppl / (Ppl + Bpl)       (BurstR = 1)
 *     Id = 0.024 d + 0.11 (d - 177.3) H(d - 177.3), d in ms one way                    (Cole and Rosenbluth, 2001)
 *     MOS = 1 + 0.035 R + R (R - 60) (100 - R) 7e-6                                     (G.107 annex B)
 *
 * Ie and Bpl are those of ITU-T G.113 appendix I (G.711 and G.729A with concealment). G.113 names none for wide-band codecs on
 * the narrow-band scale: G.722 is taken as G.711 with the loss robustness of its concealment, and Opus by the values common
 * in monitoring tools; both are approximations and marked so.
 */

interface Impairment {
  readonly ie: number
  readonly bpl: number
}

const IMPAIRMENTS = new Map<string, Impairment>([
  ['PCMU', { ie: 0, bpl: 25.1 }],
  ['PCMA', { ie: 0, bpl: 25.1 }],
  ['G729', { ie: 11, bpl: 19 }],
  ['G723', { ie: 15, bpl: 16.1 }],
  ['GSM', { ie: 20, bpl: 10 }],
  ['G726-32', { ie: 7, bpl: 10 }],
  ['ILBC', { ie: 11, bpl: 32 }],
  ['G722', { ie: 0, bpl: 13 }], // approximation
  ['OPUS', { ie: 0, bpl: 20 }], // approximation
])

/** For a codec that nobody measured: cautious. */
const UNKNOWN: Impairment = { ie: 10, bpl: 10 }

export interface ListeningConditions {
  /** As in `a=rtpmap`, any case. */
  readonly codec: string | undefined
  /** 0 to 1, of the packets expected. */
  readonly lossRatio: number
  readonly jitterMs: number
  /** Undefined counts as 0: the score is then that of listening, not of conversation. */
  readonly roundTripMs: number | undefined
}

/** 1.0 to 4.5. */
export function meanOpinionScore(conditions: ListeningConditions): number {
  const { ie, bpl } = IMPAIRMENTS.get(conditions.codec?.toUpperCase() ?? '') ?? UNKNOWN
  // A de-jitter buffer of twice the jitter and one 20 ms frame at the sender stand between mouth and ear.
  const delay = (conditions.roundTripMs ?? 0) / 2 + 2 * conditions.jitterMs + 20
  const delayImpairment = 0.024 * delay + (delay > 177.3 ? 0.11 * (delay - 177.3) : 0)
  const loss = 100 * Math.min(1, Math.max(0, conditions.lossRatio))
  const effective = ie + ((95 - ie) * loss) / (loss + bpl)
  return scoreOf(93.2 - delayImpairment - effective)
}

/** G.107 annex B. */
export function scoreOf(rating: number): number {
  if (rating <= 0) return 1
  if (rating >= 100) return 4.5
  const score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
  return Math.max(1, Math.min(4.5, score))
}
