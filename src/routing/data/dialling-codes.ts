/** Codes dialled before a number that choose a carrier or hide the caller, by country: what they are for is done elsewhere here. */
export interface RefusedCode {
  /** Matched at the start of what is dialled after the outside-line prefix. */
  readonly pattern: RegExp
  readonly reason: string
}

const CALL_BY_CALL = 'call-by-call codes choose another carrier; dial the number without the code'
const WITHHOLD = 'codes that withhold or show your number are not passed on; that is set for your extension'

/** Those of every country. */
export const REFUSED_EVERYWHERE: readonly RefusedCode[] = [{ pattern: /^(?:\*67|\*82|[*#]31[*#])/, reason: WITHHOLD }]

export const REFUSED_CODES: Readonly<Record<string, readonly RefusedCode[]>> = {
  AT: [{ pattern: /^10\d{2}(?=0)/, reason: CALL_BY_CALL }],
  AU: [
    { pattern: /^183[12]/, reason: WITHHOLD },
    { pattern: /^14(?:1[14]|34|4[17]|[56]6|7[47]|88)(?=0)/, reason: CALL_BY_CALL },
  ],
  CA: [{ pattern: /^101\d{4}/, reason: CALL_BY_CALL }],
  DE: [{ pattern: /^010(?:0\d{2}|[1-9]\d)/, reason: CALL_BY_CALL }],
  FR: [
    { pattern: /^3651/, reason: WITHHOLD },
    { pattern: /^16\d{2}(?=0)/, reason: CALL_BY_CALL },
  ],
  GB: [
    { pattern: /^(?:141|1470|1280)(?=0)/, reason: WITHHOLD },
    {
      pattern: /^1800[12](?=0)/,
      reason: 'calls through the text relay service are not possible; dial the number alone',
    },
  ],
  IE: [{ pattern: /^14[12](?=0)/, reason: WITHHOLD }],
  IT: [{ pattern: /^10\d{2,3}(?=0)/, reason: CALL_BY_CALL }],
  NL: [{ pattern: /^16\d{2,3}(?=0)/, reason: CALL_BY_CALL }],
  PL: [{ pattern: /^10\d{2}(?=0)/, reason: CALL_BY_CALL }],
  US: [{ pattern: /^101\d{4}/, reason: CALL_BY_CALL }],
}
