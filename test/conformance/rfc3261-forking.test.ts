/** RFC 3261 §13.2.2.4 and §16.7 over sockets: several phones ring, one answers, and what crosses on the way. */
import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import type { SipRequest } from '../../src/sip/message/types.ts'
import {
  type IncomingInvite,
  type OutgoingInvite,
  type PhoneCall,
  type ScriptedPhone,
  sdp,
} from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'
import { hangUp } from './wire-request.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone
/** Three phones of one extension. */
let desk: ScriptedPhone[]

before(async () => {
  world = await startWireWorld({ name: 'rfc3261-forking' })
  alice = await world.phone('101')
  bob = await world.phone('102')
  desk = [await world.phone('103'), await world.phone('103'), await world.phone('103')]
})

after(() => world?.stop())

beforeEach(() => {
  for (const phone of [alice, bob, ...desk]) phone.drain()
})

interface Ringing {
  readonly invite: OutgoingInvite
  readonly bells: readonly IncomingInvite[]
}

/** All three ring, and the caller hears it. */
async function ringDesk(): Promise<Ringing> {
  const invite = await alice.call('103')
  const bells: IncomingInvite[] = []
  for (const phone of desk) bells.push(await phone.ringing())
  for (const bell of bells) bell.respond(180)
  await alice.expect(180)
  return { invite, bells }
}

async function ringBob(): Promise<{ invite: OutgoingInvite; bell: IncomingInvite }> {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  bell.respond(180)
  await alice.expect(180)
  return { invite, bell }
}

function reasonOf(request: SipRequest): string {
  return request.header('Reason') ?? ''
}

/** The phone's 2xx is acknowledged, and the dialog that nobody wants ended. */
async function dismissed(phone: ScriptedPhone): Promise<void> {
  await phone.expectRequest('ACK')
  const bye = await phone.expectRequest('BYE')
  phone.respond(bye, 200, '')
}

/** A call whose other end is not a `PhoneCall`. */
async function endedByCaller(caller: PhoneCall): Promise<void> {
  await caller.hangUp()
  const bye = await bob.expectRequest('BYE')
  bob.respond(bye, 200, '')
}

// --- forking (§16.6, §16.7) -----------------------------------------------------------------------------------------------

conformance('RFC 3261 §16.6', 'an extension with three phones', 'each is a branch of its own', async () => {
  const { invite, bells } = await ringDesk()
  const requests = bells.map(bell => bell.request)
  for (const distinct of [
    requests.map(request => request.callId),
    requests.map(request => request.fromTag),
    requests.map(request => request.vias[0]!.branch),
  ]) {
    assert.equal(new Set(distinct).size, 3)
  }
  invite.cancel()
  await alice.expect(200)
  await invite.refused(487)
  for (const bell of bells) await bell.cancelled()
  return 'three INVITEs, three dialogs: as a back-to-back user agent'
})

conformance('RFC 3261 §16.7', 'one of three answers', 'the others are cancelled', async () => {
  const { invite, bells } = await ringDesk()
  const callee = await bells[1]!.answer()
  const caller = await invite.answered()
  for (const index of [0, 2]) {
    const cancel = await bells[index]!.cancelled()
    assert.match(reasonOf(cancel), /^SIP;cause=200;/)
  }
  await alice.expectSilence()
  await hangUp({ caller, callee })
  return 'CANCEL with Reason SIP;cause=200 to the others'
})

conformance('RFC 3261 §16.7', 'two answer at once', 'one 2xx for the caller, no dialog is left over', async () => {
  const { invite, bells } = await ringDesk()
  const body = sdp('desk')
  for (const bell of bells) bell.respond(200, { body })
  await invite.answered()
  await alice.flush()
  const requests = desk.map(phone => phone.drain().filter(message => message.kind === 'request'))
  const methods = requests.map(each => each.map(({ method }) => method).filter(method => method !== 'CANCEL'))
  assert.deepEqual(
    methods.toSorted((a, b) => a.length - b.length),
    [['ACK'], ['ACK', 'BYE'], ['ACK', 'BYE']],
  )
  for (const [index, phone] of desk.entries()) {
    for (const request of requests[index]!) if (request.method !== 'ACK') phone.respond(request, 200, '')
  }
  const winner = bells[methods.findIndex(each => each.length === 1)]!
  winner.phone.sendRequest(winner.dialog.request('BYE'))
  await winner.phone.expect(200)
  const bye = await alice.expectRequest('BYE')
  alice.respond(bye, 200, '')
  return 'the first has the call; ACK and BYE to the others'
})

conformance('RFC 3261 §16.7', 'a cancelled phone answers late', 'ACK and BYE', async () => {
  const { invite, bells } = await ringDesk()
  const callee = await bells[0]!.answer()
  const caller = await invite.answered()
  const cancel = await desk[1]!.expectRequest('CANCEL')
  bells[1]!.respond(200, { body: sdp('late') })
  desk[1]!.respond(cancel, 200, bells[1]!.tag)
  await dismissed(desk[1]!)
  await bells[2]!.cancelled()
  await alice.expectSilence()
  await hangUp({ caller, callee })
})

