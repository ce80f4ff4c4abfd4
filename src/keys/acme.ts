/** A certificate by RFC 8555, proved over HTTP (§8.3): account, order, challenge, renewal. */
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { KeysError } from './errors.ts'
import { identityOfPem } from './own-certificate.ts'
import { ensurePrivateFolder, readPrivateFile, writeFileDurably } from './private-file.ts'
import type { TlsIdentity } from './tls-identity.ts'

export interface AcmeOptions {
  readonly directoryUrl: string
  readonly names: readonly string[]
  readonly email?: string | undefined
  /** 0: any free one. */
  readonly httpPort: number
  readonly termsOfServiceAgreed: true
  /** Address of the challenge listener. Default: all. */
  readonly httpAddress?: string | undefined
}

/** What acme-client does for us; handed in by tests. */
export interface AcmeClient {
  newKey(): Promise<string>
  /** The chain in PEM, for a fresh key that is given in PEM. */
  order(request: AcmeOrder): Promise<string>
}

export interface AcmeOrder {
  readonly options: AcmeOptions
  readonly accountKey: string
  readonly certificateKey: string
  present(token: string, keyAuthorization: string): void
  withdraw(token: string): void
}

const PREFIX = '/.well-known/acme-challenge/'
const MAXIMUM_TOKENS = 100

function folderOf(dataDirectory: string): string {
  return join(dataDirectory, 'keys', 'acme')
}

/** The certificate of an earlier order, if it is valid at `now` and made for these names. */
export function storedAcmeCertificate(
  dataDirectory: string,
  options: AcmeOptions,
  now: number,
): TlsIdentity | undefined {
  const folder = folderOf(dataDirectory)
  const files = { chain: join(folder, 'certificate.pem'), key: join(folder, 'certificate.key') }
  const chain = readPrivateFile(files.chain, 'KEYS_PRIVATE_KEY_EXPOSED')?.toString('utf8')
  const key = readPrivateFile(files.key, 'KEYS_PRIVATE_KEY_EXPOSED')?.toString('utf8')
  if (chain === undefined || key === undefined) return undefined
  try {
    const identity = identityOfPem({ chain, key }, files, dataDirectory, now)
    return options.names.every(name => identity.names.includes(name)) ? identity : undefined
  } catch {
    return undefined
  }
}

/** Orders a certificate. Throws KeysError `KEYS_ACME_FAILED`; the one in use stays as it is. */
export async function orderAcmeCertificate(
  dataDirectory: string,
  options: AcmeOptions,
  clock: Clock,
  client?: AcmeClient,
): Promise<TlsIdentity> {
  const folder = folderOf(dataDirectory)
  ensurePrivateFolder(folder)
  const files = { chain: join(folder, 'certificate.pem'), key: join(folder, 'certificate.key') }
  const challenges = new Map<string, string>()
  const listener = createChallengeServer(challenges)
  try {
    const used = client ?? (await import('./acme-client.ts')).acmeClient
    const accountKey = await accountKeyIn(folder, used)
    await listen(listener, options)
    const key = await used.newKey()
    const chain = await used.order({
      options,
      accountKey,
      certificateKey: key,
      present: (token, keyAuthorization) => {
        if (challenges.size < MAXIMUM_TOKENS) challenges.set(token, keyAuthorization)
      },
      withdraw: token => void challenges.delete(token),
    })
    const identity = identityOfPem({ chain, key }, files, dataDirectory, clock.now())
    writeFileDurably(files.key, key)
    writeFileDurably(files.chain, chain)
    return identity
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    const text = `no certificate from ${options.directoryUrl} for ${options.names.join(', ')}: ${detail}`
    throw new KeysError('KEYS_ACME_FAILED', text, undefined, { cause: error })
  } finally {
    await new Promise(resolve => listener.close(resolve))
  }
}

async function accountKeyIn(folder: string, client: AcmeClient): Promise<string> {
  const file = join(folder, 'account.key')
  const stored = readPrivateFile(file, 'KEYS_PRIVATE_KEY_EXPOSED')
  if (stored !== undefined) return stored.toString('utf8')
  const key = await client.newKey()
  writeFileDurably(file, key)
  return key
}

/** Answers for pending challenges and nothing else, while an order runs. */
function createChallengeServer(challenges: ReadonlyMap<string, string>): Server {
  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 8_192 }, (request, response) => {
    const path = request.url ?? ''
    const answer = path.startsWith(PREFIX) ? challenges.get(path.slice(PREFIX.length)) : undefined
    response.writeHead(answer === undefined ? 404 : 200, {
      'content-type': 'application/octet-stream',
      connection: 'close',
    })
    response.end(answer ?? '')
  })
  server.maxConnections = 100
  return server
}

function listen(server: Server, { httpPort, httpAddress }: AcmeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error =>
      reject(new Error(`the challenge listener cannot open port ${httpPort}: ${error.message}`)),
    )
    server.listen(httpPort, httpAddress, resolve)
  })
}
