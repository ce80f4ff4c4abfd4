/** REFER (RFC 3515, RFC 4488, RFC 5589), over sockets against the running server, which carries transfers out itself. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { sipfragStatus } from '../../src/sip/dialog/refer.ts'
import { buildRequest, type HeaderPair } from '../../src/sip/message/build.ts'
import type { SipRequest } from '../../src/sip/message/types.ts'
import { earlyDialog, established, hangUp, startRinging, cancelled } from '../support/early-calls.ts'
import { type IncomingInvite, type PhoneCall, type ScriptedPhone, sdpAnswer } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone
let carol: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3515' })
  alice = await world.phone('101')
  bob = await world.phone('102')
  carol = await world.phone('103')
})
after(() => world?.stop())

function referTo(target: string, parameters = ''): HeaderPair {
  const { domain } = alice.account.organisation
  return ['Refer-To', target.includes(':') ? `<${target}>` : `<sip:${target}@${domain}${parameters}>`]
}

/** The next NOTIFY of the transferor, answered. */
async function notified(call: PhoneCall, status: number, answer = 200): Promise<SipRequest> {
  const notify = await call.phone.expectRequest('NOTIFY')
  assert.equal(sipfragStatus(notify.body), status)
  call.phone.respond(notify, answer, '')
  return notify
}

/** The new destination answers, and the transferred party takes our offer. */
async function complete(ring: IncomingInvite, transferee: PhoneCall): Promise<PhoneCall> {
  const target = await ring.answer()
  const offer = await transferee.phone.expectRequest('INVITE')
  transferee.phone.respond(offer, 200, '', { body: sdpAnswer(transferee.phone.username, offer.body, 'sendrecv', 2) })
  await transferee.phone.expectRequest('ACK')
  return target
}

conformance('RFC 3515 §2.4.2', 'REFER within a call', '202', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  const response = await caller.exchange('REFER', 202, { headers: [referTo('999')] })
  assert.ok(response.header('Contact') !== undefined)
  await notified(caller, 100)
  await notified(caller, 404)
  await hangUp(caller, callee)
})

conformance(
  'RFC 3515 §2.4.4',
  'the first NOTIFY',
  'at once; Event refer, Subscription-State active with expires',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    await caller.exchange('REFER', 202, { headers: [referTo('103')] })
    const notify = await notified(caller, 100)
    assert.equal(notify.header('Event'), 'refer')
    assert.match(notify.header('Subscription-State')!, /^active;expires=[1-9]\d*$/)
    assert.equal(notify.contentType, 'message/sipfrag')
    await (await carol.ringing()).refuse(603)
    await notified(caller, 603)
    await hangUp(caller, callee)
  },
)

conformance(
  'RFC 3515 §2.4.5',
  'NOTIFYs of a transfer that succeeds',
  'sipfrag with 100, 180, 200; the last one terminated',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    await caller.exchange('REFER', 202, { headers: [referTo('103')] })
    await notified(caller, 100)
    const ring = await carol.ringing()
    ring.respond(180)
    await notified(caller, 180)
    const target = await complete(ring, callee)
    const last = await notified(caller, 200)
    assert.match(last.header('Subscription-State')!, /^terminated;reason=noresource/)
    assert.equal(last.body.toString(), 'SIP/2.0 200 OK\r\n')
    await caller.obey('BYE')
    await target.hangUp()
    await callee.obey('BYE')
    return 'as demanded; the transferred party is re-INVITEd, the transferor gets BYE'
  },
)

conformance(
  'RFC 3515 §2.4.5',
  'the new destination refuses',
  'sipfrag with its status, terminated; the call stays',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    await callee.exchange('REFER', 202, { headers: [referTo('103')] })
    await notified(callee, 100)
    await (await carol.ringing()).refuse(486)
    const last = await notified(callee, 486)
    assert.match(last.header('Subscription-State')!, /^terminated/)
    await caller.exchange('INFO', 200)
    await bob.flush()
    await hangUp(caller, callee)
  },
)

conformance(
  'RFC 3515 §2.4.6',
  'a second REFER in the dialog',
  'its NOTIFYs have id=CSeq number of the REFER',
  async () => {
    const { caller, callee } = await established(alice, bob, '102')
    await caller.exchange('REFER', 202, { headers: [referTo('998')] })
    await notified(caller, 100)
    await notified(caller, 404)
    await caller.exchange('REFER', 202, { headers: [referTo('999')] })
    const cseq = caller.dialog.localSequence
    assert.equal((await notified(caller, 100)).header('Event'), `refer;id=${cseq}`)
    assert.equal((await notified(caller, 404)).header('Event'), `refer;id=${cseq}`)
    await hangUp(caller, callee)
  },
)

for (const [what, headers] of [
  ['no Refer-To', []],
  [
    'two Refer-To',
    [
      ['Refer-To', '<sip:103@x>'],
      ['Refer-To', '<sip:104@x>'],
    ],
  ],
  ['a Refer-To that is no address', [['Refer-To', '<<>']]],
] as const) {
  conformance('RFC 3515 §2.4.2', `REFER with ${what}`, '400', async () => {
    const { caller, callee } = await established(alice, bob, '102')
    await caller.exchange('REFER', 400, { headers })
    await hangUp(caller, callee)
  })
}

