/** A publisher of lists on loopback, for tests: https with a certificate of its own authority. */
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { createAuthority, issueServerCertificate } from '../../src/keys/certificate-authority.ts'
import type { FetchOptions } from '../../src/blocklist/fetch-list.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface Publisher {
  readonly port: number
  /** Of requests, the latest last. */
  readonly asked: { readonly url: string; readonly headers: IncomingMessage['headers'] }[]
  answer: Answer
  url(path: string): string
  /** What only a test may: this port, and this machine as if it were public. */
  readonly trusted: FetchOptions
  close(): void
}

export const NAME = 'lists.example'

export async function startPublisher(): Promise<Publisher> {
  const now = Date.now()
  const authority = await createAuthority('lists', now)
  const { certificatePem, privateKeyPem } = await issueServerCertificate(authority, [NAME], now)
  const asked: Publisher['asked'] = []
  let answer: Answer = (_request, response) => response.writeHead(404).end()
  const server = createServer({ cert: certificatePem, key: privateKeyPem }, (request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers })
    answer(request, response)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const lookup: LookupFunction = (_name, _options, callback) => {
    ;(callback as (error: null, found: { address: string; family: number }[]) => void)(null, [
      { address: '127.0.0.1', family: 4 },
    ])
  }
  return {
    port,
    asked,
    get answer() {
      return answer
    },
    set answer(next) {
      answer = next
    },
    url: path => `https://${NAME}:${port}${path}`,
    trusted: {
      isPublicAddress: address => address === '127.0.0.1',
      isAllowedPort: asking => asking === port,
      lookup,
      ca: authority.certificatePem,
      timeoutMs: 1_500,
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

export function says(body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain', ...headers }).end(body)
}
