/** RFC 3261 §12 and §13.3.1.4 by scenario; RFC 3262, RFC 3515, RFC 3891 as far as dialogs know them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { buildResponse, type HeaderPair } from '../../src/sip/message/build.ts'
import type { SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import { formatUri } from '../../src/sip/message/uri.ts'
import { acceptInvite } from '../../src/sip/dialog/accepted-invite.ts'
import { createUacDialog, createUasDialog, type Dialog } from '../../src/sip/dialog/dialog.ts'
import { dialogIdOfRequest, dialogIdOfResponse } from '../../src/sip/dialog/dialog-id.ts'
import { parseReferTo, referNotifyHeaders, referToOf, sipfragBody, sipfragStatus } from '../../src/sip/dialog/refer.ts'
import {
  createProvisionalReceiver,
  createReliableProvisionals,
  isReliable,
  parseRAck,
  rackFor,
} from '../../src/sip/dialog/reliable-provisional.ts'
import { formatReplaces, parseReplaces, replacesOf } from '../../src/sip/dialog/replaces.ts'
import { fakeFlow } from '../../src/sip/transport/fake-transport.ts'
import { answer, ownRequest, reparse, request, scenario } from './scenario.ts'
import { conformance } from './table/conformance.ts'

const localContact = '<sip:pbx@192.0.2.1:5061;transport=tls>'
const recordRoutes = (...values: string[]): HeaderPair[] => values.map(value => ['Record-Route', value] as const)

/** The two ends of one call, as its messages make them. */
function bothEnds(routes: string[] = []): { uac: Dialog; uas: Dialog; invite: SipRequest; ok: SipResponse } {
  const invite = request({ headers: recordRoutes(...routes) })
  const ok = reparse(buildResponse(invite, 200, undefined, { toTag: 'bob-tag', headers: [['Contact', localContact]] }))
  const uas = createUasDialog(invite, 'bob-tag', { localContact, flow: undefined })
  return { uac: createUacDialog(invite, ok), uas, invite, ok }
}

const uriText = (dialog: Dialog): string => formatUri(dialog.remoteTarget)

// --- creation (§12.1) ----------------------------------------------------------------------------------------------------

conformance('RFC 3261 §12.1', 'both ends of a call', 'the same dialog, mirrored', () => {
  const { uac, uas, invite, ok } = bothEnds()
  assert.equal(uac.callId, uas.callId)
  assert.deepEqual([uac.localTag, uac.remoteTag], ['alice-tag', 'bob-tag'])
  assert.deepEqual([uas.localTag, uas.remoteTag], ['bob-tag', 'alice-tag'])
  assert.deepEqual(
    [formatUri(uas.localUri), formatUri(uas.remoteUri)],
    ['sip:bob@example.com', 'sip:alice@example.com'],
  )
  assert.deepEqual(
    [formatUri(uac.localUri), formatUri(uac.remoteUri)],
    ['sip:alice@example.com', 'sip:bob@example.com'],
  )
  assert.equal(uriText(uas), 'sip:alice@192.0.2.10')
  assert.equal(uriText(uac), 'sip:pbx@192.0.2.1:5061;transport=tls')
  assert.deepEqual([uas.remoteSequence, uac.remoteSequence, uac.localSequence], [1, undefined, 1])
  assert.equal(dialogIdOfResponse(ok), uac.id)
  assert.equal(dialogIdOfRequest(reparse(uac.request('BYE'))), uas.id)
  assert.equal(dialogIdOfRequest(reparse(uas.request('BYE'))), uac.id)
  assert.equal(dialogIdOfRequest(invite), `${invite.callId};;alice-tag`)
})

conformance('RFC 3261 §12.1.2', 'route set', 'in order for the UAS, reversed for the UAC, parameters kept', () => {
  const { uac, uas } = bothEnds(['<sip:p2.example.com;lr;x=1>', '<sip:p1.example.com;lr>'])
  const routes = (dialog: Dialog): readonly string[] => dialog.request('OPTIONS').headerValues('Route')
  assert.deepEqual(routes(uas), ['<sip:p2.example.com;lr;x=1>', '<sip:p1.example.com;lr>'])
  assert.deepEqual(routes(uac), ['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr;x=1>'])
  assert.equal(uac.nextHop?.host, 'p1.example.com')
  assert.equal(bothEnds().uac.nextHop?.host, '192.0.2.1')
})

