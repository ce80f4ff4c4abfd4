/** One JSON document by HTTPS: to the configured address and nowhere else, without redirections. */
import { lookup as systemLookup } from 'node:dns'
import { request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { inAnyNetwork, parseNetwork } from '../base/network.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { inert } from './plain-text.ts'
import type { SendFailure } from './types.ts'

export interface PostOptions {
  /** https: */
  readonly url: string
  /** Networks in which the name may lie beside the public internet. An address in the URL itself is named already. */
  readonly networks?: readonly string[]
  readonly isPublicAddress: (address: string) => boolean
  /** Authorities of the server's certificate in PEM, instead of the public ones. */
  readonly caPem?: string | undefined
  /** Milliseconds for everything. Default 10,000. */
  readonly timeoutMs?: number
  /** For tests. */
  readonly lookup?: LookupFunction
}

export interface Post {
  /** With port. The rest of the address may be a secret. */
  readonly host: string
  send(body: string, headers?: Readonly<Record<string, string>>): Promise<Outcome>
  close(): void
}

type Outcome = Result<undefined, SendFailure>

export function createPost(options: PostOptions): Post {
  const { timeoutMs = 10_000, caPem } = options
  const url = new URL(options.url)
  if (url.protocol !== 'https:') throw new RangeError('a webhook is https:')
  const lookup = guardedLookup(options)
  const closing = new AbortController()
  return {
    host: url.host,
    send(body, headers) {
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)])
      const call = request(
        url,
        {
          method: 'POST',
          // A connection of its own: what is looked up is what is connected to.
          agent: false,
          signal,
          lookup,
          minVersion: 'TLSv1.2',
          rejectUnauthorized: true,
          ...(isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 ? { servername: url.hostname } : {}),
          ...(caPem === undefined ? {} : { ca: caPem }),
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'user-agent': 'Ringfence',
            ...headers,
          },
        },
        response => {
          resolve(outcomeOf(response.statusCode ?? 0))
          // Whatever it says more is of no interest.
          response.on('error', () => undefined)
          call.destroy()
        },
      )
      call.on('error', error => resolve(fail(failureOf(error, signal, timeoutMs))))
      call.end(body)
      return promise
    },
    close: () => closing.abort(),
  }
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return ok(undefined)
  if (status >= 300 && status < 400)
    return fail({ temporary: false, detail: `answered ${status}, a redirection, which is not followed` })
  // 410 is how a receiver says that it wants no more.
  return fail({ temporary: status !== 410, detail: `answered ${status}` })
}

function failureOf(error: Error, signal: AbortSignal, timeoutMs: number): SendFailure {
  const timedOut = signal.aborted && (signal.reason as Error | undefined)?.name === 'TimeoutError'
  return { temporary: true, detail: timedOut ? `no answer within ${timeoutMs} ms` : inert(error.message, 200) }
}

/** A name that leads into the private network does so only where the configuration says it may. */
function guardedLookup({ networks = [], isPublicAddress, lookup }: PostOptions): LookupFunction {
  const named = networks.map(text => {
    const network = parseNetwork(text)
    if (network === undefined) throw new RangeError(`${text} is no network`)
    return network
  })
  const resolve = lookup ?? (systemLookup as unknown as LookupFunction)
  return (hostname, settings, callback) => {
    resolve(hostname, { ...settings, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 4)
      const all = Array.isArray(found) ? found : [{ address: String(found), family: 4 }]
      const allowed = all.filter(({ address }) => isPublicAddress(address) || inAnyNetwork(address, named))
      const [first] = allowed
      if (first === undefined) {
        const words = `${hostname} leads to ${all.map(each => each.address).join(', ')}, which is not public and not among its networks`
        return callback(Object.assign(new Error(words), { code: 'EACCES' }), '', 4)
      }
      return settings.all === true
        ? (callback as (e: null, a: typeof allowed) => void)(null, allowed)
        : callback(null, first.address, first.family)
    })
  }
}
