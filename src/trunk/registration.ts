/** Our registration at a provider (RFC 3261 §10.2, RFC 5626 §4.2): one binding over one flow, kept alive and taken away. */
import { randomHex } from '../base/random.ts'
import type { Trunk } from '../directory/trunk.ts'
import { buildRequest, type HeaderPair } from '../sip/message/build.ts'
import { formatNameAddress, parseNameAddress } from '../sip/message/name-address.ts'
import { encodeText } from '../sip/message/text.ts'
import type { NameAddress, SipRequest, SipResponse } from '../sip/message/types.ts'
import { formatUri, sipUri, uriEquals } from '../sip/message/uri.ts'
import type { Flow } from '../sip/transport/types.ts'
import type { TrunkCredentials } from './credentials.ts'
import { startExchange } from './exchange.ts'
import type { TrunkContext } from './options.ts'
import { noAnswerInTime, registrationProblem } from './problem.ts'
import type { TrunkError } from './types.ts'

/** Seconds. A provider that wants us every second, or never again, is not obeyed. */
const SHORTEST_EXPIRES = 20
const LONGEST_EXPIRES = 86_400
const LONGEST_RETRY_AFTER = 600
/** Service-Route values, and octets of all of them (RFC 3608). */
const MAXIMUM_ROUTES = 8
const MAXIMUM_ROUTE_LENGTH = 2_048
/** Contacts of others beside ours in a provider's answer. */
const MAXIMUM_CONTACTS = 32

const REG_IDS = { run: 1, test: 2 } as const

export interface Registered {
  readonly ok: true
  /** Seconds. */
  readonly expires: number
  readonly routes: readonly string[]
  readonly roundTrip: number
}
export interface NotRegistered {
  readonly ok: false
  readonly error: TrunkError
  /** The provider said no to the account: asking again at once does not help. */
  readonly refused: boolean
  /** Milliseconds that it wants us to wait. */
  readonly retryAfter: number | undefined
}

export interface Registrant {
  /** Over this flow, for `expires` seconds; 0 takes the binding away. Never rejects. */
  register(flow: Flow, expires: number): Promise<Registered | NotRegistered>
}

/** `purpose`: a test has a binding of its own, that it can take away without taking that of the running registration. */
export function createRegistrant(
  context: TrunkContext,
  trunk: Trunk,
  credentials: TrunkCredentials,
  purpose: 'run' | 'test' = 'run',
): Registrant {
  const callId = randomHex(12)
  const fromTag = randomHex(6)
  const uri = formatUri(sipUri({ host: trunk.domain ?? trunk.host }))
  const account = trunk.username === undefined ? undefined : encodeText(trunk.username)
  const address = `<${formatUri(sipUri({ user: account, host: trunk.domain ?? trunk.host }))}>`
  const user = purpose === 'test' ? `test-${randomHex(4)}` : account
  let sequence = 0
  let outbound = true

  function build(contact: string, expires: number, proofs: readonly HeaderPair[]): SipRequest {
    return buildRequest({
      method: 'REGISTER',
      uri,
      headers: [
        ['Max-Forwards', '70'],
        ['From', `${address};tag=${fromTag}`],
        ['To', address],
        ['Call-ID', callId],
        ['CSeq', `${++sequence} REGISTER`],
        ['Contact', contact],
        ['Expires', String(expires)],
        ...(outbound ? ([['Supported', 'path, outbound']] as const) : []),
        ...proofs,
      ],
    })
  }

  async function attempt(flow: Flow, expires: number): Promise<Registered | NotRegistered | SipResponse> {
    const contact = contactOf(context.contactFor(flow), user, trunk.id, outbound ? REG_IDS[purpose] : undefined)
    const { outcome } = startExchange({
      clock: context.clock,
      transactions: context.transactions,
      flow,
      build: proofs => build(contact, expires, proofs),
      answer: (request, response) => credentials.answer(trunk, request, response),
      answerMs: context.timing.registerAnswer,
    })
    const said = await outcome
    if (said.kind === 'timeout') return failed(noAnswerInTime(trunk, context.timing.registerAnswer))
    if (said.kind === 'failed') {
      return failed({ failure: 'unreachable', message: `the connection to ${trunk.host} broke: ${said.detail}` })
    }
    const { response, request, roundTrip } = said
    if (said.unproven) return unproven(trunk, response)
    if (response.status >= 300) return response
    credentials.accepted(request)
    const granted = grantedExpires(response, contact, expires)
    if (granted === 0 && expires > 0) {
      return failed({ failure: 'refused', message: 'the provider says that we are registered, but not for how long' })
    }
    return { ok: true, expires: granted, routes: serviceRoutes(response), roundTrip }
  }

  return {
    async register(flow, expires) {
      let wanted = expires
      for (let round = 0; round < 3; round++) {
        const outcome = await attempt(flow, wanted)
        if ('ok' in outcome) return outcome
        const minimum = Number(outcome.header('Min-Expires'))
        // RFC 5626 §4.2.1: the first hop does not know outbound; RFC 3261 §10.2.8: it wants longer ones.
        if (outcome.status === 439 && outbound) outbound = false
        else if (outcome.status === 423 && minimum > wanted && minimum <= LONGEST_EXPIRES) wanted = minimum
        else return answered(outcome)
      }
      return failed({ failure: 'refused', message: 'the provider changes its mind about how we shall register' })
    },
  }
}