conformance('RFC 3261 §13.2.2.4', '2xx of an early dialog', 'route set and target are those of the 2xx', () => {
  const invite = ownRequest()
  const early = reparse(
    buildResponse(invite, 180, undefined, {
      toTag: 't',
      headers: [...recordRoutes('<sip:early.example.com;lr>'), ['Contact', '<sip:first@192.0.2.10>']],
    }),
  )
  const dialog = createUacDialog(invite, early)
  assert.equal(dialog.state, 'early')
  const ok = reparse(
    buildResponse(invite, 200, undefined, {
      toTag: 't',
      headers: [...recordRoutes('<sip:late.example.com;lr>'), ['Contact', '<sip:second@192.0.2.10>']],
    }),
  )
  dialog.confirm(ok)
  assert.equal(dialog.state, 'confirmed')
  assert.equal(dialog.request('BYE').header('Route'), '<sip:late.example.com;lr>')
  assert.equal(uriText(dialog), 'sip:second@192.0.2.10')
  dialog.terminate()
  dialog.confirm(ok)
  assert.equal(dialog.state, 'terminated')
})

conformance('RFC 3261 §12.1', 'responses with different To tags', 'each is a dialog', () => {
  const invite = ownRequest()
  const forks = ['a', 'b'].map(toTag =>
    createUacDialog(invite, reparse(buildResponse(invite, 180, undefined, { toTag }))),
  )
  assert.notEqual(forks[0]!.id, forks[1]!.id)
})

conformance('RFC 3261 §12.1.1', 'peers of RFC 2543 without tags', 'the tag is null', () => {
  const invite = request({ fromTag: undefined })
  const uas = createUasDialog(invite, 'bob-tag', { localContact, flow: undefined })
  assert.equal(uas.remoteTag, '')
  const own = ownRequest()
  const uac = createUacDialog(own, reparse(buildResponse(own, 200)))
  assert.equal(uac.remoteTag, '')
  assert.equal(uac.request('BYE').toTag, undefined)
})

test('without Contact requests go to the From URI, or to where the INVITE went', () => {
  const invite = ownRequest()
  const dialog = createUacDialog(invite, reparse(buildResponse(invite, 200, undefined, { toTag: 'x' })))
  assert.equal(uriText(dialog), 'sip:bob@192.0.2.10')
})

// --- requests (§12.2.1) -----------------------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §12.2.1.1',
  'a request in a dialog',
  'URIs and tags of the dialog, CSeq counts, Contact in target refreshes',
  () => {
    const { uas } = bothEnds()
    const first = reparse(uas.request('INVITE', { body: 'v=0\r\n', contentType: 'application/sdp' }))
    const second = reparse(uas.request('BYE', { headers: [['Reason', 'Q.850;cause=16']] }))
    assert.equal(first.requestUriText, 'sip:alice@192.0.2.10')
    assert.deepEqual([first.fromTag, first.toTag], ['bob-tag', 'alice-tag'])
    assert.deepEqual([first.callId, first.maxForwards], [uas.callId, 70])
    assert.equal(first.header('Contact'), localContact)
    assert.equal(first.contentType, 'application/sdp')
    assert.equal(Buffer.from(first.body).toString(), 'v=0\r\n')
    assert.equal(second.cseq.number, first.cseq.number + 1)
    assert.equal(second.header('Contact'), undefined)
    assert.equal(second.header('Reason'), 'Q.850;cause=16')
    const own = uas.request('UPDATE', { headers: [['Contact', '<sip:new@192.0.2.1>']] })
    assert.deepEqual(own.headerValues('Contact'), ['<sip:new@192.0.2.1>'])
  },
)

conformance(
  'RFC 3261 §12.2.1.1',
  'a strict router in the route set',
  'the first route becomes the Request-URI, the target ends the route set',
  () => {
    const { uas } = bothEnds(['<sip:strict.example.com;method=X?a=b>', '<sip:p1.example.com;lr>'])
    const bye = uas.request('BYE')
    assert.equal(bye.requestUriText, 'sip:strict.example.com')
    assert.deepEqual(bye.headerValues('Route'), ['<sip:p1.example.com;lr>', '<sip:alice@192.0.2.10>'])
    assert.equal(uas.nextHop?.host, 'strict.example.com')
  },
)

