/** What events of registration carry, field by field. The compiler holds each against its type. */
import { z } from 'zod'
import { string, number, boolean, actor, source } from './shared.ts'
import type { Shapes } from './types.ts'

export const REGISTRATION_SHAPES = {
  'firewall.decided': {
    decision: string,
    target: string,
    action: string,
    rule: string,
    reason: string,
    evidence: z.record(z.string(), string),
    until: number.optional(),
    repeat: number,
  },
  'firewall.tried': {
    target: string,
    action: string,
    rule: string,
    reason: string,
    evidence: z.record(z.string(), string),
  },
  'firewall.ordered': {
    decision: string,
    target: string,
    action: string,
    rule: string,
    reason: string,
    evidence: z.record(z.string(), string),
    actor: actor,
    until: number.optional(),
  },
  'firewall.undone': { decision: string, target: string, action: string, rule: string, actor: actor, reason: string },
  'firewall.evicted': { count: number, target: string, rule: string },
  'firewall.list-changed': { list: string, from: string, entries: number, before: number, digest: string },
  'firewall.list-problem': { list: string, from: string, problem: string },
  'firewall.kernel': { state: string, detail: string },
  'registration.accepted': {
    extension: string,
    username: string,
    contact: string,
    userAgent: string,
    source: source,
    expires: number,
    refreshed: boolean,
    authentication: string,
    weaker: boolean,
  },
  'registration.removed': { extension: string, username: string, contact: string, source: source },
  'registration.expired': { extension: string, username: string, contact: string },
  'registration.flow-lost': { extension: string, username: string, reason: string },
  'registration.refused': { username: string, source: source, userAgent: string, reason: string, sipCode: number },
  'authentication.failed': { username: string, source: source, method: string, userAgent: string, reason: string },
  'message.dropped': { source: source, method: string, rule: string, reason: string, count: number },
  'transport.connection-refused': { source: string, protocol: string, reason: string },
  'transport.message-refused': { source: string, protocol: string, error: string, detail: string },
} as const satisfies Partial<Shapes>
