/**
 * A whole SIP server on the stack alone: it lets one user register, answers his calls, and hangs up after ten seconds.
 *
 *   node examples/answering-machine.ts
 *
 * prints where it listens (UDP on the loopback address; a real one would give a certificate and listen on TLS).
 */
import * as sip from '../src/sip/index.ts'

export interface AnsweringMachineOptions {
  readonly listeners: readonly sip.ListenerOptions[]
  readonly tls?: sip.TlsIdentity
  readonly realm: string
  readonly username: string
  readonly password: string
}

const ALLOW: sip.HeaderPair = ['Allow', 'OPTIONS, REGISTER, INVITE, ACK, CANCEL, BYE']
const HANG_UP_AFTER_MS = 10_000
/** No sound: `inactive`, on a port that nobody listens on. */
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=inactive\r\n'

export function createAnsweringMachine(options: AnsweringMachineOptions) {
  const { realm, username, password } = options
  const clock = sip.systemClock
  const transport = sip.createTransportLayer({ listeners: options.listeners, tls: options.tls, clock })
  const sentBy = (flow: sip.Flow) => ({ host: flow.localAddress, port: flow.localPort })
  const transactions = sip.createTransactionLayer({ transport, clock, sentBy })
  const authenticator = sip.createAuthenticator({ clock, nonceKey: sip.randomBytes(32) })
  const secrets = {
    'SHA-256': sip.digestSecret('SHA-256', username, realm, password),
    MD5: sip.digestSecret('MD5', username, realm, password),
  }
  /** Bounded by the transaction layer's own limit of server transactions, and each ends by itself. */
  const calls = new Map<string, { readonly dialog: sip.Dialog; readonly accepted: sip.AcceptedInvite }>()

  /** True when the request proves to come from our user; otherwise it has been challenged. */
  function authenticated(request: sip.SipRequest, transaction: sip.ServerTransaction): boolean {
    const binding = transaction.flow.remoteAddress
    const algorithms = ['SHA-256', 'MD5'] as const
    const credentials = request.headerValues('Authorization')
    const lookup = (name: string) => (name === username ? { secrets } : undefined)
    const { method, requestUriText: requestUri } = request
    const verified = authenticator.verify({ credentials, method, requestUri, realm, binding, lookup, algorithms })
    if (verified.ok) return true
    const stale = verified.reason === 'stale' || verified.reason === 'replayed'
    const headers = authenticator.challenge(realm, binding, algorithms, { stale })
    transaction.respond(sip.buildResponse(request, 401, undefined, { toTag: sip.randomToken(9), headers }))
    return false
  }

  function answer(request: sip.SipRequest, transaction: sip.ServerTransaction): void {
    const toTag = sip.randomToken(9)
    const { flow } = transaction
    const contact = `<sip:machine@${flow.localAddress}:${flow.localPort};transport=${flow.protocol.toLowerCase()}>`
    const dialog = sip.createUasDialog(request, toTag, { localContact: contact, flow })
    const headers: sip.HeaderPair[] = [['Contact', contact], ALLOW]
    const body = { headers, body: SDP, contentType: 'application/sdp' }
    const response = sip.buildResponse(request, 200, undefined, { toTag, ...body })
    const accepted = sip.acceptInvite({ transaction, response, clock, onNoAck: () => hangUp(dialog) })
    dialog.confirm(response)
    calls.set(dialog.id, { dialog, accepted })
    clock.schedule(HANG_UP_AFTER_MS, () => hangUp(dialog))
  }

  function hangUp(dialog: sip.Dialog): void {
    if (!forget(dialog.id) || dialog.flow === undefined) return
    const ignore = () => undefined
    const user = { onProvisional: ignore, onFinal: ignore, onTimeout: ignore, onTransportError: ignore }
    transactions.send(dialog.request('BYE'), dialog.flow, user)
  }

  function forget(id: string): boolean {
    calls.get(id)?.accepted.stop()
    return calls.delete(id)
  }

  function onRequest(request: sip.SipRequest, transaction: sip.ServerTransaction): void {
    const reply = (status: number, headers: readonly sip.HeaderPair[] = []) =>
      transaction.respond(sip.buildResponse(request, status, undefined, { toTag: sip.randomToken(9), headers }))
    if (request.method === 'OPTIONS') reply(200, [ALLOW])
    else if (request.method === 'BYE') reply(forget(sip.dialogIdOfRequest(request)) ? 200 : 481)
    else if (request.method !== 'REGISTER' && request.method !== 'INVITE') reply(405, [ALLOW])
    else if (!authenticated(request, transaction)) return
    else if (request.method === 'INVITE') answer(request, transaction)
    else
      reply(
        200,
        request.headerValues('Contact').map(value => ['Contact', `${value};expires=60`] as const),
      )
  }

  transactions.setUser({
    onRequest,
    // Every INVITE is answered at once: there is nothing left to cancel.
    onCancel: () => undefined,
    onAck: ack => calls.get(sip.dialogIdOfRequest(ack))?.accepted.onAck(),
    onServerTransactionFailed: () => undefined,
    onStrayResponse: () => undefined,
  })
  transport.setReceiver(transactions)
  return {
    /** Calls that are up. */
    get callCount() {
      return calls.size
    },
    listeners: () => transport.listeners,
    start: () => transport.start(),
    async stop(): Promise<void> {
      for (const { dialog } of calls.values()) hangUp(dialog)
      transactions.stop()
      await transport.stop()
    },
  }
}

if (import.meta.main) {
  const listeners = [{ protocol: 'UDP', address: '127.0.0.1', port: 5070 }] as const
  const machine = createAnsweringMachine({
    listeners,
    realm: 'example.com',
    username: 'alice',
    password: 'open sesame',
  })
  await machine.start()
  for (const { protocol, address, port } of machine.listeners())
    console.log(`listening on ${protocol} ${address}:${port}`)
}
