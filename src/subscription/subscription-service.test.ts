import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { problemsOfDialogInfo } from '../../test/support/dialog-info-check.ts'
import { PhoneSubscription } from '../../test/support/phone-subscription.ts'
import type { ScriptedPhone } from '../../test/support/scripted-phone.ts'
import { SubscriptionWorld } from '../../test/support/subscription-world.ts'
import type { Extension } from '../directory/types.ts'
import type { WatchedDialog } from './types.ts'

let world: SubscriptionWorld
let alice: ScriptedPhone
let bob: Extension

const NOTHING_LEFT = { subscriptions: 0, transactions: 0, timers: 0, failures: 0 }

beforeEach(() => {
  world = new SubscriptionWorld()
  alice = world.phone('101')
  bob = world.extension('102')
})

afterEach(async () => {
  world.service.stop()
  assert.deepEqual(world.failures, [])
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

function dialog(state: WatchedDialog['state'], id = 'leg'): WatchedDialog {
  return { id, direction: 'recipient', state, remote: '103', pickUp: undefined }
}

function statesIn(body: string): readonly string[] {
  assert.deepEqual(problemsOfDialogInfo(body), [])
  return [...body.matchAll(/<state>(\w+)<\/state>/g)].map(match => match[1]!)
}

function versionIn(body: string): number {
  return Number(/ version="(\d+)" state/.exec(body)?.[1])
}

test('RFC 6665 §4.2.1: 407 to who has not proved himself, 200 and a NOTIFY at once to who has', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102', { expires: '600', event: 'dialog;id=7' })
  assert.equal(lamp.accepted.header('Expires'), '600')
  assert.equal(lamp.accepted.contacts.length, 1)
  assert.equal(lamp.accepted.header('Allow-Events'), 'dialog, message-summary')
  const { request, state, body } = await lamp.notified()
  assert.equal(request.header('Event'), 'dialog;id=7')
  assert.equal(request.contentType, 'application/dialog-info+xml')
  assert.equal(request.contacts.length, 1)
  assert.equal(state, 'active;expires=600')
  assert.deepEqual(statesIn(body), [])
  assert.match(body, /entity="sip:102@example.com"/)
})

test('a lamp: idle, early, confirmed, idle; versions grow by one, an ended call is told of once', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  const seen = [await lamp.notified()]
  for (const state of ['early', 'confirmed'] as const) {
    world.states.setDialogs(bob.id, [dialog(state)])
    await world.pass(250)
    seen.push(await lamp.notified())
  }
  world.states.setDialogs(bob.id, [])
  await world.pass(250)
  seen.push(await lamp.notified())
  await lamp.renew(200)
  await world.pass(250)
  seen.push(await lamp.notified())
  assert.deepEqual(
    seen.map(({ body }) => statesIn(body)),
    [[], ['early'], ['confirmed'], ['terminated'], []],
  )
  assert.deepEqual(
    seen.map(({ body }) => versionIn(body)),
    [0, 1, 2, 3, 4],
  )
})

test('at most one NOTIFY each 250 ms, and one at a time: the latest state wins', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  for (let i = 0; i < 20; i++) world.states.setDialogs(bob.id, [dialog('early', `leg-${i}`)])
  await world.pass(249)
  await alice.expectSilence()
  await world.pass(1)
  const { request, body } = await lamp.notified('unanswered')
  assert.match(body, /id="leg-19"/)
  world.states.setDialogs(bob.id, [dialog('confirmed', 'leg-20')])
  await world.pass(2_000)
  await alice.expectSilence()
  lamp.answer(request, 200)
  await world.settle()
  assert.match((await lamp.notified()).body, /id="leg-20"/)
})

test('what changes nothing that is seen is not told', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  world.states.setDialogs(bob.id, [])
  await world.pass(1_000)
  await alice.expectSilence()
})