conformance('RFC 3261 §16.7', 'one is busy, the others ring', 'a 4xx waits for the other branches', async () => {
  const { invite, bells } = await ringDesk()
  await bells[0]!.refuse(486)
  await alice.expectSilence()
  const callee = await bells[2]!.answer()
  const caller = await invite.answered()
  await bells[1]!.cancelled()
  await hangUp({ caller, callee })
})

conformance('RFC 3261 §16.7', '486, 404 and 480', 'the best of the lowest class', async () => {
  const { invite, bells } = await ringDesk()
  await bells[0]!.refuse(404)
  await bells[1]!.refuse(486)
  await bells[2]!.refuse(480)
  await invite.refused(486)
  return '486'
})

conformance('RFC 3261 §16.7', '603 from one of three', 'the others are cancelled, the 6xx is the answer', async () => {
  const { invite, bells } = await ringDesk()
  await bells[0]!.refuse(486)
  await bells[1]!.refuse(603)
  await invite.refused(603)
  await bells[2]!.cancelled()
})

conformance('RFC 3261 §16.7', '503 from the only phone', 'SHOULD NOT be forwarded', async () => {
  const { invite, bell } = await ringBob()
  await bell.refuse(503, { headers: [['Retry-After', '3600']] })
  const response = await invite.refused(480)
  assert.equal(response.header('Retry-After'), undefined)
  return '480 without its Retry-After'
})

conformance('RFC 3261 §16.7', '401 from a phone', 'a challenge is answered by who can, or passed', async () => {
  const { invite, bell } = await ringBob()
  await bell.refuse(401, { headers: [['WWW-Authenticate', 'Digest realm="bob", nonce="1"']] })
  const response = await invite.refused(480)
  assert.equal(response.header('WWW-Authenticate'), undefined)
  return '480: the caller has no credentials of the callee’s phone, and is not asked for any'
})

conformance('RFC 3261 §16.7', '100 of a phone', 'MUST NOT be forwarded', async () => {
  const { invite, bell } = await ringBob()
  bell.respond(100)
  await world.settle()
  assert.deepEqual(
    alice.drain().filter(message => message.kind === 'response' && message.status !== 100),
    [],
  )
  await bell.refuse(486)
  await invite.refused(486)
})

conformance('RFC 3261 §16.7', 'the caller gives up', 'every branch is cancelled', async () => {
  const { invite, bells } = await ringDesk()
  invite.cancel()
  await alice.expect(200)
  await invite.refused(487)
  for (const bell of bells) await bell.cancelled()
})

// --- early dialogs (§12.1, §13.2.2) -------------------------------------------------------------------------------------------

conformance(
  'RFC 3261 §13.2.2.1',
  '180 and 183 with three To tags',
  'each is an early dialog of one INVITE',
  async () => {
    const invite = await alice.call('102')
    const bell = await bob.ringing()
    for (const [tag, status] of [
      ['a', 180],
      ['b', 183],
      ['c', 180],
    ] as const)
      bob.respond(bell.request, status, `fork-${tag}`)
    for (const status of [180, 183, 180]) await alice.expect(status)
    bob.respond(bell.request, 200, 'fork-b', { body: sdp('fork-b') })
    const ack = await bob.expectRequest('ACK')
    assert.equal(ack.toTag, 'fork-b')
    await endedByCaller(await invite.answered())
    return 'to the caller they are one early dialog; the fork that answers has the call'
  },
)

conformance('RFC 3261 §13.2.2.4', 'a second fork answers too', 'ACK and BYE within its own dialog', async () => {
  const invite = await alice.call('102')
  const { request } = await bob.ringing()
  bob.respond(request, 180, 'first')
  bob.respond(request, 180, 'second')
  await alice.expect(180)
  bob.respond(request, 200, 'second', { body: sdp('second') })
  const caller = await invite.answered()
  const ack = await bob.expectRequest('ACK')
  assert.equal(ack.toTag, 'second')
  bob.respond(request, 200, 'first', { body: sdp('first') })
  const [lateAck, bye] = [await bob.expectRequest('ACK'), await bob.expectRequest('BYE')]
  assert.deepEqual([lateAck.toTag, bye.toTag], ['first', 'first'])
  bob.respond(bye, 200, '')
  await alice.expectSilence()
  await endedByCaller(caller)
})

conformance('RFC 3261 §13.2.2.4', 'the 2xx comes again', 'the ACK is sent again', async () => {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  const body = { body: sdp('bob') }
  bell.respond(200, body)
  const first = await bob.expectRequest('ACK')
  bell.respond(200, body)
  const second = await bob.expectRequest('ACK')
  assert.deepEqual([second.cseq.number, second.callId, second.toTag], [first.cseq.number, first.callId, first.toTag])
  await endedByCaller(await invite.answered())
})
