/** Whether an answer fits its offer (RFC 3264 §6), and whether a new offer may follow what was agreed (§8). */
import type { SessionDescription } from './types.ts'

/** Undefined when `answer` fits `offer`, else what is wrong. */
export function answerProblem(offer: SessionDescription, answer: SessionDescription): string | undefined {
  if (answer.media.length !== offer.media.length) {
    return `the answer has ${answer.media.length} m= lines, the offer ${offer.media.length}`
  }
  for (const [index, answered] of answer.media.entries()) {
    const offered = offer.media[index]!
    const where = `m= line ${index + 1}`
    if (answered.media !== offered.media) return `${where}: answered as ${answered.media}, offered as ${offered.media}`
    if (offered.port === 0 && answered.port !== 0) return `${where}: was offered with port 0 and answered with a port`
    if (answered.port === 0) continue
    // RFC 3264 §6.1: the formats of the answer come from the offer (more may be listed, but at least one must be common)
    if (!answered.formats.some(format => offered.formats.includes(format))) {
      return `${where}: no format of the offer was answered`
    }
  }
  return undefined
}

/** Undefined when `next` may follow `previous` from the same side: m= lines are never removed (RFC 3264 §8). */
export function reofferProblem(previous: SessionDescription, next: SessionDescription): string | undefined {
  if (next.media.length < previous.media.length) {
    return `the new offer has ${next.media.length} m= lines, ${previous.media.length} were agreed`
  }
  return undefined
}
