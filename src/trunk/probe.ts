/** Whether a trunk answers: OPTIONS (RFC 3261 §11), with any answer but those that say that nobody is there. */
import { randomHex } from '../base/random.ts'
import type { Trunk } from '../directory/trunk.ts'
import { buildRequest, defaultReason } from '../sip/message/build.ts'
import { parseNameAddress } from '../sip/message/name-address.ts'
import { encodeText } from '../sip/message/text.ts'
import { formatUri, sipUri } from '../sip/message/uri.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { TrunkCredentials } from './credentials.ts'
import { startExchange } from './exchange.ts'
import type { TrunkContext } from './options.ts'
import { noAnswerInTime } from './problem.ts'
import type { TrunkError } from './types.ts'

export type ProbeOutcome =
  | { readonly ok: true; readonly roundTrip: number; readonly status: number }
  | { readonly ok: false; readonly error: TrunkError }

/** Never rejects. */
export async function probe(
  context: TrunkContext,
  trunk: Trunk,
  flow: Flow,
  credentials: TrunkCredentials,
): Promise<ProbeOutcome> {
  const callId = randomHex(12)
  const fromTag = randomHex(6)
  const uri = formatUri(sipUri({ host: trunk.host, port: trunk.port }))
  const contact = context.contactFor(flow)
  let sequence = 0
  const { outcome } = startExchange({
    clock: context.clock,
    transactions: context.transactions,
    flow,
    build: proofs =>
      buildRequest({
        method: 'OPTIONS',
        uri,
        headers: [
          ['Max-Forwards', '70'],
          ['From', `${ownAddress(trunk, contact)};tag=${fromTag}`],
          ['To', `<${uri}>`],
          ['Call-ID', callId],
          ['CSeq', `${++sequence} OPTIONS`],
          ['Contact', contact],
          ['Accept', 'application/sdp'],
          ...proofs,
        ],
      }),
    answer: (request, response) => credentials.answer(trunk, request, response),
    answerMs: context.timing.probeAnswer,
  })
  const said = await outcome
  if (said.kind === 'timeout') return { ok: false, error: noAnswerInTime(trunk, context.timing.probeAnswer) }
  if (said.kind === 'failed') {
    const message = `the connection to ${trunk.host} broke: ${said.detail}`
    return { ok: false, error: { failure: 'unreachable', message } }
  }
  const { status } = said.response
  if (isAlive(status)) return { ok: true, roundTrip: said.roundTrip, status }
  const message = `${trunk.host} answers OPTIONS with ${status} ${defaultReason(status)}`
  return { ok: false, error: { failure: 'unavailable', message } }
}

/** Who does not know the method, or this version of the protocol, is there. */
function isAlive(status: number): boolean {
  return status !== 408 && (status < 500 || status === 501 || status === 505 || status >= 600)
}

function ownAddress(trunk: Trunk, contact: string): string {
  const domain = trunk.domain ?? trunk.host
  if (trunk.username !== undefined) return `<${formatUri(sipUri({ user: encodeText(trunk.username), host: domain }))}>`
  const own = parseNameAddress(contact)?.uri
  return `<${formatUri(sipUri({ host: own?.kind === 'sip' ? own.host : domain }))}>`
}
