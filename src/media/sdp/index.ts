/** Session descriptions (RFC 8866), offer/answer (RFC 3264) and SDES keys (RFC 4568), as other rooms use them. */
export * from './attributes.ts'
export { addressTypeOf, attribute, formatSdp } from './build.ts'
export * from './crypto-attribute.ts'
export type { SdpError, SdpErrorCode } from './errors.ts'
export { answerProblem, reofferProblem } from './offer-answer.ts'
export { parseSdp, SDP_LIMITS } from './parse.ts'
export { judgeMedia, type MediaJudgement, type SuiteName } from './secure-media.ts'
export type * from './types.ts'
