/** Who sends this REGISTER, and may they register that address-of-record? */
import { acceptedAlgorithms, challengedPeer, offeredAlgorithms } from '../sip/auth/offered-algorithms.ts'
import type { DigestAlgorithm, Device, Organisation } from '../directory/types.ts'
import { type AuthenticationOutcome, outcomeOf } from '../sip/auth/outcome.ts'
import type { NameAddress, SipRequest } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { RegistrarOptions } from './options.ts'
import type { Refusal } from './requested-contacts.ts'

export type Authentication = DigestAlgorithm | 'certificate'

export type Identified =
  | { readonly kind: 'device'; readonly device: Device; readonly authentication: Authentication }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly username: string; readonly because: string }
  /** Wrong credentials: answered with a challenge, like no credentials at all. */
  | {
      readonly kind: 'failed'
      readonly refusal: Refusal
      readonly username: string
      readonly because: 'unknown-user' | 'wrong-secret'
    }
  | {
      readonly kind: 'challenged'
      readonly refusal: Refusal
      readonly outcome?: AuthenticationOutcome | undefined
      readonly username?: string | undefined
    }

type Parts = Pick<RegistrarOptions, 'directory' | 'authenticator'>

export function identify(request: SipRequest, flow: Flow, parts: Parts): Identified {
  const { uri } = request.to
  if (uri.kind !== 'sip') return refused({ status: 400, reason: 'To Is No SIP URI' }, '', 'the AOR is no SIP URI')
  const organisation = parts.directory.organisationByDomain(uri.host)
  if (organisation === undefined) return refused({ status: 404, reason: 'Unknown Domain' }, '', 'unknown domain')
  const byCertificate = certifiedDevice(request, flow, organisation, parts)
  if (byCertificate !== undefined) return { kind: 'device', device: byCertificate, authentication: 'certificate' }
  const peer = challengedPeer(request, flow)
  const binding = flow.remoteAddress
  const challenge = (stale: boolean): Refusal => ({
    status: 401,
    toTag: parts.authenticator.challengeTag(request),
    headers: parts.authenticator.challenge(organisation.domain, binding, offeredAlgorithms(peer), {
      stale,
      proxy: false,
    }),
  })
  const verified = parts.authenticator.verify({
    credentials: request.credentials('Authorization'),
    method: request.method,
    requestUri: request.requestUriText,
    server: { address: flow.localAddress, port: flow.localPort },
    realm: organisation.domain,
    binding,
    algorithms: acceptedAlgorithms(peer),
    body: request.body,
    lookup: username => {
      const device = parts.directory.deviceByUsername(username)
      return device?.organisationId === organisation.id ? device : undefined
    },
  })
  if (!verified.ok) {
    if (verified.reason === 'unknown-user' || verified.reason === 'wrong-secret') {
      const username = verified.username ?? ''
      return { kind: 'failed', refusal: challenge(false), username, because: verified.reason }
    }
    const refusal = challenge(verified.reason === 'stale' || verified.reason === 'replayed')
    const username = verified.username ?? uri.user ?? ''
    return { kind: 'challenged', refusal, outcome: outcomeOf(verified.reason), username }
  }
  const device = parts.directory.deviceByUsername(verified.username)
  if (device === undefined) return { kind: 'challenged', refusal: challenge(false) }
  if (!mayUse(request.to, device, organisation, parts) || !mayUse(request.from, device, organisation, parts)) {
    return refused({ status: 403 }, device.username, 'To or From is not the address-of-record of the device')
  }
  return { kind: 'device', device, authentication: verified.algorithm }
}

function refused(refusal: Refusal, username: string, because: string): Identified {
  return { kind: 'refused', refusal, username, because }
}

/** The device whose certificate the flow proved, when the request is for its own address-of-record. */
function certifiedDevice(
  request: SipRequest,
  flow: Flow,
  organisation: Organisation,
  parts: Parts,
): Device | undefined {
  const certificate = flow.tls?.clientCertificate
  if (certificate?.trusted !== true) return undefined
  for (const device of devicesNamed(request.to, organisation, parts)) {
    if (device.certificateFingerprint !== certificate.fingerprint) continue
    if (mayUse(request.from, device, organisation, parts)) return device
  }
  return undefined
}

function devicesNamed(address: NameAddress, organisation: Organisation, parts: Parts): readonly Device[] {
  if (address.uri.kind !== 'sip' || address.uri.user === undefined) return []
  const device = parts.directory.deviceByUsername(address.uri.user)
  if (device !== undefined) return device.organisationId === organisation.id ? [device] : []
  const extension = parts.directory.extensionByNumber(organisation.id, address.uri.user)
  return extension === undefined ? [] : parts.directory.devicesOf(extension.id)
}

/** The user part is the device's own name, or the number of its extension; the host is its organisation's domain. */
function mayUse(address: NameAddress, device: Device, organisation: Organisation, parts: Parts): boolean {
  const { uri } = address
  if (uri.kind !== 'sip' || uri.user === undefined || device.organisationId !== organisation.id) return false
  if (parts.directory.organisationByDomain(uri.host)?.id !== organisation.id) return false
  return uri.user === device.username || uri.user === parts.directory.extension(device.extensionId)?.number
}
