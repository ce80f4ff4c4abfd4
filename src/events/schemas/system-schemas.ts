/** What events of system carry, field by field. The compiler holds each against its type. */
import { z } from 'zod'
import { string, number, boolean } from './shared.ts'
import type { Shapes } from './types.ts'

export const SYSTEM_SHAPES = {
  'system.started': { version: string, node: string, listeners: z.array(string) },
  'system.draining': { liveCalls: number, endsAt: number },
  'system.stopped': { reason: string, liveCalls: number },
  'system.overloaded': { what: string, detail: string },
  'configuration.loaded': { file: string.optional(), overridden: z.array(string) },
  'configuration.weakened': { option: string, detail: string, expiresAt: number.optional() },
  'listener.opened': { protocol: string, address: string, port: number, insecure: boolean },
  'listener.expired': { protocol: string, address: string, port: number },
  'certificate.created': { subject: string, names: z.array(string), fingerprint: string, notAfter: number },
  'certificate.replaced': { subject: string, names: z.array(string), fingerprint: string, notAfter: number },
  'certificate.expiring': { subject: string, fingerprint: string, notAfter: number, daysLeft: number },
  'certificate.refused': { file: string, reason: string },
  'store.unavailable': { detail: string },
  'store.recovered': { unavailableForMs: number, eventsBuffered: number, eventsLost: number },
} as const satisfies Partial<Shapes>