test('Expires: at least 60 (423), at most 3,600, 3,600 where none is said, malformed 400', async () => {
  const brief = await PhoneSubscription.refused(alice, '102', 423, { expires: '59' })
  assert.equal(brief.header('Min-Expires'), '60')
  await PhoneSubscription.refused(alice, '102', 400, { expires: 'soon' })
  for (const [asked, granted] of [
    ['60', '60'],
    ['999999', '3600'],
    [undefined, '3600'],
  ] as const) {
    const lamp = await PhoneSubscription.begin(alice, '102', { expires: asked })
    assert.equal(lamp.accepted.header('Expires'), granted)
    assert.equal((await lamp.notified()).state, `active;expires=${granted}`)
  }
})

test('it ends when its time is over, with a last NOTIFY; a refresh moves that time', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102', { expires: '60' })
  await lamp.notified()
  await world.pass(50_000)
  const renewed = await lamp.renew(200, { expires: '60' })
  assert.equal(renewed.header('Expires'), '60')
  await lamp.notified()
  await world.pass(50_000)
  await alice.expectSilence()
  await world.pass(10_000)
  assert.equal((await lamp.notified()).state, 'terminated;reason=timeout')
  assert.equal(world.service.count, 0)
  await lamp.renew(481)
})

test('Expires 0 ends a subscription, or fetches the state once', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  await lamp.renew(200, { expires: '0' })
  assert.equal((await lamp.notified()).state, 'terminated;reason=timeout')
  world.states.setDialogs(bob.id, [dialog('confirmed')])
  const fetch = await PhoneSubscription.begin(alice, '102', { expires: '0' })
  const { state, body } = await fetch.notified()
  assert.equal(state, 'terminated;reason=timeout')
  assert.deepEqual(statesIn(body), ['confirmed'])
  assert.equal(world.service.count, 0)
  await world.pass(1_000)
  await alice.expectSilence()
})

test('a phone that has forgotten it (481, 408), or says nothing, is told no more; other answers pass', async () => {
  for (const status of [481, 408, 489]) {
    const lamp = await PhoneSubscription.begin(alice, '102')
    await lamp.notified(status)
    await world.settle()
    assert.equal(world.service.count, 0, String(status))
  }
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified(500)
  await world.settle()
  assert.equal(world.service.count, 1)
  world.states.setDialogs(bob.id, [dialog('early')])
  await world.pass(250)
  await lamp.notified('unanswered')
  await world.pass(33_000)
  assert.equal(world.service.count, 0)
  await alice.expectSilence()
})

test('nobody watches another organisation, an unknown number, another mailbox, or in another name', async () => {
  const other = world.addOrganisation('other.example')
  const mallory = world.phone('201', 'TLS', other)
  world.extension('102', other)
  await PhoneSubscription.refused(mallory, 'sip:102@example.com', 404)
  await PhoneSubscription.refused(mallory, '103', 404)
  await PhoneSubscription.refused(alice, '999', 404)
  await PhoneSubscription.refused(alice, 'sip:example.com', 404)
  await PhoneSubscription.refused(alice, '102', 404, { event: 'message-summary' })
  await PhoneSubscription.refused(alice, '102', 403, { from: 'sip:102@example.com' })
  assert.equal(world.service.count, 0)
})

test('a wrong password is challenged again and again, and nothing is kept', async () => {
  const wrong = { ...alice.account, password: 'wrong' }
  const phone = Object.assign(world.phone('101'), { account: { ...wrong, device: alice.account.device } })
  await PhoneSubscription.refused(phone, '102', 407)
  assert.equal(world.service.count, 0)
})

test('waiting messages: one’s own mailbox by number or user name', async () => {
  for (const target of ['101', alice.username]) {
    const lamp = await PhoneSubscription.begin(alice, target, { event: 'message-summary' })
    const first = await lamp.notified()
    assert.equal(first.request.contentType, 'application/simple-message-summary')
    assert.match(first.body, /^Messages-Waiting: no\r\n/)
    world.states.setMessages(alice.account.extension.id, 2, 1)
    await world.pass(250)
    assert.match((await lamp.notified()).body, /: yes\r\n[\s\S]*Voice-Message: 2\/1 \(0\/0\)\r\n$/)
    world.states.setMessages(alice.account.extension.id, 0, 0)
    await world.pass(250)
    await lamp.notified()
    await lamp.renew(200, { event: 'message-summary', expires: '0' })
    await lamp.notified()
  }
})