conformance(
  'RFC 3261 §13.2.2.4',
  'the ACK of a 2xx',
  'CSeq number of the INVITE; route and target of the dialog',
  () => {
    const { uac } = bothEnds(['<sip:p1.example.com;lr>'])
    const ack = reparse(uac.ack(1, { body: 'v=0\r\n', contentType: 'application/sdp' }))
    assert.deepEqual([ack.method, ack.cseq.number, ack.cseq.method], ['ACK', 1, 'ACK'])
    assert.equal(ack.requestUriText, 'sip:pbx@192.0.2.1:5061;transport=tls')
    assert.equal(ack.header('Route'), '<sip:p1.example.com;lr>')
    assert.deepEqual([ack.fromTag, ack.toTag], ['alice-tag', 'bob-tag'])
    assert.equal(uac.request('BYE').cseq.number, 2)
  },
)

// --- requests of the peer (§12.2.2) ---------------------------------------------------------------------------------------------

conformance('RFC 3261 §12.2.2', 'CSeq numbers of the peer', 'lower is out of order, gaps are fine', () => {
  const { uac, uas } = bothEnds()
  const peer = (method: string, cseq: number): SipRequest => request({ method, cseq, toTag: 'x' })
  assert.equal(uac.accept(peer('BYE', 500)), 'in-order', 'the first may be anything')
  assert.equal(uas.accept(peer('INFO', 5)), 'in-order')
  assert.equal(uas.accept(peer('INFO', 4)), 'out-of-order')
  assert.equal(uas.accept(peer('INFO', 5)), 'out-of-order')
  assert.equal(uas.accept(peer('ACK', 1)), 'in-order')
  assert.equal(uas.accept(peer('CANCEL', 1)), 'in-order')
  assert.equal(uas.remoteSequence, 5)
  assert.equal(uas.accept(peer('INFO', 900)), 'in-order')
})

conformance('RFC 3261 §12.2.2', 'target refresh', 'the Contact of a re-INVITE or its 2xx', () => {
  const { uas } = bothEnds()
  assert.equal(uas.updateTarget(request({ toTag: 'bob-tag' })), true)
  const moved = reparse(
    buildResponse(request(), 200, undefined, { headers: [['Contact', '<sip:alice@198.51.100.7:5062>']] }),
  )
  assert.equal(uas.updateTarget(moved), true)
  assert.equal(uriText(uas), 'sip:alice@198.51.100.7:5062')
  for (const contact of ['*', '<tel:+441632960000>']) {
    const other = reparse(buildResponse(request(), 200, undefined, { headers: [['Contact', contact]] }))
    assert.equal(uas.updateTarget(other), false)
  }
  assert.equal(uas.updateTarget(reparse(buildResponse(request(), 200))), false)
  assert.equal(uriText(uas), 'sip:alice@198.51.100.7:5062')
})

conformance('RFC 3261 §12.1.1', 'a sips request over TLS', 'the dialog is secure', () => {
  const invite = request({ uri: 'sips:bob@example.com', headers: [] })
  const secure = createUasDialog(invite, 't', { localContact, flow: fakeFlow('TLS') })
  assert.equal(secure.secure, true)
  assert.equal(secure.updateTarget(request()), false, 'a sip: Contact is refused')
  assert.equal(createUasDialog(invite, 't', { localContact, flow: fakeFlow('UDP') }).secure, false)
  assert.equal(createUasDialog(request(), 't', { localContact, flow: fakeFlow('TLS') }).secure, false)
})

// --- the 2xx and its ACK (§13.3.1.4) ----------------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §13.3.1.4',
  'the 2xx waits for its ACK',
  'repeated at T1 doubling to T2, over any transport',
  () => {
    const s = scenario({ flow: fakeFlow('TLS') })
    const transaction = s.arrive(request())
    let given = 0
    const accepted = acceptInvite({
      transaction,
      response: answer(transaction, 200),
      clock: s.clock,
      onNoAck: () => given++,
    })
    const times: number[] = []
    for (let elapsed = 0; elapsed <= 12_000; elapsed += 500) {
      if (s.statuses().length > 0) times.push(elapsed)
      s.clock.advance(500)
    }
    assert.deepEqual(times, [0, 500, 1_500, 3_500, 7_500, 11_500])
    accepted.onAck()
    accepted.onAck()
    assert.equal(accepted.acknowledged, true)
    s.clock.advance(60_000)
    assert.deepEqual(s.statuses(), [])
    assert.equal(given, 0)
    assert.equal(s.clock.pendingCount, 0)
  },
)

conformance('RFC 3261 §13.3.1.4', 'no ACK within 64*T1', 'the dialog is ended', () => {
  const s = scenario()
  const transaction = s.arrive(request())
  let given = 0
  const response = answer(transaction, 200)
  const accepted = acceptInvite({ transaction, response, clock: s.clock, onNoAck: () => given++ })
  s.clock.advance(31_999)
  assert.equal(given, 0)
  s.clock.advance(1)
  assert.equal(given, 1)
  assert.equal(accepted.acknowledged, false)
  s.clock.advance(60_000)
  assert.deepEqual([given, s.clock.pendingCount, s.layer.size], [1, 0, 0])
})

