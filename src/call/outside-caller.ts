/** Who calls from outside, as its trunk says it, and how much of that is shown to our phones. */
import type { Trunk } from '../directory/trunk.ts'
import type { Organisation } from '../directory/types.ts'
import { toE164 } from '../routing/to-e164.ts'
import { decodeText, encodeText, safeForLog } from '../sip/message/text.ts'
import type { SipRequest } from '../sip/message/types.ts'
import { parseNameAddress } from '../sip/message/name-address.ts'
import type { Verification } from '../stir/types.ts'
import type { Call, Party } from './call.ts'
import type { CallContext } from './context.ts'

export interface ClaimedCaller {
  /** Undefined: withheld, or no number at all. */
  readonly e164: string | undefined
  readonly party: Party
}

const MAXIMUM_NUMBER = 32

/** P-Asserted-Identity counts before From: the trunk is the one that we trust to assert it (RFC 3325 §9.1). */
export function claimedCaller(context: CallContext, request: SipRequest, organisation: Organisation): ClaimedCaller {
  const asserted = request
    .headerValues('P-Asserted-Identity')
    .map(parseNameAddress)
    .find(value => value !== undefined)
  const { uri, displayName } = asserted ?? request.from
  const user = uri.kind === 'sip' ? (uri.user ?? '') : ''
  const withheld = withholds(request) || /^anonymous$/i.test(user) || user === ''
  const { country } = context.directory.callingOf(organisation.id)
  const e164 = withheld ? undefined : toE164(decodeText(user), country)
  const number = withheld ? 'anonymous' : (e164 ?? safeForLog(decodeText(user), MAXIMUM_NUMBER))
  const name = withheld ? 'Anonymous' : safeForLog(decodeText(displayName ?? ''), 64)
  return { e164, party: partyWith(number, name, withheld) }
}

/** RFC 3323 §4.2, RFC 3325 §9.3. */
function withholds(request: SipRequest): boolean {
  const values = request
    .headerValues('Privacy')
    .flatMap(value => value.split(';').map(each => each.trim().toLowerCase()))
  return values.some(value => value === 'id' || value === 'user' || value === 'header')
}

function partyWith(number: string, name: string, anonymous: boolean): Party {
  return {
    number,
    displayName: encodeText(name),
    extension: undefined,
    extensionId: undefined,
    deviceId: undefined,
    username: undefined,
    anonymous,
  }
}

export interface Inbound {
  readonly call: Call
  readonly trunk: Trunk
  readonly claimed: ClaimedCaller
  /** Our number, E.164. */
  readonly called: string
  readonly request: SipRequest
}

/**
 * The caller as our phones may see it. A number of ours that comes from outside, and one whose signature is wrong, is not shown as
 * the caller's: people trust what their display says.
 */
export async function believedCaller(context: CallContext, inbound: Inbound): Promise<Party> {
  const { call, trunk, claimed, called, request } = inbound
  const { organisation } = call
  const verification = await context.callerIdentity?.verifier.verify({
    identityHeaders: request.headerValues('Identity'),
    from: claimed.e164,
    to: called,
    date: request.header('Date'),
  })
  const owned =
    claimed.e164 !== undefined && context.directory.ownedNumber(claimed.e164)?.organisationId === organisation.id
  const doubt = doubtOf(owned, verification)
  if (verification !== undefined && verification.outcome !== 'none') {
    const { outcome, attestation, detail } = verification
    context.events.publish(
      'caller-identity.verified',
      { callId: call.id, outcome, attestation, detail },
      organisation.id,
    )
  }
  const attestation = verification?.outcome === 'failed' ? 'failed' : verification?.attestation
  const { party } = claimed
  if (doubt === undefined) return attestation === undefined ? party : { ...party, attestation }
  const data = { callId: call.id, trunk: trunk.name, claimed: party.number, to: called, reason: doubt }
  context.events.publish('caller-identity.spoofed', data, organisation.id)
  return { ...partyWith('anonymous', `Unverified: ${party.number}`, true), attestation: 'failed' }
}

/** Why the caller is not believed: a number of ours has no business outside unless its owner's signature says so. */
function doubtOf(owned: boolean, verification: Verification | undefined): string | undefined {
  if (verification?.outcome === 'failed') return verification.detail
  if (!owned || (verification?.outcome === 'passed' && verification.attestation === 'A')) return undefined
  return 'it is a number of ours, and the call comes from outside'
}
