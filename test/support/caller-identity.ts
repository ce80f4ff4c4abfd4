/** Authorities and certificates for signed calls (RFC 8226), made at test time. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { AUTHORITY_LIST_OID } from '../../src/stir/authority-list.ts'

const KEY: webcrypto.EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNATURE: webcrypto.EcdsaParams = { name: 'ECDSA', hash: 'SHA-256' }
const DAY = 86_400_000

export interface Signatory {
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
  readonly pem: string
  readonly privateKeyPem: string
}

export interface LeafOptions {
  readonly notBefore?: number
  readonly notAfter?: number
  /** DER; null: none. Default: a provider code. */
  readonly authority?: Buffer | null
  readonly usage?: number
  readonly ca?: boolean
  readonly curve?: 'P-256' | 'P-384'
}

export async function rootAuthority(now: number, name = 'Test STI-CA'): Promise<Signatory> {
  const keys = await newKeys('P-256')
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + 365 * DAY),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 2, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  return signatory(certificate, keys)
}

export async function issue(
  issuer: Signatory,
  now: number,
  name: string,
  options: LeafOptions = {},
): Promise<Signatory> {
  const {
    ca = false,
    authority = provider('709J'),
    usage = x509.KeyUsageFlags.digitalSignature,
    curve = 'P-256',
  } = options
  const keys = await newKeys(curve)
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(ca, undefined, true),
    new x509.KeyUsagesExtension(ca ? x509.KeyUsageFlags.keyCertSign : usage, true),
  ]
  if (!ca && authority !== null) extensions.push(new x509.Extension(AUTHORITY_LIST_OID, false, authority))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '02',
    subject: `CN=${name}`,
    issuer: issuer.certificate.subject,
    notBefore: new Date(options.notBefore ?? now - DAY),
    notAfter: new Date(options.notAfter ?? now + 90 * DAY),
    signingAlgorithm: SIGNATURE,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    extensions,
  })
  return signatory(certificate, keys)
}

async function newKeys(namedCurve: 'P-256' | 'P-384'): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey({ ...KEY, namedCurve }, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
}

async function signatory(certificate: x509.X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<Signatory> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const privateKeyPem = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END PRIVATE KEY-----\n`
  return { certificate, keys, pem: `${certificate.toString('pem')}\n`, privateKeyPem }
}

function der(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, content.length]), content])
}

export function provider(code: string): Buffer {
  return der(0x30, der(0xa0, der(0x16, Buffer.from(code))))
}

export function oneNumber(number: string): Buffer {
  return der(0x30, der(0xa2, der(0x16, Buffer.from(number))))
}

export function numberRange(start: string, count: number): Buffer {
  const amount = Buffer.alloc(2)
  amount.writeUInt16BE(count)
  return der(0x30, der(0xa1, der(0x30, Buffer.concat([der(0x16, Buffer.from(start)), der(0x02, amount)]))))
}