for (const [what, target] of [
  ['another method (method=BYE)', 'sip:103@phones.internal;method=BYE'],
  ['a tel URI', 'tel:+15550100'],
  ['an https URI', 'https://example.com/'],
] as const) {
  conformance('RFC 3515 §2.4.2', `REFER to ${what}`, 'may be declined: 603', async () => {
    const { caller, callee } = await established(alice, bob, '102')
    await caller.exchange('REFER', 603, { headers: [referTo(target)] })
    await hangUp(caller, callee)
  })
}

conformance('RFC 3515 §2.4.2', 'REFER outside a dialog', 'may be refused', async () => {
  const { domain } = alice.account.organisation
  const headers: HeaderPair[] = [
    ['Max-Forwards', '70'],
    ['From', `<sip:${alice.username}@${domain}>;tag=1`],
    ['To', `<sip:102@${domain}>`],
    ['Call-ID', `outside-${alice.username}`],
    ['CSeq', '1 REFER'],
    ['Contact', `<${alice.contactUri}>`],
    referTo('103'),
  ]
  alice.sendRequest(buildRequest({ method: 'REFER', uri: `sip:102@${domain}`, headers }))
  await alice.expectResponse(403)
  return '403: only a party of a call may transfer it'
})

conformance('RFC 3515 §2.4.2', 'REFER before the call is answered', 'may be refused', async () => {
  const call = await startRinging(alice, bob, '102')
  call.ring.respond(180)
  const early = earlyDialog(call, await alice.expectResponse(180))
  await early.exchange('REFER', 480, { headers: [referTo('103')] })
  await cancelled(call)
  return '480'
})

conformance('RFC 3515 §2.4.2', 'a REFER while another is carried out', 'may be refused', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  await caller.exchange('REFER', 202, { headers: [referTo('103')] })
  await notified(caller, 100)
  const ring = await carol.ringing()
  await caller.exchange('REFER', 491, { headers: [referTo('104')] })
  await ring.refuse(603)
  await notified(caller, 603)
  await hangUp(caller, callee)
  return '491'
})

conformance('RFC 3515 §2.4.4', 'the NOTIFY is answered 481', 'the subscription is over (RFC 6665 §4.2.2)', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  await caller.exchange('REFER', 202, { headers: [referTo('103')] })
  await notified(caller, 100, 481)
  const ring = await carol.ringing()
  ring.respond(180)
  await alice.expectSilence()
  const target = await complete(ring, callee)
  await caller.obey('BYE')
  await target.hangUp()
  await callee.obey('BYE')
  return 'no further NOTIFY; the transfer goes on'
})

conformance('RFC 3515 §2.4.4', 'SUBSCRIBE with Expires 0 for the REFER', 'ends the subscription', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  await caller.exchange('SUBSCRIBE', 489, {
    headers: [
      ['Event', 'refer'],
      ['Expires', '0'],
    ],
  })
  await hangUp(caller, callee)
  return 'deviation: 489, because it ends by itself with the transfer, and Refer-Sub: false asks for none'
})

conformance('RFC 4488 §4', 'REFER with Refer-Sub: false', 'Refer-Sub: false in the 202, and no NOTIFY', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  const response = await caller.exchange('REFER', 202, { headers: [referTo('103'), ['Refer-Sub', 'false']] })
  assert.equal(response.header('Refer-Sub'), 'false')
  const ring = await carol.ringing()
  ring.respond(180)
  await alice.expectSilence()
  const target = await complete(ring, callee)
  await caller.obey('BYE')
  await target.hangUp()
  await callee.obey('BYE')
})

function withReplaces(target: string, { dialog }: PhoneCall): HeaderPair {
  const { callId, localTag, remoteTag } = dialog
  const text = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`)
  return referTo(target, `?Replaces=${text}`)
}

conformance(
  'RFC 5589 §7.1',
  'attended transfer: Refer-To with Replaces',
  'the two others talk; the transferor is notified',
  async () => {
    const first = await established(alice, bob, '102')
    const second = await established(alice, carol, '103')
    await first.caller.exchange('REFER', 202, { headers: [withReplaces('103', second.caller)] })
    await notified(first.caller, 100)
    for (const party of [second.callee, first.callee]) {
      const { phone } = party
      const offer = await phone.expectRequest('INVITE')
      phone.respond(offer, 200, '', { body: sdpAnswer(phone.username, offer.body, 'sendrecv', 2) })
      await phone.expectRequest('ACK')
    }
    await notified(first.caller, 200)
    await alice.flush()
    await first.callee.hangUp()
    await second.callee.obey('BYE')
  },
)

conformance('RFC 5589 §7.1', 'Refer-To with Replaces of no call of the transferor', 'the NOTIFY says 481', async () => {
  const { caller, callee } = await established(alice, bob, '102')
  await caller.exchange('REFER', 202, { headers: [referTo('103', '?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2')] })
  await notified(caller, 100)
  await notified(caller, 481)
  await hangUp(caller, callee)
})
