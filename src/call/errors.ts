/** Why a call is refused: one line for each rule, with the SIP status and the words that a person reads in the event. */

export interface RefusalRule {
  readonly status: number
  readonly reason: string
}

export const CALL_RULES = {
  CALL_OVERLOAD: { status: 503, reason: 'as many calls are up as this system carries' },
  CALL_DRAINING: { status: 503, reason: 'the system is about to stop and takes no new calls' },
  CALL_WRONG_IDENTITY: { status: 403, reason: 'From is neither the user name of the device nor its extension' },
  CALL_UNKNOWN_DOMAIN: { status: 403, reason: 'neither From nor the destination is in a domain of this system' },
  CALL_LOOP: { status: 482, reason: 'the call came back to us that we had sent out' },
  CALL_TOO_MANY_HOPS: { status: 483, reason: 'Max-Forwards is used up' },
  CALL_TOO_BROAD: { status: 440, reason: 'Max-Breadth is used up' },
  CALL_UNKNOWN_DESTINATION: { status: 404, reason: 'no extension has this number' },
  CALL_FORWARDING_CLOSED: { status: 480, reason: 'forwarding to outside numbers is closed in this organisation' },
  CALL_TRANSFER_CLOSED: { status: 403, reason: 'transfers to outside numbers are closed in this organisation' },
  CALL_EXTENSION_SUSPENDED: { status: 403, reason: 'the extension is suspended: no calls to the outside' },
  CALL_UNKNOWN_NUMBER: { status: 404, reason: 'a trunk brought a call to a number that is not ours' },
  CALL_ALLOWANCE_OVER: { status: 403, reason: 'what was paid for is used up' },
  CALL_TRUNK_LIMIT: { status: 503, reason: 'the trunk carries as many calls as it may' },
  CALL_ANONYMOUS: { status: 433, reason: 'callers who withhold their number are not taken here' },
  CALL_ADMISSION_FAILED: { status: 503, reason: 'it could not be found out whether the call may be made' },
} as const satisfies Readonly<Record<string, RefusalRule>>

export type CallRule = keyof typeof CALL_RULES
