/** Our own authority, made at the first start, and the server certificates that it issues. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { randomHex } from '../base/random.ts'
import { isIP } from 'node:net'

const DAY = 86_400_000
const AUTHORITY_DAYS = 3_653
/** Phones refuse a server certificate that lives longer than 398 days. */
const SERVER_DAYS = 397
/** Clocks of phones run behind. */
const BACKDATE = DAY
const KEY: webcrypto.EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNATURE: webcrypto.EcdsaParams = { name: 'ECDSA', hash: 'SHA-256' }

export interface KeyPairPem {
  readonly certificatePem: string
  readonly privateKeyPem: string
}

/**
 * A self-signed authority for ten years (`now` in milliseconds), able to issue end certificates only.
 *
 * No name constraints: they have to be critical (RFC 5280 §4.2.1.10), which the TLS libraries of many desk phones refuse,
 * and addresses and names of the machine change while the authority in the phones stays.
 */
export async function createAuthority(name: string, now: number): Promise<KeyPairPem> {
  const keys = await newKeyPair()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // Every stranger reads it in the handshake: it names no product.
    name: [{ CN: [`CA of ${name}`.slice(0, 64)] }],
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificatePem: pemOf(certificate), privateKeyPem: await privatePem(keys.privateKey) }
}

/** A server certificate for `names` (host names and addresses, the first one the subject). */
export async function issueServerCertificate(
  authority: KeyPairPem,
  names: readonly string[],
  now: number,
): Promise<KeyPairPem> {
  const keys = await newKeyPair()
  const issuer = new x509.X509Certificate(authority.certificatePem)
  const end = Math.min(now + SERVER_DAYS * DAY - BACKDATE, issuer.notAfter.getTime())
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [(names[0] ?? 'ringfence').slice(0, 64)] }],
    issuer: issuer.subjectName,
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(end),
    signingAlgorithm: SIGNATURE,
    publicKey: keys.publicKey,
    signingKey: await readSigningKey(authority.privateKeyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(names.flatMap(alternativeNames)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return { certificatePem: pemOf(certificate), privateKeyPem: await privatePem(keys.privateKey) }
}

/** An IPv4 address is named twice: phones built on mbed TLS (Linphone 5.1) compare what they dial with dNSNames only. */
function alternativeNames(value: string): { type: 'dns' | 'ip'; value: string }[] {
  const version = isIP(value)
  if (version === 0) return [{ type: 'dns', value }]
  return version === 4
    ? [
        { type: 'ip', value },
        { type: 'dns', value },
      ]
    : [{ type: 'ip', value }]
}

async function newKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
}

function readSigningKey(privateKeyPem: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decodeFirst(privateKeyPem)
  return webcrypto.subtle.importKey('pkcs8', der, KEY, false, ['sign'])
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

/** 127 random bits, positive (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const hex = randomHex(16)
  return ((Number.parseInt(hex[0]!, 16) & 7) | 4).toString(16) + hex.slice(1)
}
