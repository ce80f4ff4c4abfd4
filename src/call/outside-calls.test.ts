/** Calls of our phones to the outside: who is shown, which trunk, and what happens when one fails. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOTHING_LEFT } from '../../test/support/call-world.ts'
import { OutsideWorld } from '../../test/support/outside-world.ts'
import { sdp } from '../../test/support/scripted-phone.ts'

const ABROAD = '+33142685300'
const AT_HOME = '+4930901820'

test('an outside number goes to the trunk with a number of ours as the caller, and is heard', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number('+493055501', { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  world.calling(alice.account.extension, { callerId: '+493055501' })
  const invite = await alice.call('030901820')
  const ringing = await trunk.peer.ringing()
  const { request } = ringing
  assert.equal(request.requestUriText, `sip:${AT_HOME}@first.example;user=phone`)
  assert.match(request.header('From') ?? '', /^<sip:\+493055501@first\.example;user=phone>;tag=/)
  assert.equal(request.header('P-Asserted-Identity'), '<sip:+493055501@first.example;user=phone>')
  assert.equal(request.header('Privacy'), undefined)
  assert.doesNotMatch(request.header('From') ?? '', /Extension 101/, 'no name of ours leaves the house')
  ringing.respond(183, { body: sdp('trunk') })
  await alice.expectResponse(183)
  await ringing.answer()
  const call = await invite.answered()
  assert.deepEqual(
    world.calls.live()[0]?.legs.map(leg => leg.trunk),
    [undefined, 'first'],
  )
  await call.hangUp()
  await trunk.peer.expectRequest('BYE')
  const [record] = world.records.latest()
  assert.equal(record?.legs[1]?.trunk, 'first')
  assert.equal(record?.legs[1]?.number, AT_HOME)
  assert.equal(trunk.live, 0)
  assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
})

test('a caller who withholds its number is nobody to the callee, and known to the provider', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  world.number('+493055501', { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  world.calling(alice.account.extension, { callerId: '+493055501', privacy: true })
  const invite = await alice.call('030901820')
  const { request } = await trunk.peer.ringing()
  assert.match(request.header('From') ?? '', /^"Anonymous" <sip:anonymous@anonymous\.invalid>;tag=/)
  assert.equal(request.header('Privacy'), 'id')
  assert.equal(request.header('P-Asserted-Identity'), '<sip:+493055501@first.example;user=phone>')
  invite.cancel()
  await trunk.peer.flush()
})

for (const status of [500, 503, 401, 407]) {
  test(`${status} of a trunk: the call goes on by the next at once`, async () => {
    const world = new OutsideWorld()
    const [first, second] = [world.trunk('first'), world.trunk('second')]
    const alice = world.phone('101')
    const invite = await alice.call('030901820')
    for (let tries = 0; tries < (status === 401 || status === 407 ? 3 : 1); tries++) {
      const refused = await first.peer.ringing()
      refused.respond(status)
      await first.peer.expectRequest('ACK')
    }
    const ringing = await second.peer.ringing()
    assert.equal(world.eventsOf('trunk.failed-over')[0]?.data.next, 'second')
    await ringing.answer()
    await (await invite.answered()).hangUp()
    await second.peer.expectRequest('BYE')
    assert.deepEqual([first.live, second.live], [0, 0])
    assert.deepEqual(await world.leftovers(), NOTHING_LEFT)
  })
}

test('a trunk that says nothing is given up after three seconds; its late answer gets ACK and BYE', async () => {
  const world = new OutsideWorld()
  const [first, second] = [world.trunk('first'), world.trunk('second')]
  const alice = world.phone('101')
  const invite = await alice.call('030901820')
  const dead = await first.peer.ringing()
  await world.pass(2_900)
  await second.peer.expectSilence()
  await world.pass(200)
  const ringing = await second.peer.ringing()
  assert.deepEqual(world.trunks.outcomes, ['first timeout'])
  await ringing.answer()
  const call = await invite.answered()
  first.peer.drain()
  dead.respond(200, { body: sdp('late') })
  await first.peer.expectRequest('ACK')
  await first.peer.expectRequest('BYE')
  await call.hangUp()
  await second.peer.expectRequest('BYE')
})

test("busy is the far end's word, and ends the hunt", async () => {
  const world = new OutsideWorld()
  const [first, second] = [world.trunk('first'), world.trunk('second')]
  const alice = world.phone('101')
  await alice.call('030901820')
  const ringing = await first.peer.ringing()
  ringing.respond(486)
  await alice.expectResponse(486)
  await second.peer.expectSilence()
  assert.equal(world.records.latest()[0]?.end?.cause, 'busy')
})

test('plain RTP in the answer of a trunk that agreed on SRTP ends the call, and says so', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  await alice.call('030901820')
  const ringing = await trunk.peer.ringing()
  ringing.respond(200, { body: sdp('plain', 'sendrecv', 'RTP/AVP') })
  await trunk.peer.expectRequest('ACK')
  await trunk.peer.expectRequest('BYE')
  await alice.expectResponse(488)
  assert.equal(world.records.latest()[0]?.end?.cause, 'media-refused')
  assert.equal(world.eventsOf('media.refused')[0]?.data.reason, 'plain-rtp')
})

test('a trunk that redirects is not followed', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  await alice.call('030901820')
  const ringing = await trunk.peer.ringing()
  ringing.respond(302, { headers: [['Contact', '<sip:+881612345@evil.example>']] })
  await trunk.peer.expectRequest('ACK')
  await alice.expectResponse(503)
  assert.equal(world.records.latest()[0]?.end?.cause, 'protocol-error')
})

test('closed countries and suspended extensions get no trunk', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  await alice.call(ABROAD)
  await alice.expectResponse(403)
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'ROUTE_COUNTRY_CLOSED')
  world.directory.putExtension({ ...alice.account.extension, state: 'suspended', suspendedReason: 'stolen' })
  await alice.flush()
  await alice.call('030901820')
  await alice.expectResponse(403)
  assert.equal(world.eventsOf('call.refused')[1]?.data.rule, 'CALL_EXTENSION_SUSPENDED')
  await trunk.peer.expectSilence()
  assert.equal(trunk.live, 0)
})

test('what a suspended extension has running outside is ended', async () => {
  const world = new OutsideWorld()
  const trunk = world.trunk('first')
  const alice = world.phone('101')
  const invite = await alice.call('030901820')
  await (await trunk.peer.ringing()).answer()
  await invite.answered()
  world.calls.endOutsideCallsOf(alice.account.extension.id)
  await alice.expectRequest('BYE')
  await trunk.peer.expectRequest('BYE')
})

test('a call out is signed where the trunk wants it, with attestation A for a number of ours', async () => {
  const signed: unknown[] = []
  const signer = {
    async sign(input: unknown) {
      signed.push(input)
      return 'a.b.c;info=<https://cert.example/x>;alg=ES256;ppt=shaken'
    },
  }
  const verifier = { verify: () => Promise.reject(new Error('nothing comes in')) }
  const world = new OutsideWorld({ callerIdentity: { signer, verifier } })
  const [plain, signing] = [world.trunk('plain'), world.trunk('signing', { signIdentity: true })]
  world.number('+493055501', { kind: 'extension', number: '101' })
  const alice = world.phone('101')
  world.calling(alice.account.extension, { callerId: '+493055501' })
  await alice.call('030901820')
  const first = await plain.peer.ringing()
  assert.equal(first.request.header('Identity'), undefined)
  first.respond(503)
  const { request } = await signing.peer.ringing()
  assert.equal(request.header('Identity'), 'a.b.c;info=<https://cert.example/x>;alg=ES256;ppt=shaken')
  assert.ok(request.header('Date')?.endsWith('GMT'))
  const { id } = alice.account.extension
  assert.deepEqual(signed, [{ from: '+493055501', to: AT_HOME, attestation: 'A', originId: id }])
})
