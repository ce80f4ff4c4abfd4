/** `fetch` for one identity provider: https alone, its own authority where it has one, no redirections, a bounded answer in bounded time. */
import { request } from 'node:https'
import type { CustomFetch } from 'openid-client'

export interface HttpsFetchOptions {
  /** PEM authorities instead of the public ones. */
  readonly ca?: string | undefined
  /** Milliseconds for everything. Default 10,000. */
  readonly timeoutMs?: number
  /** Octets of an answer. Default 1 MiB. */
  readonly maximumOctets?: number
}

export class UnreachableError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UnreachableError'
  }
}

/** Rejects with UnreachableError. */
export function createHttpsFetch({
  ca,
  timeoutMs = 10_000,
  maximumOctets = 1_048_576,
}: HttpsFetchOptions): CustomFetch {
  return (address, { method, headers, body, signal }) => {
    const url = URL.parse(address)
    if (url?.protocol !== 'https:') return Promise.reject(new UnreachableError('the address is not https'))
    const text = body instanceof URLSearchParams ? body.toString() : body
    if (text !== undefined && text !== null && typeof text !== 'string') {
      return Promise.reject(new UnreachableError('only text is sent'))
    }
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const limit = AbortSignal.timeout(timeoutMs)
    const fail = (error: unknown): void => reject(new UnreachableError(wordsOf(error, limit)))
    const call = request(
      url,
      {
        method,
        headers: { ...headers, ...(text ? { 'content-length': Buffer.byteLength(text) } : {}) },
        agent: false,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        maxHeaderSize: 16_384,
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        ...(ca === undefined ? {} : { ca }),
      },
      response => {
        const parts: Buffer[] = []
        let octets = 0
        response.on('error', fail)
        response.on('data', (part: Buffer) => {
          octets += part.length
          if (octets <= maximumOctets) {
            parts.push(part)
            return
          }
          fail(new Error(`its answer is larger than ${maximumOctets} octets`))
          call.destroy()
        })
        response.on('end', () => {
          const status = response.statusCode ?? 0
          const whole = status === 204 || status === 304 ? null : Buffer.concat(parts)
          const kept = Object.entries(response.headers).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, String(value)] as [string, string]],
          )
          if (status < 200 || status > 599) fail(new Error(`it answered ${status}`))
          else resolve(new Response(whole, { status, headers: kept }))
        })
      },
    )
    call.on('error', fail)
    call.end(text ?? undefined)
    return promise
  }
}

function wordsOf(error: unknown, limit: AbortSignal): string {
  if (limit.aborted) return 'it did not answer in time'
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return typeof code === 'string' ? code : String(message).slice(0, 200)
}
