/** The INVITE to a trunk: how numbers are written there, who we say is calling, and the proof of it. */
import { formatFor } from '../routing/number-format.ts'
import type { HeaderPair } from '../sip/message/build.ts'
import { encodeText } from '../sip/message/text.ts'
import { formatUri, sipUri } from '../sip/message/uri.ts'
import type { Attestation } from '../stir/types.ts'
import type { Trunk } from '../directory/trunk.ts'
import type { TrunkPath, TrunkSlot } from '../trunk/types.ts'
import type { Allowance } from './allowance.ts'
import type { Attachment } from './branch.ts'
import type { Call } from './call.ts'
import type { CallContext } from './context.ts'
import type { Destination } from './ring.ts'

export interface TrunkWording {
  readonly trunk: Trunk
  readonly path: TrunkPath
  readonly slot: TrunkSlot
  /** E.164; for emergency calls and a PBX, as it is. */
  readonly number: string
  /** E.164; undefined: none is known. */
  readonly callerId: string | undefined
  readonly withheld: boolean
  readonly emergency?: boolean
  readonly headers?: readonly HeaderPair[]
  readonly attachment?: Attachment | undefined
  readonly allowance?: Allowance | undefined
}

/** "Fail-over … under 4 s on a dead trunk": connecting and this silence together never take longer, see `trunk/`. */
const RESPONSE_MS = 3_000
/** From 100 to the first ring: the public network takes up to a dozen seconds to find somebody. */
const PROGRESS_MS = 20_000
/** Somebody calls for help: a trunk that says nothing has less time, and one that takes the call has to ring soon. */
const EMERGENCY_RESPONSE_MS = 2_000
const EMERGENCY_PROGRESS_MS = 10_000
const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'

export async function trunkDestination(context: CallContext, call: Call, wording: TrunkWording): Promise<Destination> {
  const { trunk, path, slot } = wording
  const { country } = context.directory.callingOf(call.organisation.id)
  const write = (number: string): string =>
    number.startsWith('+') ? formatFor(trunk.numberFormat, number, country) : number
  const uri = uriAt(path, write(wording.number))
  const { trunks } = context
  return {
    uri,
    routes: path.routes,
    flow: path.flow,
    userAgent: '',
    party: {
      number: wording.number,
      displayName: '',
      extension: undefined,
      extensionId: undefined,
      deviceId: undefined,
      username: undefined,
      trunk,
    },
    trunk: {
      from: fromOf(context, call, wording, write),
      to: `<${uri}>`,
      headers: [...identityHeaders(context, call, wording, write), ...(await signature(context, call, wording))],
      attachment: wording.attachment,
      credentials: { answer: (request, response) => trunks?.answer(trunk, request, response) },
      responseTimeMs: wording.emergency === true ? EMERGENCY_RESPONSE_MS : RESPONSE_MS,
      progressTimeMs: wording.emergency === true ? EMERGENCY_PROGRESS_MS : PROGRESS_MS,
      allowance: wording.allowance,
      release: () => slot.release(),
    },
  }
}

function uriAt({ host, port }: Pick<TrunkPath, 'host' | 'port'>, number: string): string {
  return `${formatUri(sipUri({ user: encodeText(number), host, ...(port === undefined ? {} : { port }) }))};user=phone`
}

/** Our own domain at the trunk: where it registered us, or the trunk's host. */
function callerUri({ trunk, path }: TrunkWording, number: string): string {
  return uriAt({ host: trunk.domain ?? path.host, port: undefined }, number)
}

function fromOf(_context: CallContext, call: Call, wording: TrunkWording, write: (number: string) => string): string {
  const { callerId, withheld, trunk, path } = wording
  if (withheld && wording.emergency !== true) return ANONYMOUS
  if (callerId !== undefined) return `<${callerUri(wording, write(callerId))}>`
  // Without a number of ours: the account at the provider; a PBX hears of an outside caller what we know.
  const user = trunk.username ?? (trunk.purpose === 'pbx' ? call.from : undefined)
  if (user === undefined) return ANONYMOUS
  return `<${formatUri(sipUri({ user: encodeText(user), host: trunk.domain ?? path.host }))}>`
}

/** RFC 3325 §9.1; `Privacy: id` asks the provider to keep it to itself (RFC 3323 §4.2). */
function identityHeaders(
  _context: CallContext,
  _call: Call,
  wording: TrunkWording,
  write: (number: string) => string,
): readonly HeaderPair[] {
  const { callerId, withheld } = wording
  const headers: HeaderPair[] = [...(wording.headers ?? [])]
  if (callerId !== undefined) headers.push(['P-Asserted-Identity', `<${callerUri(wording, write(callerId))}>`])
  if (withheld && wording.emergency !== true) headers.push(['Privacy', 'id'])
  return headers
}

/** A: the caller has proved who it is and the number is ours; nothing else is ever shown, so nothing less is ever signed. */
const ATTESTATION: Attestation = 'A'

async function signature(context: CallContext, call: Call, wording: TrunkWording): Promise<readonly HeaderPair[]> {
  const signer = context.callerIdentity?.signer
  const { callerId, trunk, number } = wording
  if (signer === undefined || !trunk.signIdentity || callerId === undefined || !number.startsWith('+')) return []
  try {
    const originId = call.caller.party.extensionId ?? call.organisation.id
    const value = await signer.sign({ from: callerId, to: number, attestation: ATTESTATION, originId })
    // RFC 8224 §4.1 wants a Date beside it.
    return [
      ['Date', new Date(context.clock.now()).toUTCString()],
      ['Identity', value],
    ]
  } catch (error) {
    context.logger.error({ call: call.id, detail: String(error) }, 'a call goes out unsigned')
    return []
  }
}
