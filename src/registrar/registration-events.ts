/** What the registrar tells about registrations; refusals are sampled, so that a stranger cannot fill the log. */
import { BoundedMap } from '../base/bounded.ts'
import type { Clock } from '../base/clock.ts'
import { sourceKey } from '../base/network.ts'
import type { Device, DirectoryReader } from '../directory/types.ts'
import type { EventPublisher } from '../events/bus.ts'
import type { Source } from '../events/registration-events.ts'
import type { SipRequest } from '../sip/message/types.ts'
import { safeForLog } from '../sip/message/text.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { Authentication } from './identify.ts'
import type { Binding } from './types.ts'

const SAMPLE_MS = 10_000
const SAMPLED_SOURCES = 10_000

export interface RegistrationReporter {
  accepted(device: Device, binding: Binding, flow: Flow, authentication: Authentication, refreshed: boolean): void
  removed(binding: Binding): void
  expired(binding: Binding): void
  flowLost(binding: Binding, reason: string): void
  refused(request: SipRequest, flow: Flow, username: string, reason: string, sipCode: number): void
  failed(request: SipRequest, flow: Flow, username: string, reason: string): void
}

export function createReporter(events: EventPublisher, directory: DirectoryReader, clock: Clock): RegistrationReporter {
  const refusedAt = new BoundedMap<string, number>(SAMPLED_SOURCES)
  const identity = (binding: Binding): { extension: string; username: string } => ({
    extension: directory.extension(binding.extensionId)?.number ?? '',
    username: directory.device(binding.deviceId)?.username ?? '',
  })
  return {
    accepted(device, binding, flow, authentication, refreshed) {
      const data = {
        extension: directory.extension(device.extensionId)?.number ?? '',
        username: device.username,
        contact: safeForLog(binding.contact),
        userAgent: binding.userAgent,
        source: sourceOf(flow),
        expires: Math.round((binding.expiresAt - binding.registeredAt) / 1000),
        refreshed,
        authentication,
        weaker: authentication === 'MD5',
      }
      events.publish('registration.accepted', data, device.organisationId)
    },
    removed(binding) {
      const source: Source = {
        address: binding.sourceAddress,
        port: binding.sourcePort,
        protocol: binding.protocol,
        tls: undefined,
      }
      const data = { ...identity(binding), contact: safeForLog(binding.contact), source }
      events.publish('registration.removed', data, binding.organisationId)
    },
    expired(binding) {
      const data = { ...identity(binding), contact: safeForLog(binding.contact) }
      events.publish('registration.expired', data, binding.organisationId)
    },
    flowLost(binding, reason) {
      events.publish('registration.flow-lost', { ...identity(binding), reason }, binding.organisationId)
    },
    refused(request, flow, username, reason, sipCode) {
      const key = sourceKey(flow.remoteAddress)
      const now = clock.monotonic()
      if (now - (refusedAt.get(key) ?? Number.NEGATIVE_INFINITY) < SAMPLE_MS) return
      refusedAt.set(key, now)
      const userAgent = userAgentOf(request)
      events.publish('registration.refused', { username, source: sourceOf(flow), userAgent, reason, sipCode })
    },
    failed(request, flow, username, reason) {
      const data = {
        username: safeForLog(username, 64),
        source: sourceOf(flow),
        method: request.method,
        userAgent: userAgentOf(request),
        reason,
      }
      events.publish('authentication.failed', data)
    },
  }
}

export function userAgentOf(request: SipRequest): string {
  return safeForLog(request.header('User-Agent') ?? '', 100)
}

function sourceOf(flow: Flow): Source {
  return { address: flow.remoteAddress, port: flow.remotePort, protocol: flow.protocol, tls: flow.tls?.protocol }
}