test('what is not understood is refused: package 489, lists 420, Accept 406, no Contact 400, one dialog 481', async () => {
  for (const event of ['presence', 'refer', 'Dialog', '']) {
    const refused = await PhoneSubscription.refused(alice, '102', 489, { event })
    assert.equal(refused.header('Allow-Events'), 'dialog, message-summary')
  }
  for (const event of ['dialog;id', 'dialog;=', 'di alog', `dialog;id=${'x'.repeat(200)}`, 'dialog;id="a b"']) {
    await PhoneSubscription.refused(alice, '102', 400, { event })
  }
  const lists = await PhoneSubscription.refused(alice, '102', 420, { headers: [['Require', 'eventlist']] })
  assert.equal(lists.header('Unsupported'), 'eventlist')
  const accept = await PhoneSubscription.refused(alice, '102', 406, { headers: [['Accept', 'application/pidf+xml']] })
  assert.equal(accept.header('Accept'), 'application/dialog-info+xml')
  await PhoneSubscription.refused(alice, '102', 400, { contact: '' })
  await PhoneSubscription.refused(alice, '102', 481, { event: 'dialog;call-id=x;to-tag=y;from-tag=z' })
  const any = await PhoneSubscription.begin(alice, '102', { headers: [['Accept', 'text/plain, application/*;q=0.5']] })
  await any.notified()
})

test('within its dialog: another event or id 481, old CSeq 500, other methods 405, NOTIFY 481', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102', { event: 'dialog;id=1' })
  await lamp.notified()
  await lamp.renew(481, { event: 'dialog;id=2' })
  await lamp.renew(481, { event: 'message-summary' })
  await lamp.renew(489, { event: 'presence' })
  lamp.send('BYE')
  await alice.expectResponse(405)
  lamp.send('NOTIFY')
  await alice.expectResponse(481)
  const old = lamp.dialog.request('SUBSCRIBE', { headers: [['Event', 'dialog;id=1']] })
  await lamp.renew(200, { event: 'dialog;id=1' })
  await world.pass(250)
  await lamp.notified()
  alice.sendRequest(old)
  assert.notEqual((await alice.expectResponse(500)).header('Retry-After'), undefined)
  assert.equal(world.service.count, 1)
})

test('who knows the tags of another’s subscription has nothing of it', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  const mallory = world.phone('103')
  const stolen = new PhoneSubscription(mallory, lamp.dialog, lamp.accepted)
  const challenge = await stolen.renew(407, { expires: '0' })
  const uri = lamp.dialog.remoteTarget
  assert.equal(uri.kind, 'sip')
  const request = mallory.sendRequest(
    lamp.dialog.request('SUBSCRIBE', {
      headers: [
        ['Event', 'dialog'],
        ['Contact', `<${mallory.contactUri}>`],
        mallory.authorization(challenge, 'SUBSCRIBE', lamp.dialog.request('X').requestUriText),
      ],
    }),
  )
  assert.equal(request.method, 'SUBSCRIBE')
  await mallory.expectResponse(403)
  const plain = world.phone('101', 'UDP')
  await new PhoneSubscription(plain, lamp.dialog, lamp.accepted).renew(403, { expires: '0' })
  assert.equal(world.service.count, 1)
})

test('a phone that comes back over another connection hears there what it missed', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  world.bindings.remove(alice.flow.id)
  alice.reconnect()
  world.states.setDialogs(bob.id, [dialog('early')])
  await world.pass(1_000)
  await alice.expectSilence()
  world.register(alice)
  await alice.expectSilence()
  await world.pass(0)
  const { body } = await lamp.notified()
  assert.deepEqual(statesIn(body), ['early'])
  await lamp.renew(200)
  await world.pass(250)
  await lamp.notified()
})

