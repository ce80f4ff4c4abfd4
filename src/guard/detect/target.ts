import type { Target } from '../sources/types.ts'
import type { SeenSource } from './types.ts'

/** What a source is banned by: its address (IPv6: its /64) where a connection proves it, one socket over UDP. */
export function targetOf({ proven, key, address, port }: SeenSource): Target {
  return proven ? { kind: 'address', value: key } : { kind: 'socket', value: `${address} ${port}` }
}
