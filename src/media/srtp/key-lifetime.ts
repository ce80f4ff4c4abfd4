/** How many packets one master key may protect, over all its sources (RFC 3711 §9.2); a phone may declare fewer (RFC 4568 §6.1). */

export interface KeyLifetime {
  readonly rtp: number
  readonly rtcp: number
}

export const LONGEST_LIFETIME: KeyLifetime = { rtp: 2 ** 48, rtcp: 2 ** 31 }

/** `declared`: packets, of each kind. */
export function lifetimeOf(declared: number | undefined): KeyLifetime {
  if (declared === undefined) return LONGEST_LIFETIME
  return { rtp: Math.min(declared, LONGEST_LIFETIME.rtp), rtcp: Math.min(declared, LONGEST_LIFETIME.rtcp) }
}
