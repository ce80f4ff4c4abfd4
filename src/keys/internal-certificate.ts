/** The certificate that needs nobody: our own authority in DIR/keys, its certificate in DIR/ca.pem for the phones. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePrivateFolder, readPrivateFile, writeFileDurably } from './private-file.ts'
import type { KeyPairPem } from './certificate-authority.ts'
import type { TlsIdentity } from './tls-identity.ts'
import { checkIdentity, covers } from './tls-identity.ts'

const DAY = 86_400_000
/** A certificate is replaced when it has fewer days left. */
export const RENEW_BEFORE = 30 * DAY

export interface InternalCertificate {
  readonly identity: TlsIdentity
  /** True when this call issued it. */
  readonly issued: boolean
}

/** The stored certificate while it is good for all of `names` and for 30 days more; otherwise a new one. */
export async function internalCertificate(
  dataDirectory: string,
  names: readonly string[],
  now: number,
): Promise<InternalCertificate> {
  const folder = join(dataDirectory, 'keys')
  ensurePrivateFolder(folder)
  const caPath = join(dataDirectory, 'ca.pem')
  const files = { chain: join(folder, 'server.pem'), key: join(folder, 'server.key') }
  const stored = readPair(files)
  if (stored !== undefined && isGood(stored, names, caPath, now)) {
    return { identity: identityOf(stored, files, caPath, now), issued: false }
  }
  const { createAuthority, issueServerCertificate } = await import('./certificate-authority.ts')
  const authorityFiles = { chain: join(folder, 'ca.pem'), key: join(folder, 'ca.key') }
  let authority = readPair(authorityFiles)
  if (authority === undefined || !livesFor(authority.certificatePem, 2 * RENEW_BEFORE, now)) {
    authority = await createAuthority(names[0] ?? 'ringfence', now)
    writePair(authorityFiles, authority)
  }
  // Readable by all: it is what phones get.
  writeFileDurably(caPath, authority.certificatePem, 0o644)
  const server = await issueServerCertificate(authority, names, now)
  writePair(files, server)
  return { identity: identityOf(server, files, caPath, now), issued: true }
}

interface Files {
  readonly chain: string
  readonly key: string
}

function readPair(files: Files): KeyPairPem | undefined {
  const key = readPrivateFile(files.key, 'KEYS_PRIVATE_KEY_EXPOSED')
  const certificate = readPrivateFile(files.chain, 'KEYS_PRIVATE_KEY_EXPOSED')
  if (key === undefined || certificate === undefined) return undefined
  return { certificatePem: certificate.toString('utf8'), privateKeyPem: key.toString('utf8') }
}

/** The key first: a crash between the two leaves a pair that does not match, and that is made anew. */
function writePair(files: Files, pair: KeyPairPem): void {
  writeFileDurably(files.key, pair.privateKeyPem)
  writeFileDurably(files.chain, pair.certificatePem)
}

function isGood(pair: KeyPairPem, names: readonly string[], caPath: string, now: number): boolean {
  try {
    const leaf = new X509Certificate(pair.certificatePem)
    const authority = new X509Certificate(readFileSync(caPath))
    checkIdentity({ chain: pair.certificatePem, key: pair.privateKeyPem }, { chain: caPath, key: caPath }, now)
    return livesFor(pair.certificatePem, RENEW_BEFORE, now) && covers(leaf, names) && leaf.verify(authority.publicKey)
  } catch {
    return false
  }
}

function livesFor(certificatePem: string, milliseconds: number, now: number): boolean {
  return new X509Certificate(certificatePem).validToDate.getTime() - now > milliseconds
}

function identityOf(pair: KeyPairPem, files: Files, caPath: string, now: number): TlsIdentity {
  const facts = checkIdentity({ chain: pair.certificatePem, key: pair.privateKeyPem }, files, now)
  return { certificateChainPem: pair.certificatePem, privateKeyPem: pair.privateKeyPem, caPath, ...facts }
}
