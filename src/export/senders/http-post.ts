/** One POST to a receiver of events: TLS that is checked, no redirections, a bounded answer in bounded time, one connection kept. */
import { Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import { fail, ok, type Result } from '../../base/result.ts'
import type { Secret } from '../../base/secret.ts'
import { visible } from '../text.ts'
import type { SendFailure } from '../types.ts'

export interface HttpPostOptions {
  /** https:, or http: where that was allowed. */
  readonly url: URL
  readonly caPem: string | undefined
  readonly certificatePem: string | undefined
  readonly key: Secret | undefined
  readonly serverName: string | undefined
  /** Milliseconds for everything. Default 30,000. */
  readonly timeoutMs?: number
}

export interface HttpPost {
  /** The body of an answer of 2xx. */
  post(body: string, headers: Readonly<Record<string, string>>): Promise<Result<string, SendFailure>>
  close(): void
}

const LARGEST_ANSWER = 8_388_608
/** Seconds to wait at most, whatever the receiver asks. */
const LONGEST_WAIT = 900

export function createHttpPost(options: HttpPostOptions): HttpPost {
  const { url, caPem, certificatePem, key, timeoutMs = 30_000 } = options
  const isPlain = url.protocol === 'http:'
  const name = options.serverName ?? (isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 ? url.hostname : undefined)
  const agent = isPlain
    ? new PlainAgent({ keepAlive: true, maxSockets: 1 })
    : new Agent({
        keepAlive: true,
        maxSockets: 1,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        ...(name === undefined ? {} : { servername: name }),
        ...(caPem === undefined ? {} : { ca: caPem }),
        ...(certificatePem === undefined ? {} : { cert: certificatePem, key: key?.reveal() }),
      })
  const closing = new AbortController()
  return {
    post(body, headers) {
      const { promise, resolve } = Promise.withResolvers<Result<string, SendFailure>>()
      const limit = AbortSignal.timeout(timeoutMs)
      const later = (detail: string): void => resolve(fail({ kind: 'later', detail: visible(detail, 300) }))
      const call = (isPlain ? plainRequest : request)(
        url,
        {
          method: 'POST',
          agent,
          signal: AbortSignal.any([closing.signal, limit]),
          headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'Ringfence' },
        },
        response => {
          const parts: Buffer[] = []
          let size = 0
          response.on('data', (part: Buffer) => {
            size += part.length
            if (size <= LARGEST_ANSWER) parts.push(part)
            else response.destroy(new Error('the answer is too long'))
          })
          response.on('error', error => later(error.message))
          response.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8')
            resolve(outcomeOf(response.statusCode ?? 0, text, response.headers['retry-after']))
          })
        },
      )
      call.on('error', error =>
        later(limit.aborted ? `no answer within ${timeoutMs} ms` : error.message || String(error)),
      )
      call.end(body)
      return promise
    },
    close() {
      closing.abort()
      agent.destroy()
    },
  }
}

function outcomeOf(status: number, text: string, retryAfter: string | undefined): Result<string, SendFailure> {
  if (status >= 200 && status < 300) return ok(text)
  const said = text.trim() === '' ? '' : `: ${visible(text.trim(), 200)}`
  if (status >= 300 && status < 400)
    return fail({ kind: 'later', detail: `answered ${status}, a redirection, which is not followed` })
  const detail = `answered ${status}${said}`
  if (status === 413) return fail({ kind: 'smaller', detail })
  if (status === 400 || status === 422) return fail({ kind: 'refused', detail })
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Math.min(Number(retryAfter), LONGEST_WAIT) : undefined
  return fail({ kind: 'later', detail, ...(seconds === undefined ? {} : { retryAfter: seconds }) })
}
