/** What events of people carry, field by field. The compiler holds each against its type. */
import { z } from 'zod'
import { string, number, boolean, actor, fieldChange } from './shared.ts'
import type { Shapes } from './types.ts'

export const PEOPLE_SHAPES = {
  'export.added': {
    actor: actor,
    export: string,
    destination: string,
    filter: string,
    masks: z.array(string),
    weakened: z.array(string),
  },
  'export.removed': { actor: actor, export: string, destination: string },
  'export.tested': { actor: actor, export: string, destination: string, ok: boolean, detail: string },
  'export.failing': { export: string, destination: string, detail: string, behind: number },
  'export.recovered': { export: string, destination: string, awayForMs: number },
  'export.behind': { export: string, behind: number, since: number },
  'export.refused': { export: string, destination: string, events: number, first: number, detail: string },
  'export.lost': { export: string, events: number, after: number },
  'people.invited': { actor: actor, person: string, role: string, scope: string, expiresAt: number },
  'people.recovery-started': { actor: actor, person: string, reason: string, expiresAt: number },
  'people.enrolled': { actor: actor, person: string, factor: z.enum(['passkey', 'password+totp']), recovery: boolean },
  'people.changed': { actor: actor, person: string, changed: z.array(fieldChange) },
  'people.suspended': { actor: actor, person: string, reason: string },
  'people.restored': { actor: actor, person: string, reason: string },
  'people.removed': { actor: actor, person: string },
  'people.factor-added': { actor: actor, person: string, factor: string },
  'people.factor-removed': { actor: actor, person: string, factor: string },
  'people.signed-in': { actor: actor, person: string, method: string, userAgent: string, newNetwork: boolean },
  'people.sign-in-failed': { person: string, address: string, userAgent: string, method: string, reason: string },
  'people.locked': { person: string, address: string, attempts: number, until: number },
  'people.signed-out': { actor: actor, person: string, why: string },
  'people.session-refused': { person: string, address: string, userAgent: string, reason: string },
  'people.stepped-up': { actor: actor, person: string, method: string },
  'people.forbidden': { actor: actor, what: string },
  'people.api-key-added': {
    actor: actor,
    key: string,
    scopes: z.array(string),
    networks: z.array(string),
    expiresAt: number,
  },
  'people.api-key-removed': { actor: actor, key: string },
  'people.api-key-refused': { key: string, address: string, reason: string },
} as const satisfies Partial<Shapes>
