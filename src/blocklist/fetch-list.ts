/** Fetches a list by https: from the public internet alone, with a certificate that is verified, within bounds, and only if it changed. */
import { lookup as systemLookup } from 'node:dns'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { fail, ok, type Result } from '../base/result.ts'
import { MAXIMUM_OCTETS } from './parse-list.ts'

export interface FetchOptions {
  readonly isPublicAddress: (address: string) => boolean
  /** Milliseconds for everything, redirections among it. Default 60,000. */
  readonly timeoutMs?: number | undefined
  /** For tests: the server's authority, its address, and its port. */
  readonly ca?: string | undefined
  readonly lookup?: LookupFunction | undefined
  readonly isAllowedPort?: ((port: number) => boolean) | undefined
}

/** What the server said about the copy that we have: it need not send it again. */
export interface Validators {
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
}

export type Fetched =
  | { readonly kind: 'same' }
  | { readonly kind: 'new'; readonly octets: Buffer; readonly isWhole: boolean; readonly validators: Validators }

export interface FetchFailure {
  /** For people; never the address, in which a key may be. */
  readonly detail: string
  readonly status?: number
  /** Milliseconds that the server asks for. */
  readonly retryAfterMs?: number
}

export type FetchResult = Result<Fetched, FetchFailure>

const MOST_REDIRECTIONS = 3
const MAXIMUM_URL = 2_048
const LONGEST_PAUSE_S = 86_400

export async function fetchList(
  address: string,
  validators: Validators,
  options: FetchOptions,
  closing: AbortSignal,
): Promise<FetchResult> {
  const timeoutMs = options.timeoutMs ?? 60_000
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([closing, timeout])
  let text = address
  for (let redirections = 0; ; redirections++) {
    const url = checkedUrl(text, options)
    if (!url.ok) return fail({ detail: redirections === 0 ? url.error : `it is redirected, and there ${url.error}` })
    let answer: Answer
    try {
      answer = await ask(url.value, validators, options, signal)
    } catch (error) {
      return fail({ detail: timeout.aborted ? `no answer within ${timeoutMs / 1_000} s` : wordsOf(error) })
    }
    if (answer.location === undefined) return outcomeOf(answer)
    if (redirections >= MOST_REDIRECTIONS) return fail({ detail: `more than ${MOST_REDIRECTIONS} redirections` })
    const next = URL.parse(answer.location, url.value)
    if (next === null) return fail({ detail: 'it is redirected to what is no address' })
    text = next.href
  }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly location: string | undefined
  readonly octets: Buffer
}

function ask(url: URL, validators: Validators, options: FetchOptions, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const host = hostOf(url)
  const call = request(
    url,
    {
      // A connection of its own: what is looked up is what is connected to.
      agent: false,
      signal,
      lookup: guardedLookup(options),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      maxHeaderSize: 16_384,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      headers: {
        accept: '*/*',
        'accept-encoding': 'identity',
        'user-agent': 'Ringfence',
        ...(validators.etag === undefined ? {} : { 'if-none-match': validators.etag }),
        ...(validators.lastModified === undefined ? {} : { 'if-modified-since': validators.lastModified }),
      },
    },
    response => {
      const { statusCode: status = 0, headers } = response
      const location = status >= 300 && status < 400 && status !== 304 ? headers.location : undefined
      const stop = (): void => void call.destroy()
      response.on('error', reject)
      if (status !== 200) {
        resolve({ status, headers, location, octets: Buffer.alloc(0) })
        return stop()
      }
      readBody(response).then(
        octets => resolve({ status, headers, location, octets }),
        error => {
          reject(error as Error)
          stop()
        },
      )
    },
  )
  call.on('error', reject)
  call.end()
  return promise
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const { headers } = response
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new Error('it is compressed, which nobody asked for')
  if (/^\s*(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? ''))
    throw new Error('it is a web page, not a list')
  const chunks: Buffer[] = []
  let length = 0
  // A body that ends before its length, or before its last chunk, is an error here.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAXIMUM_OCTETS) throw new Error(`it is larger than ${MAXIMUM_OCTETS / 2 ** 20} MB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function outcomeOf({ status, headers, octets }: Answer): FetchResult {
  if (status === 304) return ok({ kind: 'same' })
  if (status !== 200) {
    const retryAfterMs = retryAfterOf(headers['retry-after'])
    const after = retryAfterMs === undefined ? '' : `, and wants to be asked in ${Math.ceil(retryAfterMs / 1_000)} s`
    return fail({
      status,
      detail: `the server answered ${status}${after}`,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
  const isWhole = headers['content-length'] !== undefined || headers['transfer-encoding'] === 'chunked'
  const validators = { etag: short(headers.etag), lastModified: short(headers['last-modified']) }
  return ok({ kind: 'new', octets, isWhole, validators })
}

/** Said back to the server as it is, so it has to be a line. */
function short(value: string | undefined): string | undefined {
  return value !== undefined && value.length <= 200 && /^[\x20-\x7e]+$/.test(value) ? value : undefined
}

/** Seconds; a date is not read. */
function retryAfterOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Math.min(LONGEST_PAUSE_S, Number(value)) * 1_000 : undefined
}

function checkedUrl(text: string, options: FetchOptions): Result<URL, string> {
  const url = text.length > MAXIMUM_URL ? null : URL.parse(text)
  if (url === null) return fail('the address is no URL')
  if (url.protocol !== 'https:') return fail('the address is not https:')
  if (url.username !== '' || url.password !== '') return fail('the address holds a user name')
  const port = url.port === '' ? 443 : Number(url.port)
  const allowed = options.isAllowedPort?.(port) ?? (port === 443 || port === 8_443)
  if (!allowed) return fail(`port ${port} is not one for lists`)
  const host = hostOf(url)
  if (isIP(host) !== 0 && !options.isPublicAddress(host)) return fail('the address is not a public one')
  return ok(url)
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** A name that leads into a private network leads nowhere; what changes its mind after this gains nothing. */
function guardedLookup({ isPublicAddress, lookup }: FetchOptions): LookupFunction {
  const resolve = lookup ?? (systemLookup as unknown as LookupFunction)
  return (hostname, settings, callback) => {
    resolve(hostname, { ...settings, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 4)
      const all = Array.isArray(found) ? found : [{ address: String(found), family: 4 }]
      const allowed = all.filter(({ address }) => isPublicAddress(address))
      const [first] = allowed
      if (first === undefined)
        return callback(Object.assign(new Error('the name leads to no public address'), { code: 'EACCES' }), '', 4)
      return settings.all === true
        ? (callback as (e: null, a: typeof allowed) => void)(null, allowed)
        : callback(null, first.address, first.family)
    })
  }
}

function wordsOf(error: unknown): string {
  const { message = '', code } = error as NodeJS.ErrnoException
  if (code === 'ECONNRESET' || message === 'aborted' || message === 'terminated')
    return 'the connection broke off: it is half a list'
  return (message === '' ? String(code) : message).replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