test('a refresh over another connection moves it there', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  const account = { ...alice.account }
  const again = Object.assign(world.phone('101'), { account })
  world.bindings.remove(again.flow.id)
  world.register(again)
  const there = new PhoneSubscription(again, lamp.dialog, lamp.accepted)
  await there.renew(200)
  await world.pass(250)
  await there.notified()
  world.states.setDialogs(bob.id, [dialog('early')])
  await world.pass(250)
  assert.deepEqual(statesIn((await there.notified()).body), ['early'])
  await alice.expectSilence()
})

test('what was told encrypted is not told in clear', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  world.bindings.remove(alice.flow.id)
  const plain = Object.assign(world.phone('101', 'UDP'), { account: alice.account })
  world.register(plain)
  alice.reconnect()
  world.states.setDialogs(bob.id, [dialog('early')])
  await world.pass(1_000)
  await plain.expectSilence()
  await alice.expectSilence()
})

test('a phone whose connection breaks before its answer hears it again', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified('unanswered')
  world.bindings.remove(alice.flow.id)
  alice.reconnect()
  await world.settle()
  world.register(alice)
  await world.pass(250)
  await lamp.notified()
  assert.equal(world.service.count, 1)
})

test('it ends with its device, and with the extension that it watches', async () => {
  const actor = { kind: 'operator', name: 'test' } as const
  const carol = world.extension('103')
  const lamp = await PhoneSubscription.begin(alice, '103')
  await lamp.notified()
  world.directory.dropExtension(carol)
  world.bus.publish('directory.extension-removed', { actor, extension: '103', devices: 0 })
  await world.settle()
  const last = await lamp.notified()
  assert.deepEqual([last.state, last.body], ['terminated;reason=noresource', ''])
  const other = await PhoneSubscription.begin(alice, '102')
  await other.notified()
  const { device, extension } = alice.account
  world.directory.dropDevice(device)
  world.bus.publish('directory.device-removed', { actor, extension: extension.number, username: device.username })
  await world.settle()
  const rejected = await other.notified()
  assert.deepEqual([rejected.state, rejected.body], ['terminated;reason=rejected', ''])
  assert.equal(world.service.count, 0)
})

test('bounds: of a device (403), alike (the oldest goes), in all (503)', async () => {
  world.service.stop()
  world = new SubscriptionWorld({ perDevice: 3, alike: 2, maximum: 4 })
  alice = world.phone('101')
  const numbers = ['102', '103', '104', '105']
  for (const number of numbers) world.extension(number)
  const first = await PhoneSubscription.begin(alice, '102')
  await first.notified()
  await (await PhoneSubscription.begin(alice, '102')).notified()
  // The third to the same lamp takes the place of the first.
  const { response: ended } = await PhoneSubscription.ask(alice, '102')
  assert.equal(ended.kind as string, 'request')
  assert.equal(ended.callId, first.dialog.callId)
  assert.equal(ended.header('Subscription-State'), 'terminated;reason=rejected')
  await alice.expectResponse(200)
  await alice.expectRequest('NOTIFY')
  await (await PhoneSubscription.begin(alice, '103')).notified()
  await PhoneSubscription.refused(alice, '104', 403)
  assert.equal(world.service.count, 3)
  const bobs = world.phone('102')
  await (await PhoneSubscription.begin(bobs, '101')).notified()
  const full = await PhoneSubscription.refused(bobs, '103', 503)
  assert.notEqual(full.header('Retry-After'), undefined)
  assert.equal(world.service.count, 4)
})

test('stop tells every phone to come back later', async () => {
  const lamp = await PhoneSubscription.begin(alice, '102')
  await lamp.notified()
  world.service.stop()
  assert.match((await lamp.notified()).state, /^terminated;reason=probation;retry-after=\d+$/)
  assert.equal(world.service.count, 0)
  await PhoneSubscription.refused(alice, '102', 503)
})
