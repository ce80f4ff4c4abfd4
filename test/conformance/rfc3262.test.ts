/** Reliable provisional responses (RFC 3262): over sockets against the running server; where time has to pass, in memory. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { HeaderPair } from '../../src/sip/message/build.ts'
import type { SipResponse } from '../../src/sip/message/types.ts'
import { CallWorld, NOTHING_LEFT } from '../support/call-world.ts'
import {
  cancelled,
  earlyDialog,
  isReliable,
  rack,
  REQUIRED,
  type Ringing,
  startRinging,
  SUPPORTED,
} from '../support/early-calls.ts'
import type { IncomingInvite, ScriptedPhone } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3262' })
  alice = await world.phone('101')
  bob = await world.phone('102')
})
after(() => world?.stop())

function ringing(headers: readonly HeaderPair[] = []): Promise<Ringing> {
  return startRinging(alice, bob, '102', headers)
}

/** A reliable response of the callee's. */
function sendReliably(ring: IncomingInvite, status: number, rseq: number, body?: string): void {
  ring.respond(status, { headers: [REQUIRED, ['RSeq', String(rseq)]], body })
}

conformance('RFC 3262 §3', 'a caller without 100rel', 'no response is sent reliably', async () => {
  const call = await ringing()
  call.ring.respond(183, { body: call.ring.sdpAnswer() })
  const progress = await alice.expectResponse(183)
  assert.equal(isReliable(progress), false)
  assert.equal(progress.header('Require'), undefined)
  assert.ok(progress.body.length > 0)
  await cancelled(call)
})

conformance(
  'RFC 3262 §3',
  'a caller that supports 100rel, a callee that does not: 183 with SDP',
  'may be sent reliably',
  async () => {
    const call = await ringing([SUPPORTED])
    call.ring.respond(183, { body: call.ring.sdpAnswer() })
    const progress = await alice.expectResponse(183)
    assert.ok(isReliable(progress))
    await earlyDialog(call, progress).exchange('PRACK', 200, { headers: [rack(progress)] })
    await bob.expectSilence()
    await cancelled(call)
    return 'sent reliably to the caller; the callee hears nothing of it'
  },
)

conformance(
  'RFC 3262 §3',
  'Require: 100rel of the caller',
  'every provisional response above 100 is reliable',
  async () => {
    const call = await ringing([REQUIRED])
    call.ring.respond(180)
    const progress = await alice.expectResponse(180)
    assert.ok(isReliable(progress))
    await earlyDialog(call, progress).exchange('PRACK', 200, { headers: [rack(progress)] })
    await cancelled(call)
  },
)

conformance('RFC 3262 §3', 'the first RSeq, and the next', '1 to 2^31-1; each is one more than the last', async () => {
  const call = await ringing([REQUIRED])
  call.ring.respond(180)
  const first = await alice.expectResponse(180)
  const number = Number(first.header('RSeq'))
  assert.ok(number >= 1 && number < 2 ** 31)
  const early = earlyDialog(call, first)
  await early.exchange('PRACK', 200, { headers: [rack(first)] })
  call.ring.respond(183, { body: call.ring.sdpAnswer() })
  const second = await alice.expectResponse(183)
  assert.equal(Number(second.header('RSeq')), number + 1)
  await early.exchange('PRACK', 200, { headers: [rack(second)] })
  await cancelled(call)
})

conformance(
  'RFC 3262 §3',
  'a second response while the first is not acknowledged',
  'MUST NOT be sent before its PRACK',
  async () => {
    const call = await ringing([REQUIRED])
    call.ring.respond(180)
    const first = await alice.expectResponse(180)
    call.ring.respond(183, { body: call.ring.sdpAnswer() })
    await alice.expectSilence()
    earlyDialog(call, first).send('PRACK', { headers: [rack(first)] })
    const answers = [await alice.expectAny(), await alice.expectAny()].map(each => (each as SipResponse).status)
    assert.deepEqual(answers.toSorted(), [183, 200].toSorted())
    await alice.flush()
    await cancelled(call)
  },
)