function failed(error: TrunkError): NotRegistered {
  return { ok: false, error, refused: false, retryAfter: undefined }
}

function answered(response: SipResponse): NotRegistered {
  const { status } = response
  const seconds = Number.parseInt(response.header('Retry-After') ?? '', 10)
  const retryAfter =
    Number.isSafeInteger(seconds) && seconds > 0 ? Math.min(seconds, LONGEST_RETRY_AFTER) * 1000 : undefined
  const refused = status < 500 && status !== 408 && status !== 480
  return { ok: false, error: registrationProblem(response), refused, retryAfter }
}

/** A challenge that we did not answer. */
function unproven(trunk: Trunk, response: SipResponse): NotRegistered {
  const known = trunk.username !== undefined && trunk.password !== undefined
  const message = known
    ? `the provider asks for a proof of the password that is not given: another realm, or a method unknown here (${response.status})`
    : `the provider asks for a password, and the trunk has no username and password (${response.status})`
  return { ok: false, error: { failure: 'refused', message }, refused: true, retryAfter: undefined }
}

/** Our Contact with the account as its user, so that the provider's calls name it, and who we are (RFC 5626 §4.1, §4.2). */
function contactOf(text: string, user: string | undefined, instance: string, regId: number | undefined): string {
  const parsed = parseNameAddress(text)
  if (parsed === undefined || parsed.uri.kind !== 'sip') return text
  const contact = formatNameAddress({ ...parsed, uri: { ...parsed.uri, user: parsed.uri.user ?? user } })
  return `${contact};+sip.instance="<urn:uuid:${instance}>"${regId === undefined ? '' : `;reg-id=${regId}`}`
}

/** Of our own binding: its `expires`, else the Expires header (RFC 3261 §10.2.4), else what we asked for. Bounded. */
function grantedExpires(response: SipResponse, contact: string, asked: number): number {
  if (asked === 0) return 0
  const ours = parseNameAddress(contact)
  const { contacts } = response
  const list = contacts === '*' ? [] : contacts.slice(0, MAXIMUM_CONTACTS)
  const same = ours === undefined ? undefined : list.find(each => isSameBinding(each, ours))
  // A border controller may have written its own address into it.
  const own = same ?? (list.length === 1 ? list[0] : undefined)
  // Others are registered, and we are not.
  if (own === undefined && list.length > 0) return 0
  const text = own?.parameters.get('expires') ?? response.header('Expires') ?? String(asked)
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : asked
  if (seconds === 0) return 0
  return Math.min(Math.max(seconds, SHORTEST_EXPIRES), LONGEST_EXPIRES)
}

function isSameBinding(a: NameAddress, b: NameAddress): boolean {
  const instance = b.parameters.get('+sip.instance')
  if (instance !== undefined && a.parameters.get('+sip.instance') === instance) return true
  return uriEquals(a.uri, b.uri)
}

/** Where our requests have to go first (RFC 3608 §5), in order; none where one of them is no address. */
function serviceRoutes(response: SipResponse): readonly string[] {
  const values = response.headerValues('Service-Route')
  if (values.length > MAXIMUM_ROUTES || values.join().length > MAXIMUM_ROUTE_LENGTH) return []
  return values.every(value => parseNameAddress(value)?.uri.kind === 'sip') ? values : []
}
