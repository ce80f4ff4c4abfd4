/** The operator's own certificate: two PEM files, checked before they are used. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { KeysError } from './errors.ts'
import { readPrivateFile, writeFileDurably } from './private-file.ts'
import type { TlsIdentity } from './tls-identity.ts'
import { checkIdentity, readChain } from './tls-identity.ts'

export interface CertificateFiles {
  readonly certificateFile: string
  readonly privateKeyFile: string
}

const MAXIMUM_FILE = 262_144

/** Throws KeysError naming the file and what is wrong with it. */
export function ownCertificate(files: CertificateFiles, dataDirectory: string, now: number): TlsIdentity {
  const chain = readText(files.certificateFile)
  const key = readPrivateFile(files.privateKeyFile, 'KEYS_PRIVATE_KEY_EXPOSED')?.toString('utf8')
  if (key === undefined) throw missing(files.privateKeyFile)
  return identityOfPem({ chain, key }, { chain: files.certificateFile, key: files.privateKeyFile }, dataDirectory, now)
}

/** Checks a chain and key, and puts what phones have to trust into DIR/ca-own.pem. */
export function identityOfPem(
  pem: { readonly chain: string; readonly key: string },
  files: { readonly chain: string; readonly key: string },
  dataDirectory: string,
  now: number,
): TlsIdentity {
  const facts = checkIdentity(pem, files, now)
  const caPath = join(dataDirectory, 'ca-own.pem')
  const chain = readChain(pem.chain, files.chain)
  // As parsed, not as found: a file put together without a line end between two certificates is no PEM to OpenSSL.
  const certificateChainPem = chain.map(certificate => `${certificate.toString().trim()}\n`).join('')
  // The last of the chain stands nearest to the root: a phone that trusts it trusts the server.
  writeFileDurably(caPath, `${chain.at(-1)!.toString().trim()}\n`, 0o644)
  return { certificateChainPem, privateKeyPem: pem.key, caPath, ...facts }
}

/** The authorities for client certificates, if a file is configured. */
export function readClientCa(file: string | undefined): { readonly clientCaPem?: string } {
  if (file === undefined) return {}
  const clientCaPem = readText(file)
  readChain(clientCaPem, file)
  return { clientCaPem }
}

/** Changes whenever one of the files does, by whatever way it was replaced. */
export function stampOf(files: readonly string[]): string {
  return files
    .map(file => {
      const status = statSync(file, { throwIfNoEntry: false })
      return status === undefined ? '-' : `${status.ino}:${status.size}:${status.mtimeMs}`
    })
    .join(' ')
}

function readText(file: string): string {
  const status = statSync(file, { throwIfNoEntry: false })
  if (status === undefined) throw missing(file)
  if (status.size > MAXIMUM_FILE) throw new KeysError('KEYS_CERTIFICATE_INVALID', `${file} is too large`, file)
  return readFileSync(file, 'utf8')
}

function missing(file: string): KeysError {
  return new KeysError('KEYS_CERTIFICATE_INVALID', `${file} does not exist`, file)
}
