/**
 * A challenge is sent and forgotten, as a stateless UAS does, which "MUST NOT retransmit responses" (RFC 3261 §8.2.7). So nobody
 * can make the layer keep anything before he has proved who he is. Whoever does not get it sends his request again.
 */
import type { SipResponse } from '../message/types.ts'

export function isChallenge(response: SipResponse): boolean {
  return response.status === 401 || response.status === 407
}
