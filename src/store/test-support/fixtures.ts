/** Stores in temporary folders, and values to put into them, for this room's tests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import type { OrganisationId } from '../../base/ids.ts'
import { newId } from '../../base/ids.ts'
import type { Logger } from '../../base/logger.ts'
import { silentLogger } from '../../base/logger.ts'
import type { CallRecord, LegRecord } from '../../call/call-record.ts'
import type { Device, Extension, Organisation } from '../../directory/types.ts'
import type { RingfenceEvent } from '../../events/catalogue.ts'
import type { Sealer } from '../../keys/sealer.ts'
import type { Binding } from '../../registrar/types.ts'
import { openStore } from '../open-store.ts'
import type { Store, StoreOptions } from '../types.ts'

/** Base64 in place of encryption: the real sealer has its own tests. */
export const openSealer: Sealer = {
  keyId: 'none',
  seal: (plain, context) => `${context}|${Buffer.from(plain).toString('base64')}`,
  open(sealed, context) {
    const [bound, text] = sealed.split('|')
    if (bound !== context) throw new Error('another context')
    return Buffer.from(text!, 'base64')
  },
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ringfence-store-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function openTestStore(dataDirectory: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  const logger: Logger = silentLogger
  return openStore({ dataDirectory, sealer: openSealer, clock: systemClock, logger, ...options })
}

export function organisation(name = 'example.com'): Organisation {
  return { id: newId<'OrganisationId'>(Date.now()), name, domain: name, createdAt: Date.now() }
}

export function extension(organisationId: OrganisationId, number: string): Extension {
  const now = Date.now()
  const id = newId<'ExtensionId'>(now)
  return {
    id,
    organisationId,
    number,
    name: `Extension ${number}`,
    state: 'active',
    suspendedReason: undefined,
    createdAt: now,
  }
}

export function device(owner: Extension, username: string): Device {
  return {
    id: newId<'DeviceId'>(Date.now()),
    organisationId: owner.organisationId,
    extensionId: owner.id,
    username,
    label: '',
    secrets: { 'SHA-256': 'a'.repeat(64), MD5: undefined },
    certificateFingerprint: undefined,
    allowInsecureImportedSecret: false,
    createdAt: Date.now(),
  }
}

export function binding(owner: Device, contact: string, expiresAt = Date.now() + 60_000): Binding {
  return {
    deviceId: owner.id,
    extensionId: owner.extensionId,
    organisationId: owner.organisationId,
    contact,
    instanceId: '<urn:uuid:00000000-0000-1000-8000-000a95a0e128>',
    regId: 1,
    path: ['<sip:edge.example.com;lr>'],
    callId: 'abc@192.0.2.1',
    cseq: 1,
    q: 1000,
    userAgent: 'Phone "quoted" \u0000\n\ud800',
    nodeId: newId<'NodeId'>(Date.now()),
    flowId: 'flow',
    protocol: 'TLS',
    sourceAddress: '192.0.2.1',
    sourcePort: 5061,
    registeredAt: Date.now(),
    expiresAt,
  }
}

export function callRecord(organisationId: OrganisationId, startedAt = Date.now() - 5_000): CallRecord {
  return {
    id: newId<'CallId'>(startedAt),
    organisationId,
    from: '101',
    to: '102',
    startedAt,
    answeredAt: startedAt + 2_000,
    endedAt: undefined,
    end: undefined,
    legs: [leg('in', '101'), leg('out', '102')],
    transferredFrom: undefined,
  }
}

export function ended(record: CallRecord, endedAt = Date.now()): CallRecord {
  return { ...record, endedAt, end: { side: 'caller', cause: 'normal', sipCode: 200 } }
}

function leg(direction: 'in' | 'out', number: string): LegRecord {
  const now = Date.now()
  return {
    id: newId<'LegId'>(now),
    direction,
    extensionId: newId<'ExtensionId'>(now),
    deviceId: newId<'DeviceId'>(now),
    number,
    userAgent: 'Yealink SIP-T54W 96.86.0.80',
    signalling: { protocol: 'TLS', tls: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    sourceAddress: '192.0.2.10',
    authentication: 'SHA-256',
    media: undefined,
  }
}

export function event(detail: string, at = Date.now()): RingfenceEvent {
  return {
    id: newId<'EventId'>(at),
    type: 'store.unavailable',
    at,
    severity: 'critical',
    organisationId: undefined,
    data: { detail },
  }
}
