/** Certificates for tests: an authority, and leaves that it signs. */
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

export interface TestIdentity {
  readonly certificateChainPem: string
  readonly privateKeyPem: string
}

export interface TestAuthority {
  readonly certificatePem: string
  /** `names`: host names, IP addresses or `sip:` URIs. */
  issue(names: readonly string[], key?: 'ecdsa' | 'rsa'): Promise<TestIdentity>
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
}
const DAY_MS = 86_400_000

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key))
  return `-----BEGIN PRIVATE KEY-----\n${der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END PRIVATE KEY-----\n`
}

function alternativeName(name: string): x509.JsonGeneralName {
  if (name.startsWith('sip:')) return { type: 'url', value: name }
  return { type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name }
}

export async function createTestAuthority(name = 'Test Authority'): Promise<TestAuthority> {
  const keys = (await crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) }
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: `CN=${name}`,
    serialNumber: '01',
    keys,
    signingAlgorithm: ECDSA,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  let serial = 2
  return {
    certificatePem: authority.toString('pem'),
    async issue(names, key = 'ecdsa') {
      const usages: webcrypto.KeyUsage[] = ['sign', 'verify']
      const leafKeys = (await crypto.subtle.generateKey(
        key === 'rsa' ? RSA : ECDSA,
        true,
        usages,
      )) as webcrypto.CryptoKeyPair
      const certificate = await x509.X509CertificateGenerator.create({
        ...validity,
        subject: `CN=${names[0]!.replace(/[:,]/g, '-')}`,
        issuer: authority.subject,
        serialNumber: (serial++).toString(16).padStart(2, '0'),
        publicKey: leafKeys.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ECDSA,
        extensions: [new x509.SubjectAlternativeNameExtension(names.map(alternativeName))],
      })
      return { certificateChainPem: certificate.toString('pem'), privateKeyPem: await pem(leafKeys.privateKey) }
    },
  }
}
