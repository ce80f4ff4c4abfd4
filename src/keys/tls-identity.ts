/** What the server shows in a TLS handshake, read and checked: a chain, its key, and what the chain says. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { KeysError } from './errors.ts'

export interface TlsIdentity {
  /** PEM, leaf first. */
  readonly certificateChainPem: string
  readonly privateKeyPem: string
  /** PEM of the authorities whose client certificates are trusted, where one is configured. */
  readonly clientCaPem?: string
  /** File in PEM that phones have to trust. */
  readonly caPath: string
  /** Milliseconds since the epoch. */
  readonly notAfter: number
  readonly names: readonly string[]
  /** SHA-256 of the leaf, lower-case hexadecimal without colons. */
  readonly fingerprint: string
  readonly issuer: string
  readonly subject: string
}

export type CertificateFacts = Pick<TlsIdentity, 'notAfter' | 'names' | 'fingerprint' | 'issuer' | 'subject'>

const MAXIMUM_CHAIN = 10

/** The certificates of a PEM text in order. Throws KeysError `KEYS_CERTIFICATE_INVALID` naming `file`. */
export function readChain(pem: string, file: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw invalid(file, 'holds no certificate in PEM')
  if (blocks.length > MAXIMUM_CHAIN) throw invalid(file, `holds more than ${MAXIMUM_CHAIN} certificates`)
  try {
    return blocks.map(block => new X509Certificate(block))
  } catch {
    throw invalid(file, 'holds a certificate that cannot be read')
  }
}

/** Throws KeysError unless the key is the leaf's, the leaf is valid at `now`, and each certificate is signed by the next. */
export function checkIdentity(
  pem: { readonly chain: string; readonly key: string },
  files: { readonly chain: string; readonly key: string },
  now: number,
): CertificateFacts {
  const chain = readChain(pem.chain, files.chain)
  const leaf = chain[0]!
  let key: ReturnType<typeof createPrivateKey>
  try {
    key = createPrivateKey(pem.key)
  } catch {
    throw invalid(files.key, 'holds no private key in PEM without a passphrase')
  }
  if (!leaf.checkPrivateKey(key)) throw invalid(files.key, `is not the key of the first certificate in ${files.chain}`)
  if (leaf.validToDate.getTime() <= now) throw invalid(files.chain, `expired on ${day(leaf.validToDate)}`)
  if (leaf.validFromDate.getTime() > now) throw invalid(files.chain, `is not valid before ${day(leaf.validFromDate)}`)
  for (const [position, certificate] of chain.slice(0, -1).entries()) {
    const issuer = chain[position + 1]!
    if (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)) continue
    throw invalid(files.chain, `is out of order: certificate ${position + 2} did not issue certificate ${position + 1}`)
  }
  const facts = factsOf(leaf)
  if (facts.names.length === 0) throw invalid(files.chain, 'names no host (subject alternative name)')
  return facts
}

export function factsOf(leaf: X509Certificate): CertificateFacts {
  return {
    notAfter: leaf.validToDate.getTime(),
    names: namesOf(leaf),
    fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    issuer: leaf.issuer.replaceAll('\n', ', '),
    subject: leaf.subject?.replaceAll('\n', ', ') ?? '',
  }
}

/** Host names and addresses of the subject alternative name; addresses as they were written (`::1`). */
function namesOf(certificate: X509Certificate): readonly string[] {
  const names = (certificate.subjectAltName ?? '').split(', ').flatMap(entry => {
    if (entry.startsWith('DNS:')) return [entry.slice(4).toLowerCase()]
    if (entry.startsWith('IP Address:')) return [entry.slice(11).toLowerCase()]
    return []
  })
  return [...new Set(names)]
}

/** Whether the certificate is good for each of `names`. */
export function covers(certificate: X509Certificate, names: readonly string[]): boolean {
  return names.every(name =>
    isIP(name) === 0 ? certificate.checkHost(name) !== undefined : certificate.checkIP(name) !== undefined,
  )
}

function invalid(file: string, problem: string): KeysError {
  return new KeysError('KEYS_CERTIFICATE_INVALID', `${file} ${problem}`, file)
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
