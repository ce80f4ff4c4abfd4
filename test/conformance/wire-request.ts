/** Requests of a scripted phone that are whatever a scenario wants them to be. */
import { randomBytes } from 'node:crypto'
import { buildRequest, type HeaderPair } from '../../src/sip/message/build.ts'
import type { SipRequest } from '../../src/sip/message/types.ts'
import type { PhoneCall, ScriptedPhone } from '../support/scripted-phone.ts'

export interface WireRequest {
  readonly method: string
  /** Default: the domain of the system. */
  readonly uri?: string
  readonly callId?: string
  readonly fromTag?: string
  readonly toTag?: string
  readonly cseq?: number
  readonly maxForwards?: number
  readonly headers?: readonly HeaderPair[]
  readonly body?: string
  readonly contentType?: string
}

export function token(): string {
  return randomBytes(6).toString('hex')
}

/** Without Via, which `ScriptedPhone.sendRequest` puts on top. */
export function wireRequest(phone: ScriptedPhone, wanted: WireRequest): SipRequest {
  const { domain } = phone.account.organisation
  const { method, uri = `sip:${domain}`, cseq = 1, maxForwards = 70, headers = [], toTag, body } = wanted
  const to = uri.startsWith('sip') ? uri : `sip:102@${domain}`
  return buildRequest({
    method,
    uri,
    headers: [
      ['Max-Forwards', String(maxForwards)],
      ['From', `<sip:${phone.username}@${domain}>;tag=${wanted.fromTag ?? token()}`],
      ['To', `<${to}>${toTag === undefined ? '' : `;tag=${toTag}`}`],
      ['Call-ID', wanted.callId ?? token()],
      ['CSeq', `${cseq} ${method}`],
      ['Contact', `<${phone.contactUri}>`],
      ...headers,
    ],
    ...(body === undefined ? {} : { body, contentType: wanted.contentType ?? 'application/sdp' }),
  })
}

/** A call that is up: the caller's end and the callee's. */
export interface Talk {
  readonly caller: PhoneCall
  readonly callee: PhoneCall
}

export async function talk(alice: ScriptedPhone, bob: ScriptedPhone): Promise<Talk> {
  const invite = await alice.call(bob.account.extension.number)
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  const callee = await bell.answer()
  const caller = await invite.answered()
  // The ACK has come before what the scenario sends next.
  await alice.flush()
  return { caller, callee }
}

export async function hangUp({ caller, callee }: Talk): Promise<void> {
  await caller.hangUp()
  await callee.obey('BYE')
}
