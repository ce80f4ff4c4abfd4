/** The stack as a stranger uses it: the example's server, and a caller made of the same exports, over UDP, TCP and TLS. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createAnsweringMachine } from '../../examples/answering-machine.ts'
import * as sip from './index.ts'
import { createTestAuthority } from './transport/test-certificates.ts'

const authority = await createTestAuthority()
const identity = await authority.issue(['127.0.0.1'])
const account = { realm: 'example.com', username: 'alice', password: 'open sesame' }

interface Outcome {
  readonly request: sip.SipRequest
  readonly response: sip.SipResponse
}

/** A caller that is reached over its own connection; closed when the test ends. */
async function caller(context: TestContext, protocol: sip.TransportProtocol, port: number) {
  const clock = sip.systemClock
  const listeners = protocol === 'UDP' ? [{ protocol, address: '127.0.0.1', port: 0 }] : []
  const trustedCaPem = [authority.certificatePem]
  const transport = sip.createTransportLayer({ listeners, tls: undefined, clock, trustedCaPem })
  const sentBy = (flow: sip.Flow) => ({ host: flow.localAddress, port: flow.localPort })
  const heard: sip.SipRequest[] = []
  const transactions = sip.createTransactionLayer({ transport, clock, sentBy })
  transactions.setUser({
    onRequest(request, transaction) {
      heard.push(request)
      transaction.respond(sip.buildResponse(request, 200))
    },
    onCancel() {},
    onAck() {},
    onServerTransactionFailed() {},
    onStrayResponse() {},
  })
  transport.setReceiver(transactions)
  context.after(async () => {
    transactions.stop()
    await transport.stop()
  })
  await transport.start()
  const flow = await transport.connect({ protocol, address: '127.0.0.1', port, serverName: '127.0.0.1' })
  let sequence = 0

  function send(request: sip.SipRequest): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    transactions.send(request, flow, {
      onProvisional() {},
      onFinal: response => resolve({ request, response }),
      onTimeout: () => reject(new Error(`${request.method}: no answer`)),
      onTransportError: reject,
    })
    return promise
  }

  function build(method: string, headers: readonly sip.HeaderPair[] = []): sip.SipRequest {
    const contact = `<sip:alice@${flow.localAddress}:${flow.localPort}>`
    return sip.buildRequest({
      method,
      uri: 'sip:example.com',
      headers: [
        ['Max-Forwards', '70'],
        ['From', '<sip:alice@example.com>;tag=caller'],
        ['To', '<sip:machine@example.com>'],
        ['Call-ID', `${method}-${protocol}`],
        ['CSeq', `${++sequence} ${method}`],
        ['Contact', contact],
        ...headers,
      ],
    })
  }

  /** With one answer to a challenge. */
  async function exchange(method: string, password = account.password): Promise<Outcome> {
    const first = await send(build(method))
    if (first.response.status !== 401) return first
    const challengeHeaders = first.response.headerValues('WWW-Authenticate')
    const { username } = account
    const value = sip.answerChallenge({ challengeHeaders, username, password, method, uri: 'sip:example.com' })
    return send(build(method, [['Authorization', value!]]))
  }

  return { transactions, flow, heard, send, exchange }
}

for (const protocol of ['UDP', 'TCP', 'TLS'] as const) {
  test(`the example over ${protocol}: OPTIONS, REGISTER, a call and its end`, async context => {
    const listeners = [{ protocol, address: '127.0.0.1', port: 0 }]
    const machine = createAnsweringMachine({ listeners, tls: identity, ...account })
    context.after(() => machine.stop())
    await machine.start()
    const phone = await caller(context, protocol, machine.listeners()[0]!.port)

    const options = await phone.exchange('OPTIONS')
    assert.equal(options.response.status, 200)
    assert.match(options.response.header('Allow')!, /INVITE/)

    const refused = await phone.exchange('REGISTER', 'guess')
    assert.equal(refused.response.status, 401)
    const registered = await phone.exchange('REGISTER')
    assert.equal(registered.response.status, 200)
    assert.match(registered.response.header('Contact')!, /expires=60/)
    assert.equal((await phone.exchange('PUBLISH')).response.status, 405)

    const invite = await phone.exchange('INVITE')
    assert.equal(invite.response.status, 200)
    assert.equal(invite.response.contentType, 'application/sdp')
    const dialog = sip.createUacDialog(invite.request, invite.response, { flow: phone.flow })
    phone.transactions.sendAck(dialog.ack(invite.request.cseq.number), phone.flow)
    assert.equal(machine.callCount, 1)
    const bye = await phone.send(dialog.request('BYE'))
    assert.equal(bye.response.status, 200)
    assert.equal(machine.callCount, 0)
    const again = await phone.send(dialog.request('BYE'))
    assert.equal(again.response.status, 481)
  })
}
