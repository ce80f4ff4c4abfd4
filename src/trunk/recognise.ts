/** Whose request this is: by the connection, the certificate or the address that it came from. Never more than one trunk's. */
import { BoundedMap } from '../base/bounded.ts'
import type { TrunkId } from '../base/ids.ts'
import { isIP, normaliseAddress } from '../base/network.ts'
import type { OutsideReader } from '../directory/outside-reader.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { SipRequest, Uri } from '../sip/message/types.ts'
import type { Flow } from '../sip/transport/types.ts'
import { NetworkIndex } from './network-index.ts'

export interface Recognition {
  /** The trunks that exist now; those that are disabled are nobody's. */
  replace(trunks: readonly Trunk[]): void
  /** A flow that leads to the trunk. */
  claim(flow: Flow, trunkId: TrunkId): void
  /** Whose it was. */
  closed(flow: Flow): readonly TrunkId[]
  trunkOf(flow: Flow, request?: SipRequest): Trunk | undefined
  isSource(address: string): boolean
}

/** Flows that lead to trunks: a few for each. */
const MAXIMUM_FLOWS = 20_000

export function createRecognition(
  directory: Pick<OutsideReader, 'ownedNumber'>,
  isDeviceFlow: (flowId: string) => boolean,
): Recognition {
  let pending: readonly Trunk[] | undefined
  let enabled = new Map<TrunkId, Trunk>()
  let sources = new NetworkIndex<Trunk>()
  let byCertificateName = new Map<string, Trunk[]>()
  /** Flows that we opened: a few for each trunk, until they close. Two trunks may share one UDP flow. */
  const claimed = new BoundedMap<string, readonly TrunkId[]>(MAXIMUM_FLOWS)

  function byFlow(flow: Flow): readonly Trunk[] {
    const ids = claimed.get(flow.id)
    if (ids === undefined) return []
    return ids.flatMap(id => enabled.get(id) ?? []).filter(trunk => mayUse(trunk, flow))
  }

  function byCertificate(flow: Flow): readonly Trunk[] {
    const certificate = flow.tls?.clientCertificate
    if (certificate?.trusted !== true) return []
    const found = new Set<Trunk>()
    for (const name of certificate.subjectAlternativeNames) {
      for (const trunk of byCertificateName.get(nameOf(name) ?? '') ?? []) found.add(trunk)
    }
    return [...found]
  }

  function bySource(flow: Flow): readonly Trunk[] {
    // Whoever shows a certificate of ours that names somebody else is that somebody, wherever he sits.
    if (flow.tls?.clientCertificate?.trusted === true || isDeviceFlow(flow.id)) return []
    return sources.longest(flow.remoteAddress, trunk => mayUse(trunk, flow))
  }

  /** Many changes may come in a row: what they come to is worked out when it is asked for. */
  function rebuild(trunks: readonly Trunk[]): void {
    pending = undefined
    enabled = new Map()
    sources = new NetworkIndex()
    byCertificateName = new Map()
    for (const trunk of trunks) {
      if (trunk.state !== 'enabled') continue
      enabled.set(trunk.id, trunk)
      for (const network of trunk.sources) sources.add(network, trunk)
      for (const name of trunk.certificateNames.length > 0 ? trunk.certificateNames : [trunk.host]) {
        const key = isIP(name) === 0 ? name.toLowerCase() : normaliseAddress(name)
        byCertificateName.set(key, [...(byCertificateName.get(key) ?? []), trunk])
      }
    }
  }

  return {
    replace(trunks) {
      pending = trunks
    },
    claim(flow, trunkId) {
      const ids = claimed.get(flow.id) ?? []
      if (!ids.includes(trunkId)) claimed.set(flow.id, [...ids, trunkId])
    },
    closed(flow) {
      const ids = claimed.get(flow.id) ?? []
      claimed.delete(flow.id)
      return ids
    },
    trunkOf(flow, request) {
      if (pending !== undefined) rebuild(pending)
      for (const find of [byFlow, byCertificate, bySource]) {
        const found = find(flow)
        if (found.length === 1) return found[0]
        if (found.length > 1) return oneOf(found, flow, request, directory)
      }
      return undefined
    },
    isSource(address) {
      if (pending !== undefined) rebuild(pending)
      return sources.has(address)
    },
  }
}

/** Never over less than the trunk wants. A UDP source can be forged: only where the trunk says that it may be. */
function mayUse(trunk: Trunk, flow: Flow): boolean {
  if (flow.protocol === 'TLS') return true
  if (!trunk.allowInsecureSignalling || trunk.transport === 'TLS') return false
  // A large request comes over TCP where others come over UDP (RFC 3261 §18.1.1).
  return flow.protocol === 'TCP' || (flow.protocol === 'UDP' && trunk.transport === 'UDP')
}

/** `DNS:sip.example.com`, `URI:sip:example.com` or `IP Address:192.0.2.1` as a name (RFC 5922 §7.1). */
function nameOf(alternativeName: string): string | undefined {
  if (alternativeName.startsWith('DNS:')) return alternativeName.slice(4).toLowerCase()
  if (alternativeName.startsWith('IP Address:')) return normaliseAddress(alternativeName.slice(11))
  return /^URI:sip:([^@;?:]+)$/i.exec(alternativeName)?.[1]?.toLowerCase()
}

/** Trunks that share a place: told apart by port, by domain, and by whose number was called. */
function oneOf(
  trunks: readonly Trunk[],
  flow: Flow,
  request: SipRequest | undefined,
  directory: Pick<OutsideReader, 'ownedNumber'>,
): Trunk | undefined {
  let left = trunks
  const narrow = (wanted: (trunk: Trunk) => boolean): void => {
    const some = left.filter(wanted)
    if (some.length > 0) left = some
  }
  if (flow.protocol === 'UDP') narrow(trunk => trunk.port === flow.remotePort)
  if (request !== undefined && left.length > 1) {
    const uris = [request.requestUri, request.to.uri]
    const domains = new Set(uris.flatMap(uri => (uri.kind === 'sip' ? [uri.host] : [])))
    narrow(({ domain, host }) => domains.has((domain ?? host).toLowerCase()))
    const users = new Set(uris.flatMap(uri => (uri.kind === 'sip' && uri.user !== undefined ? [uri.user] : [])))
    narrow(({ username }) => username !== undefined && users.has(username))
    const owner = ownerOf(uris, directory)
    if (owner !== undefined) narrow(trunk => trunk.organisationId === owner)
    else if (isAmbiguous(left)) return undefined
  }
  // Of one organisation any will do; between two nobody is guessed.
  return isAmbiguous(left) ? undefined : left[0]
}

function isAmbiguous(trunks: readonly Trunk[]): boolean {
  return trunks.some(trunk => trunk.organisationId !== trunks[0]!.organisationId)
}

/** The organisation that owns the number called: in the Request-URI, else in To. */
function ownerOf(uris: readonly Uri[], directory: Pick<OutsideReader, 'ownedNumber'>) {
  for (const uri of uris) {
    const user = uri.kind === 'sip' ? uri.user : uri.scheme === 'tel' ? uri.rest : undefined
    const digits = /^\+?(\d{3,15})(?:;|$)/.exec(user ?? '')?.[1]
    const owned = digits === undefined ? undefined : directory.ownedNumber(`+${digits}`)
    if (owned !== undefined) return owned.organisationId
  }
  return undefined
}
