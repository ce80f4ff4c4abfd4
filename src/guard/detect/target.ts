import type { Target } from '../sources/types.ts'
import type { SeenSource } from './types.ts'

/** What a source is banned by: its address (IPv6: its /64) where a connection proves it, one socket over UDP. */
export function targetOf({ proven, key, address, port }: SeenSource): Target {
  return proven ? { kind: 'address', value: key } : { kind: 'socket', value: `${address} ${port}` }
}

/** By which a source is counted: as it would be banned, so that nobody can count for somebody else. */
export function countedAs({ proven, key, address, port }: SeenSource): string {
  return proven ? key : `${address} ${port}`
}

/** A stranger chooses the text: only so much of it is kept. */
export function shortName(name: string): string {
  return name.length > 64 ? name.slice(0, 64) : name
}
