/** Signing and verifying as configured. */
import type { Clock } from '../base/clock.ts'
import { readCertificates } from './certificate-chain.ts'
import { createCertificateFetcher, type FetcherOptions } from './fetch-certificate.ts'
import { createSigner } from './signer.ts'
import type { CallerIdentitySigner, CallerIdentityVerifier } from './types.ts'
import { createVerifier } from './verifier.ts'

export interface CallerIdentityOptions {
  readonly clock: Clock
  readonly signing?: { readonly privateKeyPem: string; readonly certificateUrl: string } | undefined
  /** Authorities whose certificates count (the STI-PA's list, or a national one). Without any, nothing verifies: signatures are not looked at. */
  readonly trustAnchorsPem?: string | undefined
  readonly fetcher?: Partial<FetcherOptions>
}

export interface CallerIdentity {
  readonly signer: CallerIdentitySigner | undefined
  readonly verifier: CallerIdentityVerifier
}

const UNKNOWN: CallerIdentityVerifier = {
  async verify({ identityHeaders }) {
    const detail =
      identityHeaders.length === 0 ? 'the call is not signed' : 'no authority for signatures of calls is configured'
    return {
      outcome: 'none',
      fault: 'no-identity',
      detail,
      attestation: undefined,
      signedBy: undefined,
      originId: undefined,
    }
  },
}

/** Throws on a key or certificate that cannot be used. */
export function openCallerIdentity({
  clock,
  signing,
  trustAnchorsPem,
  fetcher,
}: CallerIdentityOptions): CallerIdentity {
  const signer = signing === undefined ? undefined : createSigner({ ...signing, clock })
  const trustAnchors = trustAnchorsPem === undefined ? [] : readCertificates(trustAnchorsPem)
  if (trustAnchorsPem !== undefined && trustAnchors.length === 0)
    throw new RangeError('there is no certificate among the trust anchors')
  if (trustAnchors.length === 0) return { signer, verifier: UNKNOWN }
  const fetchCertificate = createCertificateFetcher({ clock, ...fetcher })
  return { signer, verifier: createVerifier({ clock, fetchCertificate, trustAnchors }) }
}
