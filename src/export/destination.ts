/** What is said of a destination, read: where it is, and what of it is not protected. Pure. */
import { fail, ok, type Result } from '../base/result.ts'
import { parseQuery } from '../events/query/parse.ts'
import type { Filter } from '../events/query/types.ts'
import type { ExportKind, ExportSettings } from './types.ts'

/** `logs.example.com:6514`, `[2001:db8::1]:6514`; the port of RFC 5425 where there is none. */
export function readHostPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9][A-Za-z0-9._-]{0,252}))(?::(\d{1,5}))?$/.exec(text)
  if (found === null) return undefined
  const port = found[3] === undefined ? 6_514 : Number(found[3])
  return port < 1 || port > 65_535 ? undefined : { host: found[1] ?? found[2] ?? '', port }
}

const HTTP_KINDS: ReadonlySet<ExportKind> = new Set(['splunk', 'elastic', 'otlp', 'webhook'])

export function isHttp(kind: ExportKind): boolean {
  return HTTP_KINDS.has(kind)
}

/** What is wrong with them, in words; undefined: nothing. */
export function faultOf(settings: ExportSettings): string | undefined {
  const { kind, to, form, allowInsecurePlaintext, certificatePem, caPem } = settings
  const filter = readFilter(settings.filter)
  if (!filter.ok) return `filter: ${filter.error}`
  if (kind === 'file') {
    return to.startsWith('/') && !to.includes('\0') && !/\/\.{1,2}(\/|$)/.test(to)
      ? undefined
      : 'to: the path of a file begins with / and has no . or .. in it'
  }
  if (form === 'csv') return 'form: csv is for files'
  if (kind === 'syslog') {
    if (readHostPort(to) === undefined) return 'to: is no HOST:PORT such as logs.example.com:6514'
    if (allowInsecurePlaintext && (certificatePem !== undefined || caPem !== undefined))
      return 'to: without TLS there are no certificates'
    return undefined
  }
  const url = URL.parse(to)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'to: is no URL that begins with https:'
  if (url.protocol === 'http:' && !allowInsecurePlaintext)
    return 'to: http: is readable by everybody on the way; use https:, or say allowInsecurePlaintext'
  if (url.username !== '' || url.password !== '')
    return 'to: a secret in an URL is in logs: give it in a file of its own'
  if (url.hash !== '') return 'to: an URL with a fragment cannot be asked for'
  return undefined
}

/** A filter alone: times and counting are for questions to the log. */
export function readFilter(text: string): Result<Filter, string> {
  const query = parseQuery(text)
  if (!query.ok) return fail(query.error.message)
  const { filter, since, until, counting } = query.value
  if (since !== undefined || until !== undefined) return fail('an export has no since and until')
  return counting === undefined ? ok(filter) : fail('an export counts nothing')
}

/** The receiver, for people: no path or query of an URL, in which there may be secrets. */
export function destinationName({ kind, to }: Pick<ExportSettings, 'kind' | 'to'>): string {
  if (!isHttp(kind)) return `${kind} ${to}`
  return `${kind} ${URL.parse(to)?.host ?? '-'}`
}

/** What is not protected on the way. */
export function weaknessesOf({ kind, to, allowInsecurePlaintext }: ExportSettings): readonly string[] {
  const isPlain = kind === 'syslog' ? allowInsecurePlaintext : to.startsWith('http:')
  return isPlain && kind !== 'file' ? ['allowInsecurePlaintext: the log crosses the network in the clear'] : []
}

/** Where a path is missing, the one that the receiver has. */
export function endpointOf({ kind, to }: Pick<ExportSettings, 'kind' | 'to'>): URL {
  const url = new URL(to)
  if (url.pathname !== '/' && url.pathname !== '') return url
  const paths: { readonly [K in ExportKind]?: string } = {
    splunk: '/services/collector/event',
    elastic: '/_bulk',
    otlp: '/v1/logs',
  }
  url.pathname = paths[kind] ?? '/'
  return url
}
