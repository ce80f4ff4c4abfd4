/** What a request says about where it comes from. No header of a proxy is believed: there is none in front of us. */
import type { FastifyRequest } from 'fastify'
import { normaliseAddress } from '../../base/network.ts'
import type { Origin } from '../../identity/types.ts'
import type { Credentials } from './types.ts'

export function credentialsOf(request: FastifyRequest, background = false): Credentials {
  const { headers } = request
  return {
    method: request.method,
    ...originOf(request),
    cookie: headers.cookie,
    authorization: headers.authorization,
    csrf: headerOf(request, 'x-csrf-token'),
    origin: headers.origin,
    fetchSite: headerOf(request, 'sec-fetch-site'),
    organisation: headerOf(request, 'ringfence-organisation'),
    background: background || isUnattended(request),
  }
}

/** A page that nobody has touched lately says so itself; said falsely, it only ends one's own session sooner. */
function isUnattended(request: FastifyRequest): boolean {
  return request.method === 'GET' && headerOf(request, 'ringfence-background') === '1'
}

export function originOf(request: FastifyRequest): Origin {
  return {
    address: addressOf(request),
    userAgent: request.headers['user-agent'] ?? '',
    host: request.headers.host ?? '',
  }
}

export function addressOf(request: FastifyRequest): string {
  return normaliseAddress(request.socket.remoteAddress ?? '')
}

/** Undefined where it is absent or was sent more than once. */
export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** `[2001:db8::1]:8443` -> `2001:db8::1` */
export function hostNameOf(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()
}
