/** TLS as RFC 9325 wants it: 1.2 and 1.3, forward secrecy, AEAD only, no compression, no renegotiation. */
import { constants, type X509Certificate } from 'node:crypto'
import {
  createSecureContext,
  getCACertificates,
  type SecureContextOptions,
  type TlsOptions,
  type TLSSocket,
} from 'node:tls'
import { TransportError } from './errors.ts'
import type { TlsIdentity } from './options.ts'
import type { ClientCertificate, ServerCertificate, TlsSession } from './types.ts'

const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** X25519 first: the cheapest. */
const GROUPS = 'X25519:prime256v1:secp384r1'

/** The cheapest signature that both sides have: a server with two certificates then picks ECDSA. */
const SIGNATURES = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ed25519',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'RSA+SHA256',
  'RSA+SHA384',
  'RSA+SHA512',
].join(':')

const COMMON: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: CIPHERS,
  ecdhCurve: GROUPS,
  sigalgs: SIGNATURES,
  secureOptions: constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_NO_RENEGOTIATION,
}

function pairOf(identity: TlsIdentity): { cert: string[]; key: string[] } {
  const pairs = identity.alternative === undefined ? [identity] : [identity, identity.alternative]
  return { cert: pairs.map(pair => pair.certificateChainPem), key: pairs.map(pair => pair.privateKeyPem) }
}

/** Options of a server that speaks for `identity`. Throws TransportError TRANSPORT_TLS_IDENTITY where it cannot. */
export function serverTlsOptions(identity: TlsIdentity): TlsOptions {
  const { clientCaPem } = identity
  const options: TlsOptions = {
    ...COMMON,
    ...pairOf(identity),
    honorCipherOrder: true,
    // A server's own limit would be one timer for each connection; the listener's sweep ends late handshakes.
    handshakeTimeout: 0x7fffffff,
    requestCert: clientCaPem !== undefined,
    rejectUnauthorized: false,
    ...(clientCaPem === undefined ? {} : { ca: clientCaPem }),
  }
  try {
    createSecureContext(options)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new TransportError('TRANSPORT_TLS_IDENTITY', `the TLS certificate or key cannot be used: ${detail}`, error)
  }
  return options
}

/** Options of a client: what it trusts, and who it is where the peer asks. `alsoTrusted`: beside all others. */
export function clientTlsOptions(
  identity: TlsIdentity | undefined,
  trustedCaPem: readonly string[] | undefined,
  alsoTrusted?: string,
): SecureContextOptions {
  // An authority that is named replaces the runtime's: those are named with it.
  const named = alsoTrusted === undefined ? trustedCaPem : [...(trustedCaPem ?? getCACertificates()), alsoTrusted]
  return {
    ...COMMON,
    ...(identity === undefined ? {} : pairOf(identity)),
    ...(named === undefined ? {} : { ca: [...named] }),
  }
}

/** Sessions without a client certificate are alike: one value for each protocol and cipher suite, at most 32. */
const sessions = new Map<string, TlsSession>()

function anonymousSession(protocol: string, cipher: string): TlsSession {
  const key = `${protocol} ${cipher}`
  let session = sessions.get(key)
  if (session === undefined) {
    session = { protocol, cipher, clientCertificate: undefined }
    if (sessions.size < 32) sessions.set(key, session)
  }
  return session
}

/** What was agreed on an established TLS connection. `askedClient`: a client certificate was requested. */
export function tlsSessionOf(socket: TLSSocket, askedClient: boolean): TlsSession {
  const protocol = socket.getProtocol() ?? 'unknown'
  const cipher = socket.getCipher().standardName
  const certificate = askedClient ? socket.getPeerX509Certificate() : undefined
  if (certificate === undefined) return anonymousSession(protocol, cipher)
  return { protocol, cipher, clientCertificate: describe(certificate, socket.authorized) }
}

/** What was agreed on a connection that we opened, and whom the peer has shown to be. */
export function tlsSessionToServer(socket: TLSSocket): TlsSession {
  const session = tlsSessionOf(socket, false)
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? session : { ...session, serverCertificate: describeServer(certificate) }
}

function describeServer(certificate: X509Certificate): ServerCertificate {
  return {
    subject: certificate.subject ?? '',
    issuer: certificate.issuer ?? '',
    subjectAlternativeNames: splitAlternativeNames(certificate.subjectAltName ?? ''),
    notAfter: Date.parse(certificate.validTo),
  }
}

function describe(certificate: X509Certificate, trusted: boolean): ClientCertificate {
  return {
    subject: certificate.subject ?? '',
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    serialNumber: certificate.serialNumber.toLowerCase(),
    trusted,
    subjectAlternativeNames: splitAlternativeNames(certificate.subjectAltName ?? ''),
  }
}

/**
 * Splits Node's text of subject alternative names (`DNS:a, URI:sip:b, DNS:"with, comma"`) into `type:value`. A value
 * with unusual characters is quoted by Node as a JSON string, so a name cannot smuggle another one in.
 */
export function splitAlternativeNames(text: string): string[] {
  const names: string[] = []
  for (const match of text.matchAll(/([^:,\s][^:,]*):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)) {
    const value = match[2]!
    names.push(`${match[1]}:${value.startsWith('"') ? unquote(value) : value}`)
  }
  return names
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text
  }
}
