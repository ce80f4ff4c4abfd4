/** Where a device is now (RFC 3261 §10, RFC 3327, RFC 5626). */
import type { DeviceId, ExtensionId, NodeId, OrganisationId } from '../base/ids.ts'

export interface Binding {
  readonly deviceId: DeviceId
  readonly extensionId: ExtensionId
  readonly organisationId: OrganisationId
  /** Contact URI as the phone sent it, byte string. */
  readonly contact: string
  /** `+sip.instance` and `reg-id` (RFC 5626 §4.1), where sent. */
  readonly instanceId: string | undefined
  readonly regId: number | undefined
  /** Path values, topmost first (RFC 3327). */
  readonly path: readonly string[]
  readonly callId: string
  readonly cseq: number
  /** Quality 0-1000. */
  readonly q: number
  readonly userAgent: string
  /** The node that holds the flow, and the flow; dead after a restart until the phone registers again. */
  readonly nodeId: NodeId
  readonly flowId: string
  readonly protocol: string
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly registeredAt: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What calls ask: the live bindings of an extension, best `q` first, at most one of each device instance. */
export interface BindingLookup {
  bindingsOf(extensionId: ExtensionId): readonly Binding[]
  /** True when the flow carries a registration that has not expired, of the device if one is named. */
  isRegisteredFlow(flowId: string, deviceId?: DeviceId): boolean
  /** The device that registered over this flow, if any. */
  deviceOfFlow(flowId: string): DeviceId | undefined
}

/** Where bindings are kept over a restart; implemented by `store/`, which batches. */
export interface BindingRepository {
  load(now: number): Promise<readonly Binding[]>
  /** Upserts by device, contact and instance. Durable when resolved. */
  save(bindings: readonly Binding[]): Promise<void>
  remove(bindings: readonly Binding[]): Promise<void>
}
