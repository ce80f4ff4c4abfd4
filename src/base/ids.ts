/** Branded identifiers: texts that cannot be mixed up. New ones sort by time of creation (RFC 9562 §5.7, UUIDv7). */
import { randomBytes } from './random.ts'

declare const brand: unique symbol
export type Branded<Name extends string> = string & { readonly [brand]: Name }

export type OrganisationId = Branded<'OrganisationId'>
export type ExtensionId = Branded<'ExtensionId'>
export type DeviceId = Branded<'DeviceId'>
export type CallId = Branded<'CallId'>
export type LegId = Branded<'LegId'>
export type EventId = Branded<'EventId'>
export type NodeId = Branded<'NodeId'>
export type TrunkId = Branded<'TrunkId'>
export type NumberId = Branded<'NumberId'>
export type GroupId = Branded<'GroupId'>
export type PersonId = Branded<'PersonId'>
export type PasskeyId = Branded<'PasskeyId'>
export type SessionId = Branded<'SessionId'>
export type ApiKeyId = Branded<'ApiKeyId'>

/** A fresh UUIDv7 for the wall-clock time `now` (milliseconds since the epoch). */
export function newId<Name extends string>(now: number): Branded<Name> {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Math.max(0, Math.floor(now)) % 0x1_0000_0000_0000, 0, 6)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return uuid as Branded<Name>
}
