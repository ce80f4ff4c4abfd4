/** The operations on trunks, and what an operator sees of them. */
import { X509Certificate } from 'node:crypto'
import type { Operations, OperationResult } from '../api/operations.ts'
import type { TrunkChange, TrunkSummary, TrunkView } from '../api/outside-operations.ts'
import { Secret } from '../base/secret.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { TrunkService } from '../trunk/types.ts'
import type { OperationsOptions } from './operations.ts'
import { attempt, change, done, needsServer, refused } from './operations-result.ts'

type TrunkOperations = Pick<
  Operations,
  'trunkAdd' | 'trunkList' | 'trunkShow' | 'trunkChange' | 'trunkTest' | 'trunkRemove'
>

export function trunkOperations(options: OperationsOptions): TrunkOperations {
  const { directory, actor, live } = options
  const view = (trunk: Trunk): TrunkView => trunkView(trunk, live?.trunks)
  /** Registrations and health follow what the directory says now. */
  const changed = (trunk: Trunk): TrunkView => {
    live?.trunks?.changed(trunk.id)
    return view(trunk)
  }
  const named = (name: string): Trunk | undefined => directory.trunkByName(directory.primary.id, name)
  return {
    trunkAdd: input => change(directory.addTrunk({ ...sealed(input), host: input.host }, actor), changed),
    async trunkList() {
      return done(directory.trunks(directory.primary.id).toSorted(byOrder).map(view))
    },
    async trunkShow({ name }) {
      const trunk = named(name)
      return trunk === undefined ? unknownTrunk(name) : done(view(trunk))
    },
    trunkChange: input => change(directory.changeTrunk(sealed(input), actor), changed),
    async trunkTest({ name }) {
      const trunk = named(name)
      if (trunk === undefined) return unknownTrunk(name)
      const service = live?.trunks
      return service === undefined ? needsServer('a test of a trunk') : attempt(() => service.test(trunk))
    },
    trunkRemove: input =>
      change(directory.removeTrunk(input, actor), trunk => {
        changed(trunk)
        return { name: trunk.name }
      }),
  }
}

/** What `status` says of each trunk. */
export function trunkSummaries({ directory, live }: OperationsOptions): readonly TrunkSummary[] {
  return directory
    .trunks(directory.primary.id)
    .toSorted(byOrder)
    .map(trunk => {
      const status = live?.trunks?.status(trunk.id)
      return {
        name: trunk.name,
        purpose: trunk.purpose,
        state: trunk.state,
        health: status?.health ?? 'unknown',
        problem: status?.problem ?? null,
        calls: status?.liveCalls ?? 0,
        weakened: weakenedOf(trunk),
      }
    })
}

function byOrder(a: Trunk, b: Trunk): number {
  return a.priority - b.priority || a.name.localeCompare(b.name)
}

/** The input for the directory: its password cannot be printed any more. */
function sealed({ password, ...settings }: TrunkChange) {
  if (password === undefined) return settings
  return { ...settings, password: password === null ? null : new Secret(password) }
}

function unknownTrunk<T>(name: string): OperationResult<T> {
  const message = `there is no trunk ${name}; ringfence trunk list shows those that exist`
  return refused({ code: 'DIRECTORY_TRUNK_UNKNOWN', message })
}

function trunkView(trunk: Trunk, service: TrunkService | undefined): TrunkView {
  const { id, organisationId, createdAt, password, certificateAuthority, port, username, domain, ...settings } = trunk
  return {
    ...settings,
    port: port ?? null,
    username: username ?? null,
    domain: domain ?? null,
    hasPassword: password !== undefined,
    certificateAuthority: certificateAuthority === undefined ? null : authorityView(certificateAuthority),
    weakened: weakenedOf(trunk),
    live: service === undefined ? null : liveView(trunk, service),
  }
}

function liveView(trunk: Trunk, service: TrunkService): TrunkView['live'] {
  const status = service.status(trunk.id)
  const { tls, remote } = status ?? {}
  return {
    health: status?.health ?? 'unknown',
    problem: status?.problem ?? null,
    registeredUntil: status?.registeredUntil ?? null,
    calls: status?.liveCalls ?? 0,
    tls: tls === undefined ? null : `${tls.protocol} ${tls.cipher}`,
    remote: remote === undefined ? null : `${remote.address}:${remote.port}`,
    roundTrip: status?.roundTrip ?? null,
  }
}

function authorityView(pem: string): TrunkView['certificateAuthority'] {
  try {
    const { subject, fingerprint256, validTo } = new X509Certificate(pem)
    return { subject: subject.replaceAll('\n', ', '), fingerprint: fingerprint256, notAfter: Date.parse(validTo) }
  } catch {
    return { subject: 'cannot be read', fingerprint: '', notAfter: 0 }
  }
}

/** What is spelled `allowInsecure…`, in words. */
function weakenedOf(trunk: Trunk): readonly string[] {
  const { allowInsecureSignalling, allowInsecureMedia, transport, host } = trunk
  return [
    ...(allowInsecureSignalling ? [`allowInsecureSignalling: SIP over ${transport} with ${host}`] : []),
    ...(allowInsecureMedia ? [`allowInsecureMedia: plain RTP with ${host}`] : []),
  ]
}
