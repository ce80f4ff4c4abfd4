/** RFC 3261 §17 and §9 by scenario, with RFC 6026, RFC 4320, RFC 3263 §4.3 and RFC 5393: what a peer on the wire would see. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildResponse } from '../../src/sip/message/build.ts'
import type { TransactionError } from '../../src/sip/transaction/errors.ts'
import { detectLoop, loopKey, nextMaxForwards } from '../../src/sip/transaction/loop-detection.ts'
import { fakeFlow } from '../../src/sip/transport/fake-transport.ts'
import type { Target } from '../../src/sip/transport/types.ts'
import { answer, assertNothingLeft, clientUser, ownRequest, reply, request, scenario, settle } from './scenario.ts'
import { conformance } from './table/conformance.ts'

const target = (address: string, protocol: Target['protocol'] = 'TLS'): Target => ({
  protocol,
  address,
  port: 5061,
  serverName: undefined,
})

// --- INVITE server (§17.2.1) -----------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §17.2.1',
  'the user takes long to answer INVITE',
  '100 Trying after 200 ms, not when the user was faster',
  () => {
    const s = scenario()
    const first = s.arrive(request())
    s.clock.advance(199)
    assert.deepEqual(s.statuses(), [])
    s.clock.advance(1)
    assert.deepEqual(s.statuses(), [100])
    first.respond(answer(first, 486))
    const second = s.arrive(request({ callId: 'call-2' }))
    second.respond(answer(second, 180))
    s.transport.take()
    s.clock.advance(300)
    assert.deepEqual(s.statuses(), [])
  },
)

conformance('RFC 3261 §17.2.1', 'INVITE again in proceeding', 'absorbed, the last provisional response again', () => {
  const s = scenario()
  const invite = request()
  const transaction = s.arrive(invite)
  s.receive(invite)
  assert.deepEqual(s.statuses(), [], 'nothing was sent yet, so there is nothing to repeat')
  transaction.respond(answer(transaction, 180))
  s.receive(invite)
  s.receive(invite)
  assert.deepEqual(s.statuses(), [180, 180, 180])
  assert.equal(s.heard.requests.length, 1)
})

conformance(
  'RFC 3261 §17.2.1',
  'Timer G and Timer I over UDP',
  'the failure is repeated until the ACK, then ACKs are absorbed',
  () => {
    const s = scenario()
    const invite = request({ branch: 'z9hG4bK-g' })
    const transaction = s.arrive(invite)
    assert.equal(transaction.respond(answer(transaction, 486)), true)
    s.clock.advance(499)
    assert.deepEqual(s.statuses(), [486])
    s.clock.advance(1)
    assert.deepEqual(s.statuses(), [486])
    s.clock.advance(1_000)
    s.clock.advance(2_000)
    s.clock.advance(4_000)
    s.clock.advance(4_000)
    assert.deepEqual(s.statuses(), [486, 486, 486, 486])
    s.receive(request({ method: 'ACK', branch: 'z9hG4bK-g', toTag: 'bob-tag' }))
    assert.deepEqual(s.heard.acks, [], 'the ACK for a failure is not for the user')
    s.clock.advance(4_999)
    s.receive(request({ method: 'ACK', branch: 'z9hG4bK-g', toTag: 'bob-tag' }))
    assert.deepEqual(s.statuses(), [])
    assert.equal(s.layer.size, 1)
    s.clock.advance(1)
    assertNothingLeft(s)
  },
)

conformance('RFC 3261 §17.2.1', 'INVITE again in completed', 'the failure again', () => {
  const s = scenario()
  const invite = request()
  const transaction = s.arrive(invite)
  transaction.respond(answer(transaction, 404))
  s.receive(invite)
  assert.deepEqual(s.statuses(), [404, 404])
})

conformance('RFC 3261 §17.2.1', 'Timer H', 'no ACK within 64*T1 is told to the user', () => {
  for (const flow of [fakeFlow('UDP'), fakeFlow('TLS')]) {
    const s = scenario({ flow })
    const transaction = s.arrive(request())
    transaction.respond(answer(transaction, 603))
    s.clock.advance(31_999)
    assert.deepEqual(s.heard.failures, [])
    s.clock.advance(1)
    assert.deepEqual(s.heard.failures, [{ transaction, reason: 'no-ack' }])
    const repeats = flow.reliable ? 1 : 11
    assert.equal(s.statuses().length, repeats, 'over TLS nothing is repeated')
    assertNothingLeft(s)
  }
})

conformance('RFC 3261 §17.2.1', 'a second final response', 'one final response only', () => {
  const s = scenario()
  const transaction = s.arrive(request())
  assert.equal(transaction.answerable, true)
  assert.equal(transaction.respond(answer(transaction, 486)), true)
  assert.equal(transaction.answerable, false)
  assert.equal(transaction.respond(answer(transaction, 180)), false)
  assert.equal(transaction.respond(answer(transaction, 200)), false)
  assert.deepEqual(s.statuses(), [486])
})

conformance(
  'RFC 6026 §7.1',
  'accepted state of the server',
  'INVITE absorbed, 2xx carried again, ACK to the user, Timer L ends it',
  () => {
    const s = scenario()
    const invite = request({ branch: 'z9hG4bK-l' })
    const transaction = s.arrive(invite)
    const ok = answer(transaction, 200)
    assert.equal(transaction.respond(ok), true)
    s.receive(invite)
    assert.deepEqual(s.statuses(), [200], 'the user repeats its 2xx, not the transaction')
    assert.equal(transaction.respond(ok), true)
    assert.equal(transaction.respond(answer(transaction, 500)), false)
    assert.deepEqual(s.statuses(), [200])
    s.receive(request({ method: 'ACK', branch: 'z9hG4bK-ack', toTag: 'bob-tag' }))
    s.receive(request({ method: 'ACK', branch: 'z9hG4bK-l', toTag: 'bob-tag' }))
    assert.equal(s.heard.acks.length, 2, 'with a branch of its own, and with the INVITE’s')
    s.clock.advance(31_999)
    assert.equal(s.layer.size, 1)
    s.clock.advance(1)
    assertNothingLeft(s)
  },
)

conformance('RFC 3261 §17.2.3', 'an ACK that matches nothing', 'it goes to the user', () => {
  const s = scenario()
  s.receive(request({ method: 'ACK', toTag: 'bob-tag' }))
  assert.equal(s.heard.acks.length, 1)
  assert.deepEqual(s.statuses(), [])
  assertNothingLeft(s)
})

test('abandon: no answer at all, no 100 Trying, nothing kept', () => {
  for (const method of ['INVITE', 'MESSAGE']) {
    const s = scenario({ onRequest: (_request, transaction) => transaction.abandon() })
    s.receive(request({ method }))
    s.clock.advance(60_000)
    assert.deepEqual(s.statuses(), [])
    assert.equal(s.heard.requests[0]!.respond(answer(s.heard.requests[0]!, 200)), false)
    assertNothingLeft(s)
  }
})

// --- non-INVITE server (§17.2.2, RFC 4320) ---------------------------------------------------------------------------

conformance('RFC 3261 §17.2.2', 'Timer J over UDP', 'the answer again for 64*T1, then it is a new request', () => {
  const s = scenario({ onRequest: (_request, transaction) => transaction.respond(answer(transaction, 200)) })
  const options = request({ method: 'OPTIONS' })
  s.receive(options)
  s.clock.advance(31_999)
  s.receive(options)
  assert.deepEqual(s.statuses(), [200, 200])
  assert.equal(s.heard.requests.length, 1)
  s.clock.advance(1)
  s.receive(options)
  assert.equal(s.heard.requests.length, 2)
  s.clock.advance(40_000)
  assertNothingLeft(s)
})

conformance('RFC 3261 §17.2.2', 'Timer J over TLS', 'zero seconds', () => {
  const s = scenario({
    flow: fakeFlow('TLS'),
    onRequest: (_request, transaction) => transaction.respond(answer(transaction, 200)),
  })
  s.receive(request({ method: 'OPTIONS' }))
  assertNothingLeft(s)
})

conformance('RFC 3261 §17.2.2', 'the request again in trying', 'discarded', () => {
  const s = scenario()
  const options = request({ method: 'OPTIONS' })
  s.arrive(options)
  s.receive(options)
  assert.deepEqual(s.statuses(), [])
  assert.equal(s.heard.requests.length, 1)
})

conformance(
  'RFC 4320 §4.1',
  'a request that waits',
  '100 only when Timer E has reached T2, no other provisional',
  () => {
    const s = scenario()
    const transaction = s.arrive(request({ method: 'MESSAGE' }))
    assert.equal(transaction.respond(answer(transaction, 180)), false)
    s.clock.advance(3_499)
    assert.deepEqual(s.statuses(), [])
    s.clock.advance(1)
    assert.deepEqual(s.statuses(), [100])
    assert.equal(transaction.respond(answer(transaction, 202)), true)
    assert.deepEqual(s.statuses(), [202])
  },
)

conformance(
  'RFC 4320 §4.2',
  'a request that is not answered in time',
  'no 408, and nothing after the sender has given up',
  () => {
    const s = scenario()
    const timedOut = s.arrive(request({ method: 'MESSAGE' }))
    assert.equal(timedOut.respond(answer(timedOut, 408)), false)
    assert.equal(timedOut.answerable, false)
    const late = s.arrive(request({ method: 'MESSAGE', callId: 'late' }))
    s.clock.advance(32_000)
    assert.equal(late.answerable, false)
    assert.equal(late.respond(answer(late, 200)), false)
    assert.deepEqual(s.statuses(), [100])
    assertNothingLeft(s)
  },
)

// --- CANCEL as server (§9.2) -----------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §9.2',
  'CANCEL of a ringing INVITE',
  '200 with the To tag of the INVITE’s responses, 487 for the INVITE',
  () => {
    const s = scenario()
    const transaction = s.arrive(request({ branch: 'z9hG4bK-c' }))
    transaction.respond(answer(transaction, 180))
    s.transport.take()
    const cancel = request({ method: 'CANCEL', branch: 'z9hG4bK-c' })
    s.receive(cancel)
    const [response] = s.transport.takeResponses()
    assert.equal(response?.status, 200)
    assert.equal(response?.cseq.method, 'CANCEL')
    assert.equal(response?.toTag, 'bob-tag')
    assert.equal(s.heard.cancels.length, 1)
    assert.equal(s.heard.cancels[0]!.invite, transaction)
    s.receive(cancel)
    assert.deepEqual(s.statuses(), [200], 'a retransmitted CANCEL gets its 200 again')
    assert.equal(s.heard.cancels.length, 1)
    assert.equal(transaction.respond(answer(transaction, 487)), true)
  },
)

conformance('RFC 3261 §9.2', 'CANCEL before any provisional response', '200', () => {
  const s = scenario()
  s.arrive(request({ branch: 'z9hG4bK-c' }))
  s.receive(request({ method: 'CANCEL', branch: 'z9hG4bK-c' }))
  assert.deepEqual(s.statuses(), [200])
  assert.equal(s.heard.cancels.length, 1)
})

conformance('RFC 3261 §9.2', 'CANCEL after the final response', '200, and no effect', () => {
  for (const status of [200, 486]) {
    const s = scenario()
    const transaction = s.arrive(request({ branch: 'z9hG4bK-c' }))
    transaction.respond(answer(transaction, status))
    s.transport.take()
    s.receive(request({ method: 'CANCEL', branch: 'z9hG4bK-c' }))
    assert.deepEqual(s.statuses(), [200])
    assert.deepEqual(s.heard.cancels, [])
  }
})

conformance('RFC 3261 §9.2', 'CANCEL that matches nothing', '481', () => {
  const s = scenario()
  s.receive(request({ method: 'CANCEL', branch: 'z9hG4bK-none' }))
  assert.deepEqual(s.statuses(), [481])
  s.clock.advance(33_000)
  assertNothingLeft(s)
})

test('CANCEL and ACK from another address do not touch the INVITE', () => {
  const s = scenario()
  const transaction = s.arrive(request({ branch: 'z9hG4bK-c' }))
  const stranger = fakeFlow('UDP', '203.0.113.66')
  s.receive(request({ method: 'CANCEL', branch: 'z9hG4bK-c' }), stranger)
  assert.deepEqual(s.statuses(), [481])
  assert.deepEqual(s.heard.cancels, [])
  assert.equal(transaction.answerable, true)
})

// --- matching (§17.2.3, §8.2.2.2) ------------------------------------------------------------------------------------

conformance('RFC 3261 §17.2.3', 'the same branch, another sent-by or method', 'another transaction', () => {
  const s = scenario()
  s.arrive(request({ method: 'OPTIONS', branch: 'z9hG4bK-same', callId: 'a' }))
  s.arrive(request({ method: 'OPTIONS', callId: 'b', via: 'SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bK-same' }))
  s.arrive(request({ method: 'MESSAGE', branch: 'z9hG4bK-same', callId: 'c' }))
  assert.equal(s.heard.requests.length, 3)
  assert.equal(new Set(s.heard.requests.map(({ id }) => id)).size, 3)
})

conformance('RFC 3261 §17.2.3', 'no branch, or one without the cookie', 'matched as RFC 2543 did', () => {
  for (const branch of [undefined, '1', 'z9hG4bK']) {
    const s = scenario()
    const invite = request({ branch, callId: 'old' })
    const transaction = s.arrive(invite)
    s.receive(invite)
    assert.equal(s.heard.requests.length, 1, 'the retransmission is absorbed')
    s.arrive(request({ branch, callId: 'old', cseq: 2 }))
    transaction.respond(answer(transaction, 486))
    s.transport.take()
    s.receive(request({ method: 'ACK', branch, callId: 'old', toTag: 'another' }))
    assert.equal(s.heard.acks.length, 1, 'its To tag is not that of the response')
    s.receive(request({ method: 'ACK', branch, callId: 'old', toTag: 'bob-tag' }))
    assert.equal(s.heard.acks.length, 1)
    s.clock.advance(5_000)
    assert.deepEqual(s.statuses(), [100], 'no retransmission after the ACK; the second INVITE still waits')
  }
})

conformance('RFC 3261 §17.2.3', 'CANCEL of an RFC 2543 client', 'it finds its INVITE', () => {
  const s = scenario()
  const transaction = s.arrive(request({ branch: undefined, callId: 'old' }))
  s.receive(request({ method: 'CANCEL', branch: undefined, callId: 'old' }))
  assert.equal(s.heard.cancels[0]?.invite, transaction)
})

conformance('RFC 3261 §8.2.2.2', 'a request that comes by two ways', '482 for the second, its ACK is absorbed', () => {
  const refused: string[] = []
  const s = scenario({ observer: { requestRefused: (_request, _flow, reason) => void refused.push(reason) } })
  s.arrive(request({ branch: 'z9hG4bK-way-1' }))
  s.receive(request({ branch: 'z9hG4bK-way-2' }))
  assert.deepEqual(s.statuses(), [482])
  assert.deepEqual(refused, ['merged'])
  assert.equal(s.heard.requests.length, 1)
  s.receive(request({ method: 'ACK', branch: 'z9hG4bK-way-2', toTag: 'x' }))
  assert.deepEqual(s.heard.acks, [])
})

conformance('RFC 3261 §8.2.2.2', 'in a dialog, another CSeq, after the first has gone', 'not merged', () => {
  const s = scenario()
  const first = s.arrive(request({ method: 'MESSAGE' }))
  s.arrive(request({ method: 'MESSAGE', cseq: 2 }))
  s.arrive(request({ method: 'MESSAGE', toTag: 'bob-tag' }))
  s.arrive(request({ method: 'MESSAGE', toTag: 'bob-tag' }))
  first.respond(answer(first, 200))
  s.clock.advance(33_000)
  s.arrive(request({ method: 'MESSAGE' }))
  assert.equal(s.heard.requests.length, 5)
})

test('a challenged request may come again with its old CSeq: many phones do not count up', () => {
  for (const status of [401, 407]) {
    const s = scenario({ onRequest: (_request, transaction) => transaction.respond(answer(transaction, status)) })
    s.arrive(request({ method: 'REGISTER' }))
    s.arrive(request({ method: 'REGISTER' }))
    assert.deepEqual(s.statuses(), [status, status])
  }
})

// --- transport failures as server (§17.2.4, §18.2.2) -------------------------------------------------------------------

conformance('RFC 3261 §17.2.4', 'the connection of a ringing caller closes', 'the user is told', () => {
  const flow = fakeFlow('TLS')
  const s = scenario({ flow })
  const transaction = s.arrive(request())
  s.transport.closeFlow(flow)
  assert.deepEqual(s.heard.failures, [{ transaction, reason: 'transport' }])
  assert.equal(transaction.answerable, false)
  assertNothingLeft(s)
})

test('the connection of an answered caller closes: the call may live on', () => {
  const flow = fakeFlow('TLS')
  const s = scenario({ flow })
  const transaction = s.arrive(request())
  transaction.respond(answer(transaction, 200))
  s.transport.closeFlow(flow)
  assert.deepEqual(s.heard.failures, [])
  s.clock.advance(32_000)
  assertNothingLeft(s)
})

conformance(
  'RFC 3261 §18.2.2',
  'the connection of a proxy closed',
  'a new one to the source address at the port of its Via',
  async () => {
    const flow = fakeFlow('TCP', '192.0.2.20')
    const s = scenario({ flow })
    const via = 'SIP/2.0/TCP proxy.example.com:5080;branch=z9hG4bK-p, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-q'
    const transaction = s.arrive(request({ via }))
    s.transport.closeFlow(flow)
    assert.deepEqual(s.heard.failures, [])
    transaction.respond(answer(transaction, 486))
    await settle()
    assert.deepEqual(s.transport.connected, ['TCP 192.0.2.20:5080'])
    assert.deepEqual(s.statuses(), [486])
    s.receive(request({ method: 'ACK', via, toTag: 'bob-tag' }), transaction.flow)
    assertNothingLeft(s)
  },
)

test('§18.2.2: and when it cannot be reached the user is told', async () => {
  const flow = fakeFlow('TCP', '192.0.2.20')
  const s = scenario({ flow })
  s.transport.unreachable.add('192.0.2.20')
  const via = 'SIP/2.0/TCP 192.0.2.20:5080;branch=z9hG4bK-p, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-q'
  const transaction = s.arrive(request({ via }))
  s.transport.closeFlow(flow)
  transaction.respond(answer(transaction, 200))
  await settle()
  assert.deepEqual(s.heard.failures, [{ transaction, reason: 'transport' }])
})

// --- INVITE client (§17.1.1) -------------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §17.1.1.2',
  'Timer A and Timer B over UDP',
  'INVITE repeated at T1, 3*T1, 7*T1 …, given up after 64*T1',
  () => {
    const s = scenario()
    const user = clientUser()
    const transaction = s.layer.send(ownRequest(), s.flow, user)
    const times: number[] = []
    for (let elapsed = 0; elapsed <= 32_500; elapsed += 500) {
      if (s.transport.take().length > 0) times.push(elapsed)
      s.clock.advance(500)
    }
    assert.deepEqual(times, [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500])
    assert.deepEqual(user.log, ['timeout'])
    assert.equal(transaction.done, true)
    assertNothingLeft(s)
  },
)

conformance('RFC 3261 §17.1.1.2', 'Timer A over TLS', 'not started', () => {
  const s = scenario({ flow: fakeFlow('TLS') })
  const user = clientUser()
  s.layer.send(ownRequest(), s.flow, user)
  s.clock.advance(32_000)
  assert.equal(s.transport.take().length, 1)
  assert.deepEqual(user.log, ['timeout'])
})

conformance('RFC 3261 §8.1.1.7', 'our Via', 'transport, sent-by, a unique branch with the cookie, rport', () => {
  const s = scenario({ sentBy: () => ({ host: '2001:db8::1', port: 5061 }), flow: fakeFlow('TLS') })
  s.layer.send(ownRequest(), s.flow, clientUser())
  s.layer.send(ownRequest({ method: 'BYE' }), s.flow, clientUser())
  const [invite, bye] = s.transport.takeRequests()
  assert.equal(invite!.topmostVia.transport, 'TLS')
  assert.equal(invite!.topmostVia.host, '2001:db8::1')
  assert.equal(invite!.topmostVia.port, 5061)
  assert.equal(invite!.topmostVia.rport, null)
  assert.match(invite!.topmostVia.branch!, /^z9hG4bK[\w-]{16}$/)
  assert.notEqual(invite!.topmostVia.branch, bye!.topmostVia.branch)
})

conformance('RFC 3261 §17.1.1.2', 'a provisional response', 'no repetition any more; it may ring for ever', () => {
  const s = scenario()
  const user = clientUser()
  s.layer.send(ownRequest(), s.flow, user)
  const [invite] = s.transport.takeRequests()
  s.receive(reply(invite!, 100))
  s.receive(reply(invite!, 180))
  s.clock.advance(600_000)
  assert.equal(s.transport.take().length, 0)
  assert.deepEqual(user.log, ['100', '180'])
  assert.equal(s.layer.size, 1)
})

conformance(
  'RFC 3261 §17.1.1.3',
  'ACK for a failure',
  'branch, Request-URI, Route, CSeq number of the INVITE; again for each repeat',
  () => {
    const s = scenario()
    const user = clientUser()
    s.layer.send(ownRequest({ headers: [['Route', '<sip:proxy.example.com;lr>']] }), s.flow, user)
    const [invite] = s.transport.takeRequests()
    const busy = reply(invite!, 486)
    s.receive(busy)
    s.receive(busy)
    const acks = s.transport.takeRequests()
    assert.equal(acks.length, 2)
    const [ack] = acks
    assert.equal(ack!.method, 'ACK')
    assert.equal(ack!.requestUriText, invite!.requestUriText)
    assert.equal(ack!.topmostVia.branch, invite!.topmostVia.branch)
    assert.equal(ack!.vias.length, 1)
    assert.deepEqual([ack!.cseq.number, ack!.cseq.method], [7, 'ACK'])
    assert.equal(ack!.toTag, 'peer-tag')
    assert.equal(ack!.header('Route'), '<sip:proxy.example.com;lr>')
    assert.equal(ack!.callId, invite!.callId)
    assert.deepEqual(user.log, ['486'], 'the repeat is not passed up')
    s.clock.advance(31_999)
    assert.equal(s.layer.size, 1, 'Timer D is at least 32 s')
    s.clock.advance(1)
    assertNothingLeft(s)
  },
)

conformance('RFC 6026 §7.2', 'accepted state of the client', 'each 2xx reaches the user until Timer M', () => {
  const s = scenario()
  const user = clientUser()
  s.layer.send(ownRequest(), s.flow, user)
  const [invite] = s.transport.takeRequests()
  s.receive(reply(invite!, 200, 'fork-1'))
  s.receive(reply(invite!, 200, 'fork-2'))
  s.receive(reply(invite!, 200, 'fork-1'))
  s.receive(reply(invite!, 180, 'fork-3'))
  s.receive(reply(invite!, 486, 'fork-4'))
  assert.deepEqual(
    user.finals.map(response => response.toTag),
    ['fork-1', 'fork-2', 'fork-1'],
  )
  assert.deepEqual(s.transport.takeRequests(), [], 'the ACK of a 2xx is not the transaction’s')
  s.clock.advance(32_000)
  assertNothingLeft(s)
  s.receive(reply(invite!, 200, 'fork-5'))
  assert.deepEqual(
    s.heard.strays.map(response => response.toTag),
    ['fork-5'],
  )
})

conformance(
  'RFC 6026 §8.9',
  'a response that matches no transaction',
  'dropped, but for a 2xx to INVITE, which a B2BUA acknowledges',
  () => {
    const s = scenario()
    s.layer.send(ownRequest({ method: 'OPTIONS' }), s.flow, clientUser()).abandon()
    const [options] = s.transport.takeRequests()
    s.receive(reply(options!, 200))
    s.layer.send(ownRequest(), s.flow, clientUser()).abandon()
    const [invite] = s.transport.takeRequests()
    for (const status of [100, 180, 302, 486, 503]) s.receive(reply(invite!, status))
    assert.deepEqual(s.heard.strays, [])
    assertNothingLeft(s)
  },
)

conformance('RFC 3261 §17.1.3', 'our branch, another method in CSeq', 'the response belongs to nobody', () => {
  const s = scenario()
  const user = clientUser()
  s.layer.send(ownRequest({ method: 'OPTIONS' }), s.flow, user)
  const [options] = s.transport.takeRequests()
  s.receive(reply(request({ method: 'MESSAGE', via: options!.header('Via')! }), 200))
  assert.deepEqual(user.log, [])
})

// --- non-INVITE client (§17.1.2) -----------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §17.1.2.2',
  'Timer E and Timer F',
  'repeated at T1 doubling to T2, every T2 in proceeding, until 64*T1',
  () => {
    const s = scenario()
    const user = clientUser()
    s.layer.send(ownRequest({ method: 'OPTIONS' }), s.flow, user)
    const [sent] = s.transport.takeRequests()
    const times: number[] = []
    for (let elapsed = 500; elapsed <= 32_000; elapsed += 500) {
      s.clock.advance(500)
      if (s.transport.take().length > 0) times.push(elapsed)
      if (elapsed === 8_000) s.receive(reply(sent!, 100))
    }
    assert.deepEqual(times, [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
    assert.deepEqual(user.log, ['100', 'timeout'])
    assertNothingLeft(s)
  },
)

conformance('RFC 3261 §17.1.2.2', 'Timer K', 'repeats are absorbed over UDP; zero over TLS', () => {
  for (const flow of [fakeFlow('UDP'), fakeFlow('TLS')]) {
    const s = scenario({ flow })
    const user = clientUser()
    s.layer.send(ownRequest({ method: 'OPTIONS' }), flow, user)
    const [sent] = s.transport.takeRequests()
    s.receive(reply(sent!, 200))
    s.receive(reply(sent!, 200))
    assert.deepEqual(user.log, ['200'])
    assert.equal(s.layer.size, flow.reliable ? 0 : 1)
    s.clock.advance(5_000)
    assertNothingLeft(s)
  }
})

// --- CANCEL as client (§9.1) -----------------------------------------------------------------------------------------------

conformance('RFC 3261 §9.1', 'we cancel before any provisional response', 'CANCEL waits for one', () => {
  const s = scenario()
  const user = clientUser()
  const transaction = s.layer.send(ownRequest(), s.flow, user)
  const [invite] = s.transport.takeRequests()
  transaction.cancel([['Reason', 'SIP ;cause=200 ;text="Call completed elsewhere"']])
  transaction.cancel()
  assert.deepEqual(s.transport.takeRequests(), [])
  s.receive(reply(invite!, 100))
  const [cancel, ...more] = s.transport.takeRequests()
  assert.deepEqual(more, [])
  assert.equal(cancel!.method, 'CANCEL')
  assert.equal(cancel!.topmostVia.branch, invite!.topmostVia.branch)
  assert.deepEqual([cancel!.cseq.number, cancel!.toTag], [7, undefined])
  assert.match(cancel!.header('Reason')!, /cause=200/)
  s.receive(reply(cancel!, 200))
  s.receive(reply(invite!, 487))
  assert.deepEqual(user.log, ['100', '487'])
  assert.equal(
    s.layer.footprint.timers,
    2,
    'Timer D of the INVITE and Timer K of the CANCEL, no deadline of the cancellation',
  )
  s.clock.advance(64_000)
  assertNothingLeft(s)
})

conformance('RFC 3261 §9.1', 'CANCEL crosses the 200', 'the 200 stands: ACK and BYE', () => {
  const s = scenario()
  const user = clientUser()
  const transaction = s.layer.send(ownRequest(), s.flow, user)
  const [invite] = s.transport.takeRequests()
  s.receive(reply(invite!, 180))
  transaction.cancel()
  s.receive(reply(invite!, 200))
  assert.deepEqual(user.log, ['180', '200'])
  const [cancel] = s.transport.takeRequests()
  s.receive(reply(cancel!, 481))
  assert.deepEqual(user.log, ['180', '200'])
  s.clock.advance(64_000)
  assertNothingLeft(s)
})

conformance('RFC 3261 §9.1', 'we cancel after the final response', 'nothing is sent', () => {
  const s = scenario()
  const transaction = s.layer.send(ownRequest(), s.flow, clientUser())
  const [invite] = s.transport.takeRequests()
  s.receive(reply(invite!, 486))
  s.transport.take()
  transaction.cancel()
  s.clock.advance(100)
  assert.deepEqual(s.transport.takeRequests(), [])
})

conformance('RFC 3261 §9.1', 'no final response after CANCEL', 'given up after 64*T1', () => {
  const s = scenario()
  const user = clientUser()
  const transaction = s.layer.send(ownRequest(), s.flow, user)
  const [invite] = s.transport.takeRequests()
  s.receive(reply(invite!, 180))
  transaction.cancel()
  s.clock.advance(31_999)
  assert.deepEqual(user.log, ['180'])
  s.clock.advance(1)
  assert.deepEqual(user.log, ['180', 'timeout'])
  s.clock.advance(32_000)
  assertNothingLeft(s)
})

test('cancelled before it was sent: nothing is sent, the user hears 487', async () => {
  const s = scenario()
  const user = clientUser()
  s.layer.send(ownRequest(), [target('192.0.2.30')], user).cancel()
  await settle()
  assert.deepEqual(user.log, ['487'])
  assert.deepEqual(s.transport.take(), [])
  assertNothingLeft(s)
})

// --- several targets (RFC 3263 §4.3) and failing flows (§8.1.3.1) --------------------------------------------------------

conformance('RFC 3261 §8.1.2', 'several targets', 'tried in order, each with a new branch', async () => {
  const s = scenario()
  s.transport.unreachable.add('192.0.2.31')
  const user = clientUser()
  const targets = ['192.0.2.31', '192.0.2.32', '192.0.2.33', '192.0.2.34'].map(address => target(address))
  const transaction = s.layer.send(ownRequest(), targets, user)
  await settle()
  const [second] = s.transport.takeRequests()
  s.receive(reply(second!, 503))
  await settle()
  const afterRefusal = s.transport.takeRequests()
  assert.deepEqual(
    afterRefusal.map(({ method }) => method),
    ['ACK', 'INVITE'],
  )
  s.clock.advance(32_000)
  await settle()
  const [fourth] = s.transport.takeRequests()
  s.receive(reply(fourth!, 180))
  s.receive(reply(fourth!, 200))
  assert.deepEqual(user.log, ['180', '200'])
  assert.deepEqual(
    s.transport.connected,
    targets.map(({ address }) => `TLS ${address}:5061`),
  )
  const branches = [second, afterRefusal[1], fourth].map(sent => sent!.topmostVia.branch)
  assert.equal(new Set(branches).size, 3)
  assert.equal(transaction.flow?.remoteAddress, '192.0.2.34')
})

test('the last target’s 503 is the answer; nothing reachable is an error; no target is one too', async () => {
  const s = scenario()
  s.transport.unreachable.add('192.0.2.31')
  const last = clientUser()
  s.layer.send(ownRequest({ method: 'OPTIONS' }), [target('192.0.2.31'), target('192.0.2.32')], last)
  await settle()
  s.receive(reply(s.transport.takeRequests()[0]!, 503))
  assert.deepEqual(last.log, ['503'])
  const unreachable = clientUser()
  s.layer.send(ownRequest(), [target('192.0.2.31')], unreachable)
  const nowhere = clientUser()
  s.layer.send(ownRequest(), [], nowhere)
  assert.deepEqual(nowhere.log, [], 'never before send returned')
  await settle()
  assert.deepEqual([unreachable.log, nowhere.log], [['error'], ['error']])
  assert.equal((unreachable.errors[0] as TransactionError).code, 'TRANSACTION_UNREACHABLE')
  assert.equal((nowhere.errors[0] as TransactionError).code, 'TRANSACTION_NO_TARGET')
  assertNothingLeft(s)
})

test('a cancelled INVITE is not tried elsewhere', async () => {
  const s = scenario()
  const user = clientUser()
  const transaction = s.layer.send(ownRequest(), [target('192.0.2.31'), target('192.0.2.32')], user)
  await settle()
  const [invite] = s.transport.takeRequests()
  transaction.cancel()
  s.receive(reply(invite!, 503))
  await settle()
  assert.deepEqual(user.log, ['503'])
  assert.equal(s.transport.connected.length, 1)
})

conformance('RFC 3261 §17.1.4', 'the connection closes', 'its transactions fail, no others', async () => {
  const flow = fakeFlow('TLS')
  const s = scenario()
  const lost = clientUser()
  const kept = clientUser()
  s.layer.send(ownRequest(), flow, lost)
  s.layer.send(ownRequest({ method: 'OPTIONS' }), fakeFlow('TLS'), kept)
  s.transport.closeFlow(flow)
  assert.deepEqual([lost.log, kept.log], [['error'], []])
  const closed = clientUser()
  s.layer.send(ownRequest(), flow, closed)
  await settle()
  assert.deepEqual(closed.log, ['error'])
})

conformance('RFC 3261 §18.1.1', 'a request above 1,300 octets', 'a congestion-controlled transport first', async () => {
  const s = scenario()
  const large = ownRequest({ method: 'MESSAGE', headers: [['Subject', 'x'.repeat(1_200)]] })
  s.layer.send(large, [target('192.0.2.31', 'UDP')], clientUser())
  s.layer.send(ownRequest({ method: 'MESSAGE' }), [target('192.0.2.32', 'UDP')], clientUser())
  await settle()
  assert.deepEqual(s.transport.connected, ['TCP 192.0.2.31:5061', 'UDP 192.0.2.32:5061'])
})

// --- overload, limits, loops -------------------------------------------------------------------------------------------------

test('above the limit: 503 with a spread Retry-After and no state; requests in a dialog, ACK and CANCEL still pass', () => {
  const s = scenario({ limits: { maximumTransactions: 4 } })
  for (let i = 0; i < 4; i++) s.arrive(request({ callId: `c${i}`, branch: `z9hG4bK-${i}` }))
  const after = new Set<string | undefined>()
  for (let i = 0; i < 60; i++) s.receive(request({ callId: `new${i}` }))
  for (const response of s.transport.takeResponses()) {
    assert.equal(response.status, 503)
    after.add(response.header('Retry-After'))
  }
  assert.ok(after.size > 3, 'the refused come back at different times')
  assert.equal(s.layer.size, 4)
  s.arrive(request({ method: 'BYE', callId: 'dialog', toTag: 'x' }))
  s.receive(request({ method: 'BYE', callId: 'dialog-2', toTag: 'x' }))
  assert.deepEqual(s.statuses(), [503], 'these have a bound, too: a quarter more')
  s.receive(request({ method: 'ACK', toTag: 'x' }))
  s.receive(request({ method: 'CANCEL', callId: 'c1', branch: 'z9hG4bK-1' }))
  assert.equal(s.heard.acks.length, 1)
  assert.equal(s.heard.cancels.length, 1)
})

test('above the limit our own requests fail with an error; `overloaded` refuses strangers only', async () => {
  let overloaded = true
  const s = scenario({ limits: { maximumTransactions: 1 }, overloaded: () => overloaded })
  s.receive(request())
  assert.deepEqual(s.statuses(), [503])
  s.arrive(request({ toTag: 'x' }))
  overloaded = false
  const user = clientUser()
  s.layer.send(ownRequest(), s.flow, user)
  await settle()
  assert.equal((user.errors[0] as TransactionError).code, 'TRANSACTION_LIMIT')
})

test('answered requests over UDP are bounded: the oldest is forgotten first', () => {
  const s = scenario({
    limits: { maximumCompleted: 10 },
    onRequest: (_request, transaction) => transaction.respond(answer(transaction, 200)),
  })
  const requests = Array.from({ length: 25 }, (_, i) => request({ method: 'OPTIONS', callId: `o${i}` }))
  for (const message of requests) s.receive(message)
  assert.equal(s.layer.size, 10)
  s.receive(requests[24]!)
  assert.equal(s.heard.requests.length, 25)
  s.receive(requests[0]!)
  assert.equal(s.heard.requests.length, 26)
  s.clock.advance(34_000)
  assertNothingLeft(s)
})

test('before there is a user, and after stop', async () => {
  const s = scenario()
  s.arrive(request())
  const user = clientUser()
  s.layer.send(ownRequest(), s.flow, user)
  s.layer.stop()
  s.layer.stop()
  assertNothingLeft(s)
  s.transport.take()
  s.receive(request({ callId: 'late' }))
  const late = clientUser()
  s.layer.send(ownRequest(), s.flow, late)
  await settle()
  assert.deepEqual(s.transport.take(), [])
  assert.equal((late.errors[0] as TransactionError).code, 'TRANSACTION_STOPPED')
  assert.deepEqual(user.log, [])
})

test('a user that throws: 500, reported, and the layer goes on', () => {
  const failures: unknown[] = []
  const s = scenario({
    observer: { userFailed: error => void failures.push(error) },
    onRequest: message => assert.notEqual(message.callId, 'poison'),
  })
  s.receive(request({ callId: 'poison' }))
  assert.deepEqual(s.statuses(), [500])
  assert.equal(failures.length, 1)
  const fine = s.arrive(request({ callId: 'fine' }))
  assert.equal(fine.answerable, true)
})

test('sendAck: a branch of its own, to a flow or to the first target that takes it', async () => {
  const s = scenario()
  const ack = ownRequest({ method: 'ACK', toTag: 'peer-tag' })
  s.layer.sendAck(ack, s.flow)
  s.transport.unreachable.add('192.0.2.31')
  s.layer.sendAck(ack, [target('192.0.2.31'), target('192.0.2.32')])
  await settle()
  const [first, second] = s.transport.takeRequests()
  assert.notEqual(first!.topmostVia.branch, second!.topmostVia.branch)
  assert.equal(second!.topmostVia.transport, 'TLS')
  assertNothingLeft(s)
})

conformance(
  'RFC 5393 §4.2.1',
  'a request passes here again',
  'loop when it would go the same way, spiral otherwise',
  () => {
    assert.deepEqual(nextMaxForwards(request()), { ok: true, value: 69 })
    const last = buildResponse(request(), 200)
    assert.equal(last.status, 200)
    const message = request({ callId: 'loop' })
    const digest = `d${loopKey(message).length}`
    const ours = (host: string): boolean => host === '192.0.2.1'
    const again = (branch: string) =>
      request({
        callId: 'loop',
        via: `SIP/2.0/TLS 192.0.2.40;branch=z9hG4bK-x, SIP/2.0/TLS 192.0.2.1;branch=${branch}, SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK-y`,
      })
    assert.equal(loopKey(again(`z9hG4bK-r.${digest}`)), loopKey(message))
    assert.equal(detectLoop(message, ours, digest), 'new')
    assert.equal(detectLoop(again(`z9hG4bK-r.${digest}`), ours, digest), 'loop')
    assert.equal(detectLoop(again('z9hG4bK-r.other'), ours, digest), 'spiral')
    assert.notEqual(loopKey(request({ callId: 'loop', uri: 'sip:carol@example.com' })), loopKey(message))
  },
)

test('10,000 of everything: no transaction, timer or alarm is left', () => {
  const s = scenario({
    onRequest(message, transaction) {
      transaction.respond(answer(transaction, message.method === 'INVITE' ? 486 : 200))
    },
  })
  const user = clientUser()
  for (let i = 0; i < 2_500; i++) {
    s.receive(request({ callId: `i${i}`, branch: `z9hG4bK-i${i}` }))
    s.receive(request({ method: 'ACK', callId: `i${i}`, branch: `z9hG4bK-i${i}`, toTag: 'bob-tag' }))
    s.receive(request({ method: 'MESSAGE', callId: `m${i}` }))
    s.layer.send(ownRequest({ method: 'OPTIONS' }), s.flow, user)
    s.receive(reply(s.transport.takeRequests()[0]!, 200))
  }
  assert.equal(s.layer.size, 7_500)
  assert.ok(s.clock.pendingCount <= 2)
  s.clock.advance(34_000)
  assertNothingLeft(s)
})