// --- reliable provisional responses (RFC 3262) ------------------------------------------------------------------------------------

function provisionals() {
  const clock = new ManualClock()
  const sent: SipResponse[] = []
  let failed = 0
  const sender = createReliableProvisionals({
    clock,
    send: response => void sent.push(reparse(response)),
    onNoPrack: () => failed++,
  })
  const invite = request({ headers: [['Supported', '100rel']] })
  const ringing = (status: number): SipResponse => buildResponse(invite, status, undefined, { toTag: 'bob-tag' })
  const prack = (rack: string): SipRequest => request({ method: 'PRACK', toTag: 'bob-tag', headers: [['RAck', rack]] })
  return { clock, sent, sender, ringing, prack, failures: () => failed }
}

test('RFC 3262 §3: RSeq and Require, repeated without bound T2 until PRACK, one at a time, counted up by one', () => {
  const { clock, sent, sender, ringing, prack } = provisionals()
  assert.equal(sender.send(ringing(180)), true)
  assert.equal(sender.send(ringing(183)), true)
  assert.equal(sender.settled, false)
  const times: number[] = []
  let seen = 1
  for (let elapsed = 500; elapsed <= 16_000; elapsed += 500) {
    clock.advance(500)
    if (sent.length > seen) times.push(elapsed)
    seen = sent.length
  }
  assert.deepEqual(times, [500, 1_500, 3_500, 7_500, 15_500])
  const [first] = sent
  assert.equal(isReliable(first!), true)
  assert.ok(
    sent.every(response => response.status === 180),
    'the 183 waits for the PRACK',
  )
  const rseq = Number(first!.header('RSeq'))
  assert.ok(rseq >= 1 && rseq < 2 ** 31)
  assert.equal(sender.onPrack(prack(`${rseq + 1} 1 INVITE`)), 'unknown')
  assert.equal(sender.onPrack(prack(`${rseq} 2 INVITE`)), 'unknown')
  assert.equal(sender.onPrack(prack('garbage')), 'unknown')
  assert.equal(sender.onPrack(prack(rackFor(first!))), 'matched')
  assert.equal(sender.onPrack(prack(rackFor(first!))), 'unknown', 'a PRACK counts once')
  const second = sent.at(-1)!
  assert.deepEqual([second.status, Number(second.header('RSeq'))], [183, rseq + 1])
  assert.equal(sender.onPrack(prack(rackFor(second))), 'matched')
  assert.equal(sender.settled, true)
  assert.equal(clock.pendingCount, 0)
})

test('RFC 3262 §3: no PRACK within 64*T1 is told; stop is silent; the queue is bounded', () => {
  const lost = provisionals()
  lost.sender.send(lost.ringing(183))
  lost.clock.advance(32_000)
  assert.equal(lost.failures(), 1)
  assert.equal(lost.clock.pendingCount, 0)
  const stopped = provisionals()
  stopped.sender.send(stopped.ringing(183))
  for (let i = 0; i < 16; i++) assert.equal(stopped.sender.send(stopped.ringing(183)), true)
  assert.equal(stopped.sender.send(stopped.ringing(183)), false)
  stopped.sender.stop()
  stopped.clock.advance(60_000)
  assert.deepEqual([stopped.failures(), stopped.sent.length, stopped.clock.pendingCount], [0, 1, 0])
})

test('RFC 3262 §4: the receiver keeps the order, and knows what needs no PRACK', () => {
  const response = (rseq: number | undefined, status = 183): SipResponse =>
    buildResponse(request(), status, undefined, {
      toTag: 'x',
      headers:
        rseq === undefined
          ? []
          : [
              ['Require', '100rel'],
              ['RSeq', String(rseq)],
            ],
    })
  const receiver = createProvisionalReceiver()
  const verdicts = [
    response(undefined),
    response(10),
    response(10),
    response(12),
    response(11),
    response(12),
    response(9),
  ]
  assert.deepEqual(
    verdicts.map(value => receiver.judge(value)),
    ['unreliable', 'deliver', 'retransmission', 'gap', 'deliver', 'deliver', 'retransmission'],
  )
  assert.equal(isReliable(response(1, 100)), false)
  assert.equal(isReliable(response(1, 200)), false)
  assert.deepEqual(parseRAck('776656 1 INVITE'), { rseq: 776656, cseq: 1, method: 'INVITE' })
  for (const text of ['', '1', '1 2', '0 1 INVITE', '99999999999 1 INVITE', '1 1 INVITE x', '-1 1 INVITE']) {
    assert.equal(parseRAck(text), undefined, text)
  }
})

