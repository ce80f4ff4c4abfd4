/** From a signing certificate to an authority that is trusted (RFC 8226 §7, RFC 5280 §6), as far as SHAKEN goes. */
import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { type AuthorityEntry, AUTHORITY_LIST_OID, parseAuthorityList } from './authority-list.ts'
import { isP256 } from './passport.ts'

export interface SigningCertificate {
  readonly certificate: X509Certificate
  readonly authority: readonly AuthorityEntry[]
  /** The subject, on one line. */
  readonly subject: string
}

export type ChainResult =
  | { readonly ok: true; readonly signer: SigningCertificate }
  | { readonly ok: false; readonly detail: string }

const MAXIMUM_CERTIFICATES = 6
const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** Throws on what is no certificate. */
export function readCertificates(pem: string): readonly X509Certificate[] {
  return (pem.match(PEM) ?? []).map(each => new X509Certificate(each))
}

/** `pem`: the signing certificate first, intermediates after it. `at`: milliseconds since the epoch. */
export function judgeChain(pem: string, anchors: readonly X509Certificate[], at: number): ChainResult {
  let chain: readonly X509Certificate[]
  try {
    chain = readCertificates(pem)
  } catch (error) {
    return fail(`what was fetched is no certificate: ${(error as Error).message}`)
  }
  const [leaf, ...intermediates] = chain
  if (leaf === undefined) return fail('no certificate was fetched')
  if (chain.length > MAXIMUM_CERTIFICATES) return fail(`more than ${MAXIMUM_CERTIFICATES} certificates`)
  const path = pathFrom(leaf, intermediates, anchors, at)
  if (typeof path === 'string') return fail(path)
  if (leaf.ca) return fail('the certificate is an authority, not a signer')
  if (!isP256(leaf.publicKey)) return fail('the key of the certificate is not on the curve P-256')
  return signerOf(leaf)
}

function signerOf(leaf: X509Certificate): ChainResult {
  const parsed = new x509.X509Certificate(leaf.raw)
  const usage = parsed.getExtension(x509.KeyUsagesExtension)
  if (usage !== null && (usage.usages & x509.KeyUsageFlags.digitalSignature) === 0) {
    return fail('the certificate may not sign (key usage)')
  }
  const extension = parsed.getExtension(AUTHORITY_LIST_OID)
  if (extension === null) return fail('the certificate names no telephone numbers or provider (TNAuthList)')
  const authority = parseAuthorityList(Buffer.from(extension.value))
  if (authority === undefined) return fail('the TNAuthList of the certificate cannot be read')
  return { ok: true, signer: { certificate: leaf, authority, subject: leaf.subject.replaceAll('\n', ', ') } }
}

/** A text: why there is no path. Each step is issued and signed by the next, in force now, and an authority. */
function pathFrom(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  at: number,
): undefined | string {
  let current = leaf
  for (let depth = 0; depth <= MAXIMUM_CERTIFICATES; depth++) {
    const outside = validity(current, at)
    if (outside !== undefined) return outside
    const anchor = anchors.find(each => isIssuer(each, current))
    if (anchor !== undefined) return validity(anchor, at)
    const next = intermediates.find(each => each !== current && isIssuer(each, current))
    if (next === undefined) return `no trusted authority has issued ${current.subject.replaceAll('\n', ', ')}`
    current = next
  }
  return 'the chain of certificates has no end'
}

function isIssuer(issuer: X509Certificate, issued: X509Certificate): boolean {
  return issuer.ca && issued.checkIssued(issuer) && issued.verify(issuer.publicKey)
}

function validity(certificate: X509Certificate, at: number): string | undefined {
  const name = certificate.subject.replaceAll('\n', ', ')
  if (certificate.validFromDate.getTime() > at) return `the certificate of ${name} is not valid yet`
  return certificate.validToDate.getTime() < at ? `the certificate of ${name} has expired` : undefined
}

function fail(detail: string): ChainResult {
  return { ok: false, detail }
}