for (const [what, distance, cseqOffset] of [
  ['of an RSeq that was never sent', 1, 0],
  ['with the RSeq of no response', -1, 0],
  ['with another CSeq number', 0, 7],
] as const) {
  conformance('RFC 3262 §3', `PRACK ${what}`, '481', async () => {
    const call = await ringing([REQUIRED])
    call.ring.respond(180)
    const progress = await alice.expectResponse(180)
    const early = earlyDialog(call, progress)
    const header = rack(progress, distance, progress.cseq.number + cseqOffset)
    const response = await early.exchangePast('PRACK', { headers: [header] }, progress.status)
    assert.equal(response.status, 481)
    await early.exchangePast('PRACK', { headers: [rack(progress)] }, progress.status)
    await alice.flush()
    await cancelled(call)
  })
}

conformance('RFC 3262 §3', 'a second PRACK for the same response', '481: it matches nothing that waits', async () => {
  const call = await ringing([REQUIRED])
  call.ring.respond(180)
  const progress = await alice.expectResponse(180)
  const early = earlyDialog(call, progress)
  await early.exchange('PRACK', 200, { headers: [rack(progress)] })
  await early.exchange('PRACK', 481, { headers: [rack(progress)] })
  await cancelled(call)
})

conformance('RFC 3262 §3', 'PRACK without a RAck', 'is not a PRACK for anything', async () => {
  const call = await ringing([REQUIRED])
  call.ring.respond(180)
  const progress = await alice.expectResponse(180)
  const early = earlyDialog(call, progress)
  const { status } = await early.exchangePast('PRACK', {}, progress.status)
  assert.ok(status === 400 || status === 481)
  await early.exchangePast('PRACK', { headers: [rack(progress)] }, progress.status)
  await alice.flush()
  await cancelled(call)
  return `${status}`
})

conformance(
  'RFC 3262 §3',
  '200 while a response with SDP is not acknowledged',
  'MUST NOT be sent before the PRACK',
  async () => {
    const call = await ringing([SUPPORTED])
    call.ring.respond(183, { body: call.ring.sdpAnswer() })
    const progress = await alice.expectResponse(183)
    const callee = await call.ring.answer()
    // Repeats of the 183 may come; the 200 may not.
    await world.settle()
    assert.ok(alice.drain().every(each => each.kind === 'response' && each.status === 183))
    const early = earlyDialog(call, progress)
    await early.exchangePast('PRACK', { headers: [rack(progress)] }, 183)
    await call.invite.answered()
    await early.hangUp()
    await callee.obey('BYE')
  },
)

conformance(
  'RFC 3262 §3',
  'a refusal while a response is not acknowledged',
  'may be sent, and ends its retransmission',
  async () => {
    const call = await ringing([REQUIRED])
    call.ring.respond(180)
    await alice.expectResponse(180)
    await call.ring.refuse(486)
    await call.invite.refused(486)
    await alice.expectSilence()
  },
)

conformance(
  'RFC 3262 §4',
  'a callee that answers reliably, a caller without 100rel',
  'the UAC acknowledges with PRACK',
  async () => {
    const call = await ringing()
    assert.ok(call.ring.request.headerValues('Supported').includes('100rel'))
    sendReliably(call.ring, 183, 5_000, call.ring.sdpAnswer())
    const prack = await bob.expectRequest('PRACK')
    assert.equal(prack.header('RAck'), `5000 ${call.ring.request.cseq.number} INVITE`)
    bob.respond(prack, 200, '')
    assert.equal(isReliable(await alice.expectResponse(183)), false)
    await cancelled(call)
    return 'by a PRACK of ours; the caller gets the response unreliably'
  },
)

conformance('RFC 3262 §4', 'both ends know 100rel', 'each leg has its own RSeq and PRACK', async () => {
  const call = await ringing([SUPPORTED])
  sendReliably(call.ring, 183, 77, call.ring.sdpAnswer())
  bob.respond(await bob.expectRequest('PRACK'), 200, '')
  const progress = await alice.expectResponse(183)
  assert.ok(isReliable(progress))
  assert.notEqual(progress.header('RSeq'), '77')
  await earlyDialog(call, progress).exchange('PRACK', 200, { headers: [rack(progress)] })
  await bob.expectSilence()
  await cancelled(call)
})

