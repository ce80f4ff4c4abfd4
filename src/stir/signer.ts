/** Signs who calls (RFC 8224 §6.1, RFC 8588). */
import { createPrivateKey } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { isP256, signInput, signingInput } from './passport.ts'
import { canonicalNumber } from './telephone-number.ts'
import type { CallerIdentitySigner } from './types.ts'

export interface SignerOptions {
  /** PKCS#8 or SEC1, on the curve P-256. */
  readonly privateKeyPem: string
  /** Where everybody fetches the certificate: `https:`. */
  readonly certificateUrl: string
  readonly clock: Pick<Clock, 'now'>
}

/** Throws RangeError on a key of another kind or a URL that nobody would fetch. */
export function createSigner({ privateKeyPem, certificateUrl, clock }: SignerOptions): CallerIdentitySigner {
  const key = createPrivateKey(privateKeyPem)
  if (!isP256(key)) throw new RangeError('the key that signs calls has to be on the curve P-256 (ES256)')
  if (!/^https:\/\/[^\s<>";]+$/.test(certificateUrl)) throw new RangeError('certificateUrl has to be an https: address')
  return {
    async sign({ from, to, attestation, originId }) {
      const [caller, callee] = [canonicalNumber(from), canonicalNumber(to)]
      if (caller === undefined || callee === undefined) throw new RangeError('only telephone numbers are signed')
      const issuedAt = Math.floor(clock.now() / 1_000)
      const input = signingInput({ from: caller, to: [callee], attestation, originId, issuedAt }, certificateUrl)
      return `${input}.${signInput(input, key)};info=<${certificateUrl}>;alg=ES256;ppt=shaken`
    },
  }
}
