/** What is wrong with a trunk, in words that say what to do. */
import { isIP } from '../base/network.ts'
import type { Trunk } from '../directory/trunk.ts'
import { safeForLog } from '../sip/message/text.ts'
import type { SipResponse } from '../sip/message/types.ts'
import type { Target } from '../sip/transport/types.ts'
import type { TrunkError } from './types.ts'

export function insecure(trunk: Trunk): TrunkError {
  const message = `${trunk.transport} is not encrypted, and the trunk does not say allowInsecureSignalling`
  return { failure: 'insecure', message }
}

export function unresolved(trunk: Trunk): TrunkError {
  const wanted = trunk.port === undefined ? `SRV or address record for ${trunk.transport}` : 'address record'
  return { failure: 'unreachable', message: `the name ${trunk.host} has no address: the DNS knows no ${wanted} of it` }
}

export function noAnswerInTime(trunk: Trunk, milliseconds: number): TrunkError {
  return { failure: 'timeout', message: `${trunk.host} does not answer within ${milliseconds / 1000} s` }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

const CERTIFICATE_WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: is the clock of one of both wrong?',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: give the trunk that certificate as its authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority of its own: give the trunk that authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an unknown authority: give the trunk that authority',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an unknown authority: give the trunk that authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an unknown authority: give the trunk that authority',
}

const SOCKET_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on that port',
  ECONNRESET: 'it closed the connection',
  EHOSTUNREACH: 'there is no way to that address',
  ENETUNREACH: 'there is no way to that network',
  EPROTO: 'it does not speak TLS there, or none that is safe (1.2 at least)',
}

/** What a failed connection means. */
export function connectProblem(error: unknown, target: Target): TrunkError {
  const where = `${target.address} port ${target.port}`
  const cause = codeOf(error instanceof Error ? error.cause : undefined)
  const said = safeForLog(error instanceof Error ? error.message : String(error), 200)
  switch (codeOf(error)) {
    case 'TRANSPORT_PEER_UNTRUSTED':
      return { failure: 'certificate', message: `${where}: ${CERTIFICATE_WORDS[cause] ?? said}` }
    case 'TRANSPORT_TLS_IDENTITY':
      return { failure: 'certificate', message: said }
    case 'TRANSPORT_CONNECT_TIMEOUT':
      return { failure: 'timeout', message: `${where} does not answer the connection: is it behind a firewall?` }
  }
  const words = SOCKET_WORDS[cause] ?? (cause.startsWith('ERR_SSL') ? SOCKET_WORDS['EPROTO'] : undefined)
  return { failure: cause === 'ECONNREFUSED' ? 'refused' : 'unreachable', message: `${where}: ${words ?? said}` }
}

const REGISTER_WORDS: Readonly<Record<number, string>> = {
  401: 'the provider refused the password',
  403: 'the provider refused the password',
  404: 'the provider does not know the account',
  407: 'the provider refused the password',
  423: 'the provider wants a longer registration than we may ask for',
}

/** "the provider refused the password (403)". */
export function registrationProblem(response: SipResponse): TrunkError {
  const { status } = response
  const known = REGISTER_WORDS[status]
  const said = known ?? `the provider refused the registration: ${safeForLog(response.reason, 80)}`
  return { failure: status >= 500 ? 'unavailable' : 'refused', message: `${said} (${status})` }
}

/** A host as a URI has it. */
export function uriHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}