conformance(
  'RFC 3262 §4',
  'a repeated reliable response of the callee',
  'no second PRACK, and not passed on',
  async () => {
    const call = await ringing()
    sendReliably(call.ring, 180, 10)
    bob.respond(await bob.expectRequest('PRACK'), 200, '')
    await alice.expectResponse(180)
    sendReliably(call.ring, 180, 10)
    await bob.expectSilence()
    await alice.expectSilence()
    await cancelled(call)
  },
)

conformance(
  'RFC 3262 §4',
  'a reliable response of the callee behind a gap',
  'MUST NOT be acknowledged nor processed',
  async () => {
    const call = await ringing()
    sendReliably(call.ring, 180, 10)
    bob.respond(await bob.expectRequest('PRACK'), 200, '')
    await alice.expectResponse(180)
    sendReliably(call.ring, 183, 12, call.ring.sdpAnswer())
    await bob.expectSilence()
    await alice.expectSilence()
    sendReliably(call.ring, 183, 11, call.ring.sdpAnswer())
    const prack = await bob.expectRequest('PRACK')
    assert.match(prack.header('RAck')!, /^11 /)
    bob.respond(prack, 200, '')
    await alice.expectResponse(183)
    await cancelled(call)
  },
)

conformance(
  'RFC 3262 §5',
  'an INVITE of ours without an offer',
  'a reliable response would have to carry the offer',
  async () => {
    const invite = await alice.call('102', { body: undefined })
    const ring = await bob.ringing()
    assert.equal(ring.request.headerValues('Supported').includes('100rel'), false)
    ring.respond(180)
    await alice.expectResponse(180)
    await cancelled({ invite, ring })
    return '100rel is not offered to the callee then, so that it has no reliable response to put an offer in'
  },
)

/** The same call room in memory, where time passes by hand. */
async function inMemory(headers: readonly HeaderPair[]) {
  const memory = new CallWorld()
  const [caller, callee] = [memory.phone('101'), memory.phone('102')]
  const invite = await caller.call('102', { headers })
  const ring = await callee.ringing()
  return { memory, caller, callee, invite, ring }
}

conformance(
  'RFC 3262 §3',
  'retransmission of a reliable response',
  'after T1, doubling each time, without the bound T2',
  async () => {
    const { memory, caller, ring, invite } = await inMemory([REQUIRED])
    ring.respond(180)
    const first = await caller.expectResponse(180)
    const intervals: number[] = []
    let last = memory.clock.monotonic()
    while (intervals.length < 5) {
      await memory.pass(100)
      for (const message of caller.drain()) {
        assert.equal((message as SipResponse).header('RSeq'), first.header('RSeq'))
        intervals.push(memory.clock.monotonic() - last)
        last = memory.clock.monotonic()
      }
    }
    assert.deepEqual(intervals, [500, 1_000, 2_000, 4_000, 8_000])
    invite.cancel()
    await caller.flush()
    await memory.leftovers()
  },
)

conformance('RFC 3262 §3', 'no PRACK within 64*T1', 'the INVITE SHOULD be refused with a 5xx', async () => {
  const { memory, caller, callee, invite, ring } = await inMemory([REQUIRED])
  ring.respond(180)
  await caller.expectResponse(180)
  await memory.pass(32_000)
  const final = caller.drain().find(each => each.kind === 'response' && each.status >= 200) as SipResponse
  invite.acknowledge(final)
  await callee.expectRequest('CANCEL')
  callee.respond(ring.request, 487, ring.tag)
  await memory.settle()
  callee.drain()
  assert.equal(final.status, 504)
  assert.deepEqual(await memory.leftovers(), NOTHING_LEFT)
  return '504 to the caller, CANCEL to the callee'
})
