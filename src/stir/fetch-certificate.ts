/** Fetches a certificate that a stranger names: from the public internet alone, small, soon, and kept for a while. */
import { lookup as systemLookup } from 'node:dns'
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { BoundedMap } from '../base/bounded.ts'
import type { Clock } from '../base/clock.ts'
import { isPublicAddress } from './public-address.ts'

export interface FetcherOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Milliseconds for everything. Default 2,000. */
  readonly timeoutMs?: number
  /** Fetches at once. Default 20. */
  readonly atOnce?: number
  /** Certificates kept. Default 1,000. */
  readonly capacity?: number
  /** For tests: addresses that count as public, ports, and an authority for the server. */
  readonly isAllowedAddress?: (address: string) => boolean
  readonly isAllowedPort?: (port: number) => boolean
  readonly lookup?: LookupFunction
  readonly ca?: string
}

interface Kept {
  readonly until: number
  readonly body: string | undefined
  readonly failure: string | undefined
}

const MAXIMUM_OCTETS = 65_536
const MAXIMUM_URL = 512
/** Seconds: at least and at most, whatever the server says; and for what failed. */
const LEAST_AGE = 60
const MOST_AGE = 86_400
const USUAL_AGE = 3_600
const FAILURE_AGE = 30

/** The function rejects with words for people; asked for the same address again meanwhile, it fetches once. */
export function createCertificateFetcher(options: FetcherOptions): (url: string) => Promise<string> {
  const kept = new BoundedMap<string, Kept>(options.capacity ?? 1_000)
  const underway = new Map<string, Promise<string>>()
  return async url => {
    const now = options.clock.now()
    const known = kept.get(url)
    if (known !== undefined && known.until > now) {
      if (known.body !== undefined) return known.body
      throw new Error(known.failure)
    }
    const running = underway.get(url)
    if (running !== undefined) return running
    if (underway.size >= (options.atOnce ?? 20)) throw new Error('too many certificates are being fetched')
    const fetching = fetchOnce(url, options)
      .then(({ body, age }) => {
        kept.set(url, { until: options.clock.now() + age * 1_000, body, failure: undefined })
        return body
      })
      .catch((error: unknown) => {
        const failure = (error as Error).message
        if (url.length <= MAXIMUM_URL)
          kept.set(url, { until: options.clock.now() + FAILURE_AGE * 1_000, body: undefined, failure })
        throw new Error(failure)
      })
      .finally(() => underway.delete(url))
    underway.set(url, fetching)
    return fetching
  }
}

async function fetchOnce(
  text: string,
  options: FetcherOptions,
): Promise<{ readonly body: string; readonly age: number }> {
  const url = checkedUrl(text, options)
  const { promise, resolve, reject } = Promise.withResolvers<{ body: string; age: number }>()
  const signal = AbortSignal.timeout(options.timeoutMs ?? 2_000)
  const call = request(
    url,
    // An agent of its own: no connection of somebody else's is used, and the address is looked at when it connects.
    {
      agent: false,
      signal,
      lookup: guardedLookup(options),
      ca: options.ca,
      headers: { accept: 'application/pem-certificate-chain' },
    },
    response => {
      if (response.statusCode !== 200) {
        reject(
          new Error(
            `the server answered ${response.statusCode}${response.headers.location === undefined ? '' : ', a redirection, which is not followed'}`,
          ),
        )
        call.destroy()
        return
      }
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > MAXIMUM_OCTETS) {
          reject(new Error('it is larger than 64 kB'))
          call.destroy()
        } else chunks.push(chunk)
      })
      response.on('end', () =>
        resolve({ body: Buffer.concat(chunks).toString('latin1'), age: ageOf(response.headers['cache-control']) }),
      )
      response.on('error', reject)
    },
  )
  call.on('error', error => reject(signal.aborted ? new Error('it took longer than two seconds') : error))
  call.end()
  return promise
}

function checkedUrl(text: string, options: FetcherOptions): URL {
  if (text.length > MAXIMUM_URL) throw new Error('the address is too long')
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new Error('the address is no URL')
  }
  if (url.protocol !== 'https:') throw new Error('the address is not https:')
  if (url.username !== '' || url.password !== '') throw new Error('the address holds credentials')
  const port = url.port === '' ? 443 : Number(url.port)
  const allowed = options.isAllowedPort?.(port) ?? (port === 443 || port === 8_443)
  if (!allowed) throw new Error(`port ${port} is not one for certificates`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isLiteral = /^[0-9.]+$/.test(host) || host.includes(':')
  if (isLiteral && !isAllowed(host, options)) throw new Error('the address is not a public one')
  return url
}

function isAllowed(address: string, options: FetcherOptions): boolean {
  return (options.isAllowedAddress ?? isPublicAddress)(address)
}

/** What is looked up here is what is connected to: a name that changes its mind in between gains nothing. */
function guardedLookup(options: FetcherOptions): LookupFunction {
  const lookup = options.lookup ?? (systemLookup as unknown as LookupFunction)
  return (hostname, settings, callback) => {
    lookup(hostname, { ...settings, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 4)
      const addresses = (Array.isArray(found) ? found : [{ address: String(found), family: 4 }]).filter(each =>
        isAllowed(each.address, options),
      )
      const [first] = addresses
      if (first === undefined)
        return callback(Object.assign(new Error('the name leads to no public address'), { code: 'EACCES' }), '', 4)
      return settings.all === true
        ? (callback as (e: null, a: typeof addresses) => void)(null, addresses)
        : callback(null, first.address, first.family)
    })
  }
}

function ageOf(cacheControl: string | undefined): number {
  const seconds = /(?:^|,)\s*max-age=(\d{1,9})/i.exec(cacheControl ?? '')?.[1]
  return Math.min(MOST_AGE, Math.max(LEAST_AGE, seconds === undefined ? USUAL_AGE : Number(seconds)))
}
