/** RFC 5393 over sockets: loops end, and a call spreads no further than Max-Breadth lets it. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { SipRequest } from '../../src/sip/message/types.ts'
import type { ScriptedPhone } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone
let desk: ScriptedPhone[]

before(async () => {
  world = await startWireWorld({ name: 'rfc5393' })
  alice = await world.phone('101')
  bob = await world.phone('102')
  desk = [await world.phone('103'), await world.phone('103'), await world.phone('103')]
})

after(() => world?.stop())

const breadthOf = (invite: SipRequest): number => Number(invite.header('Max-Breadth'))

/** The INVITEs by which `phones` ring for a call with this breadth; the call is given up. */
async function rung(phones: readonly ScriptedPhone[], breadth: string | undefined): Promise<number[]> {
  const number = phones[0]!.account.extension.number
  const invite = await alice.call(number, { headers: breadth === undefined ? [] : [['Max-Breadth', breadth]] })
  await world.settle()
  invite.cancel()
  await alice.expect(200)
  await invite.refused(487)
  const breadths: number[] = []
  for (const phone of phones) {
    await world.settle()
    const [first, ...others] = phone.drain()
    if (first === undefined) continue
    assert.ok(first.kind === 'request' && first.method === 'INVITE')
    assert.ok(others.length <= 1)
    phone.respond(first, 487, 'gone')
    breadths.push(breadthOf(first))
  }
  await world.settle()
  for (const phone of phones) phone.drain()
  return breadths
}

conformance('RFC 5393 §5.3.3', 'an INVITE without Max-Breadth', 'one is added, 60 recommended', async () => {
  assert.deepEqual(await rung([bob], undefined), [60])
})

conformance('RFC 5393 §5.3.3', 'one branch', 'the value that came goes on', async () => {
  assert.deepEqual(await rung([bob], '7'), [7])
})

conformance('RFC 5393 §5.3.3', 'three branches', 'together no more than came', async () => {
  const breadths = await rung(desk, '10')
  assert.deepEqual(breadths.toSorted(), [3, 3, 4])
})

conformance('RFC 5393 §5.3.3', 'fewer than branches', 'no more branches than came', async () => {
  assert.deepEqual(await rung(desk, '2'), [1, 1])
  return 'as many devices ring as it allows, best first'
})

conformance('RFC 5393 §5.3.3', 'Max-Breadth 0', '440, nothing is forwarded', async () => {
  const invite = alice.invite('102', { headers: [['Max-Breadth', '0']] })
  invite.transmit()
  await invite.refused(440)
  await bob.expectSilence()
})

conformance('RFC 5393 §5.3.3', 'larger than 60', 'the value may be reduced', async () => {
  assert.deepEqual(await rung([bob], '4294967295'), [60])
  return 'reduced to 60'
})

conformance('RFC 5393 §5.3.3', 'no number', 'a header field that is malformed', async () => {
  const invite = alice.invite('102', { headers: [['Max-Breadth', 'wide']] })
  invite.transmit()
  await invite.refused(400)
  return '400'
})

conformance('RFC 5393 §4.2', 'our own INVITE comes back to us', '482, the loop ends', async () => {
  const invite = await alice.call('102')
  const bell = await bob.ringing()
  // A phone, or a proxy in front of it, forwards it to where it came from.
  const looped = bob.invite('103', { callId: bell.request.callId })
  looped.transmit()
  await looped.refused(482)
  bell.respond(482)
  await bob.expectRequest('ACK')
  await invite.refused(482)
})

conformance('RFC 5393 §4.2', 'the extension calls itself', 'no loop: the request ends', async () => {
  const invite = await alice.call('101')
  await invite.refused(482)
  return '482'
})
