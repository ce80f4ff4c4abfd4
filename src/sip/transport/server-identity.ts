/** Whether a certificate speaks for a SIP domain (RFC 5922 §7). Pure. */
import { isIP } from 'node:net'
import { normaliseAddress } from '../../base/network.ts'
import { TransportError } from './errors.ts'
import { splitAlternativeNames } from './tls-settings.ts'

/**
 * Undefined when the certificate names `domain` (a host name or an IP address), an error otherwise. SIP URIs in the
 * alternative names count first, host names next, the common name only where there is neither (§7.1). Names are
 * compared whole and without regard to case; a wildcard matches nothing (§7.2).
 */
export function verifyServerIdentity(
  domain: string,
  certificate: { readonly subject?: unknown; readonly subjectaltname?: string | undefined },
): TransportError | undefined {
  const names = splitAlternativeNames(certificate.subjectaltname ?? '')
  const identities = isIP(domain) === 0 ? domainIdentities(names, certificate.subject) : addressIdentities(names)
  const wanted = isIP(domain) === 0 ? domain.toLowerCase() : normaliseAddress(domain)
  if (identities.includes(wanted)) return undefined
  const named = identities.length === 0 ? names : identities
  const said = named.length === 0 ? 'nobody' : named.slice(0, 5).join(', ')
  return new TransportError('TRANSPORT_PEER_UNTRUSTED', `the certificate is for ${said}, not for ${wanted}`)
}

/** The same where the certificate may name any of `domains`: the error tells what it names and what was wanted. */
export function verifyAnyServerIdentity(
  domains: readonly string[],
  certificate: { readonly subject?: unknown; readonly subjectaltname?: string | undefined },
): TransportError | undefined {
  if (domains.length === 1) return verifyServerIdentity(domains[0]!, certificate)
  const failures = domains.map(domain => verifyServerIdentity(domain, certificate))
  if (failures.includes(undefined)) return undefined
  const detail = `none of ${domains.slice(0, 5).join(', ')}`
  return new TransportError('TRANSPORT_PEER_UNTRUSTED', `${failures[0]?.message ?? 'no name is allowed'} (${detail})`)
}

function addressIdentities(names: readonly string[]): string[] {
  return valuesOf(names, 'IP Address').map(normaliseAddress)
}

function domainIdentities(names: readonly string[], subject: unknown): string[] {
  const uris = valuesOf(names, 'URI').flatMap(sipDomain)
  if (uris.length > 0) return uris
  const hosts = valuesOf(names, 'DNS').map(name => name.toLowerCase())
  if (hosts.length > 0) return hosts
  if (typeof subject !== 'object' || subject === null || !('CN' in subject)) return []
  return typeof subject.CN === 'string' ? [subject.CN.toLowerCase()] : []
}

/** `sip:example.com` names the domain; a URI with a user part names a person and does not count (§7.1). */
function sipDomain(uri: string): string[] {
  const match = /^sip:([^@;?:]+)$/i.exec(uri)
  return match === null ? [] : [match[1]!.toLowerCase()]
}

function valuesOf(names: readonly string[], type: string): string[] {
  return names.filter(name => name.startsWith(`${type}:`)).map(name => name.slice(type.length + 1))
}
