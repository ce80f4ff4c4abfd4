/** Who sends this request: proven by a digest, or by the client certificate of its flow. */
import type { Device, DirectoryReader, Extension, Organisation } from '../directory/types.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { BindingLookup } from '../registrar/types.ts'
import type { Authenticator } from '../sip/auth/authenticator.ts'
import { acceptedAlgorithms, challengedPeer, offeredAlgorithms } from '../sip/auth/offered-algorithms.ts'
import { claimedUser, outcomeOf, type ReportAuthentication } from '../sip/auth/outcome.ts'
import { safeForLog } from '../sip/message/text.ts'
import type { SipRequest } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { CallRule } from './errors.ts'
import type { Fault } from './reply.ts'

export interface Caller {
  readonly device: Device
  readonly extension: Extension
  readonly organisation: Organisation
  /** `SHA-256`, `MD5` or `certificate`. */
  readonly authentication: string
}

export type Identified =
  | { readonly kind: 'known'; readonly caller: Caller }
  /** Answered with a challenge; wrong credentials look no different from none. */
  | { readonly kind: 'challenged'; readonly fault: Fault }
  | { readonly kind: 'refused'; readonly rule: CallRule; readonly organisation: Organisation | undefined }

export interface IdentifyParts {
  readonly directory: DirectoryReader
  readonly bindings: BindingLookup
  readonly authenticator: Pick<Authenticator, 'challenge' | 'challengeTag' | 'verify'>
  readonly events: EventPublisher
  readonly onAuthentication?: ReportAuthentication<Flow> | undefined
}

const CREDENTIALS = 'Proxy-Authorization'

/** Reports what it finds: wrong credentials as an event, and to the firewall's counter. `inDialog`: the organisation of the dialog. */
export function identifyCaller(
  request: SipRequest,
  flow: Flow,
  parts: IdentifyParts,
  inDialog?: Organisation,
): Identified {
  const organisation = inDialog ?? organisationOf(request, flow, parts)
  if (organisation === undefined) return { kind: 'refused', rule: 'CALL_UNKNOWN_DOMAIN', organisation }
  const certified = certifiedCaller(request, flow, organisation, parts)
  if (certified !== undefined) return { kind: 'known', caller: certified }
  const verified = parts.authenticator.verify({
    credentials: request.credentials(CREDENTIALS),
    method: request.method,
    requestUri: request.requestUriText,
    server: { address: flow.localAddress, port: flow.localPort },
    realm: organisation.domain,
    binding: flow.remoteAddress,
    algorithms: acceptedAlgorithms(challengedPeer(request, flow)),
    body: request.body,
    lookup: username => deviceIn(organisation, username, parts),
  })
  if (!verified.ok) {
    const outcome = outcomeOf(verified.reason)
    const username = verified.username ?? claimedUser(request)
    if (outcome !== undefined) parts.onAuthentication?.(outcome, username, flow, request)
    if (outcome === 'unknown-user' || outcome === 'wrong-secret') {
      publishFailure(request, flow, organisation, username, outcome, parts)
    }
    return challenge(request, flow, organisation, verified.reason === 'stale' || verified.reason === 'replayed', parts)
  }
  const device = deviceIn(organisation, verified.username, parts)
  const extension = device === undefined ? undefined : parts.directory.extension(device.extensionId)
  if (device === undefined || extension === undefined) return challenge(request, flow, organisation, false, parts)
  parts.onAuthentication?.('succeeded', device.username, flow, request)
  // Within a dialog From is what the dialog says, and the device is compared instead.
  if (inDialog === undefined && !names(request, device, extension))
    return { kind: 'refused', rule: 'CALL_WRONG_IDENTITY', organisation }
  return { kind: 'known', caller: { device, extension, organisation, authentication: verified.algorithm } }
}

/** By From, the Request-URI, the registration of the flow, the name in the credentials; a lone organisation needs none of them. */
function organisationOf(request: SipRequest, flow: Flow, parts: IdentifyParts): Organisation | undefined {
  const { directory, bindings } = parts
  for (const uri of [request.from.uri, request.requestUri]) {
    const found = uri.kind === 'sip' ? directory.organisationByDomain(uri.host) : undefined
    if (found !== undefined) return found
  }
  const all = directory.organisations()
  if (all.length === 1) return all[0]
  const registered = bindings.deviceOfFlow(flow.id)
  const device =
    (registered === undefined ? undefined : directory.device(registered)) ??
    directory.deviceByUsername(claimedUsername(request))
  return device === undefined ? undefined : all.find(each => each.id === device.organisationId)
}

function claimedUsername(request: SipRequest): string {
  return request.credentials(CREDENTIALS)[0]?.parameters.get('username') ?? ''
}

function deviceIn(organisation: Organisation, username: string, parts: IdentifyParts): Device | undefined {
  const device = parts.directory.deviceByUsername(username)
  return device?.organisationId === organisation.id ? device : undefined
}

/** From names the device itself or its extension: nobody calls in another's name. */
function names(request: SipRequest, device: Device, extension: Extension): boolean {
  const { uri } = request.from
  return uri.kind === 'sip' && (uri.user === device.username || uri.user === extension.number)
}

function certifiedCaller(
  request: SipRequest,
  flow: Flow,
  organisation: Organisation,
  parts: IdentifyParts,
): Caller | undefined {
  const certificate = flow.tls?.clientCertificate
  const { uri } = request.from
  if (certificate?.trusted !== true || uri.kind !== 'sip' || uri.user === undefined) return undefined
  const byName = deviceIn(organisation, uri.user, parts)
  const numbered = parts.directory.extensionByNumber(organisation.id, uri.user)
  const candidates =
    byName !== undefined ? [byName] : numbered === undefined ? [] : parts.directory.devicesOf(numbered.id)
  for (const device of candidates) {
    const extension = parts.directory.extension(device.extensionId)
    if (extension === undefined || device.certificateFingerprint !== certificate.fingerprint) continue
    return { device, extension, organisation, authentication: 'certificate' }
  }
  return undefined
}

function challenge(
  request: SipRequest,
  flow: Flow,
  organisation: Organisation,
  stale: boolean,
  parts: IdentifyParts,
): Identified {
  const options = { stale, proxy: true }
  const algorithms = offeredAlgorithms(challengedPeer(request, flow))
  const headers = parts.authenticator.challenge(organisation.domain, flow.remoteAddress, algorithms, options)
  return { kind: 'challenged', fault: { status: 407, headers, toTag: parts.authenticator.challengeTag(request) } }
}

function publishFailure(
  request: SipRequest,
  flow: Flow,
  organisation: Organisation,
  username: string,
  reason: string,
  parts: IdentifyParts,
): void {
  parts.events.publish(
    'authentication.failed',
    {
      username: safeForLog(username, 64),
      source: {
        address: flow.remoteAddress,
        port: flow.remotePort,
        protocol: flow.protocol,
        tls: flow.tls?.protocol,
      },
      method: request.method,
      userAgent: safeForLog(request.header('User-Agent') ?? '', 128),
      reason,
    },
    organisation.id,
  )
}