// --- transfer headers (RFC 3515, RFC 3891) ------------------------------------------------------------------------------------------

test('Replaces (RFC 3891 §6): its examples, and what is malformed', () => {
  assert.deepEqual(parseReplaces('98732@sip.example.com\t;from-tag=r33th4x0r\t;to-tag=ff87ff'), {
    callId: '98732@sip.example.com',
    toTag: 'ff87ff',
    fromTag: 'r33th4x0r',
    earlyOnly: false,
  })
  assert.deepEqual(parseReplaces('12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only')?.earlyOnly, true)
  const bad = ['', 'abc', 'abc;to-tag=1', 'abc;from-tag=1', ';to-tag=1;from-tag=2', 'abc;to-tag=1;from-tag=2;to-tag=3']
  for (const text of bad) assert.equal(parseReplaces(text), undefined, text)
  const replaces = parseReplaces('a@b;to-tag=1;from-tag=2;early-only')!
  assert.deepEqual(parseReplaces(formatReplaces(replaces)), replaces)
  assert.equal(replacesOf(request()), 'none')
  assert.equal(replacesOf(request({ headers: [['Replaces', 'abc']] })), 'malformed')
  const twice: HeaderPair[] = [
    ['Replaces', 'a;to-tag=1;from-tag=2'],
    ['Replaces', 'b;to-tag=1;from-tag=2'],
  ]
  assert.equal(replacesOf(request({ headers: twice })), 'malformed')
})

test('Refer-To (RFC 3515 §2.1): blind, attended with escaped Replaces, another method, and refused ones', () => {
  const blind = parseReferTo('<sip:carol@example.com;transport=tls>')
  assert.deepEqual(
    [blind?.method, blind?.replaces, formatUri(blind!.uri)],
    ['INVITE', undefined, 'sip:carol@example.com;transport=tls'],
  )
  const attended = parseReferTo('<sip:carol@example.com?Replaces=12345%40192.0.2.10%3Bto-tag%3D12%3Bfrom-tag%3D5>')
  assert.equal(formatUri(attended!.uri), 'sip:carol@example.com')
  assert.deepEqual(attended!.replaces, { callId: '12345@192.0.2.10', toTag: '12', fromTag: '5', earlyOnly: false })
  assert.equal(parseReferTo('<sip:carol@example.com;method=BYE>')?.method, 'BYE')
  assert.equal(parseReferTo('<tel:+441632960000>')?.uri.kind, 'opaque')
  assert.equal(parseReferTo('<sip:carol@example.com?Replaces=nonsense>'), undefined)
  const replaces = 'Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2'
  assert.equal(parseReferTo(`<sip:carol@example.com?${replaces}>`)?.replaces?.callId, 'a')
  assert.equal(parseReferTo(`<sip:carol@example.com?${replaces}&${replaces}>`), undefined)
  assert.equal(parseReferTo('nonsense'), undefined)
  assert.equal(referToOf(request({ method: 'REFER' })), undefined)
  assert.equal(referToOf(request({ method: 'REFER', headers: [['Refer-To', '<sip:a@b>']] }))?.method, 'INVITE')
})

test('NOTIFY of a REFER (RFC 3515 §2.4.4): sipfrag status, subscription state', () => {
  assert.equal(sipfragBody(200, 'OK'), 'SIP/2.0 200 OK\r\n')
  assert.equal(sipfragStatus(Buffer.from(sipfragBody(603, 'De\r\nInjected: x'))), 603)
  assert.equal(sipfragBody(603, 'De\r\nInjected: x').split('\r\n').length, 2)
  for (const text of ['SIP/2.0 99 x', 'SIP/2.0 2000 OK', 'HTTP/1.1 200 OK', '']) {
    assert.equal(sipfragStatus(Buffer.from(text)), undefined, text)
  }
  assert.deepEqual(referNotifyHeaders({ kind: 'active', expires: 60 }, 93809823), [
    ['Event', 'refer;id=93809823'],
    ['Subscription-State', 'active;expires=60'],
  ])
  assert.deepEqual(referNotifyHeaders({ kind: 'terminated' })[1], [
    'Subscription-State',
    'terminated;reason=noresource',
  ])
})
