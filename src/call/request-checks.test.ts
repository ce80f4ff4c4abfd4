/** Requests that are not a call, or not one that may be: each has its answer (RFC 3261 §8.2). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallWorld } from '../../test/support/call-world.ts'
import { sdp } from '../../test/support/scripted-phone.ts'
import { buildRequest, type HeaderPair } from '../sip/message/build.ts'

function outOfDialog(world: CallWorld, method: string, toTag?: string, more: readonly HeaderPair[] = []) {
  const phone = world.phone('101')
  const headers: HeaderPair[] = [
    ['Max-Forwards', '70'],
    ['From', `<sip:101@example.com>;tag=x`],
    ['To', `<sip:102@example.com>${toTag === undefined ? '' : `;tag=${toTag}`}`],
    ['Call-ID', 'nothing'],
    ['CSeq', `1 ${method}`],
    ['Contact', `<${phone.contactUri}>`],
    ...more,
  ]
  phone.sendRequest(buildRequest({ method, uri: 'sip:102@example.com', headers }))
  return phone
}

const OUTSIDE: readonly (readonly [string, number])[] = [
  ['OPTIONS', 200],
  ['MESSAGE', 405],
  ['SUBSCRIBE', 489],
  ['PUBLISH', 489],
  ['NOTIFY', 481],
  ['INFO', 481],
  ['UPDATE', 481],
  ['BYE', 481],
  ['PRACK', 481],
  ['REFER', 403],
  ['FROBNICATE', 501],
  ['invite', 501],
]
for (const [method, status] of OUTSIDE) {
  test(`${method} outside a dialog: ${status}`, async () => {
    const world = new CallWorld()
    const response = await outOfDialog(world, method).expectResponse(status)
    assert.ok(response.toTag !== undefined)
    if (status === 405 || status === 200) assert.match(response.header('Allow')!, /INVITE, ACK, CANCEL, BYE/)
    if (status === 200) assert.equal(response.header('Accept'), 'application/sdp')
  })
}

for (const method of ['INVITE', 'BYE', 'INFO', 'UPDATE', 'REFER', 'NOTIFY', 'OPTIONS']) {
  test(`${method} of a dialog that we do not have: 481`, async () => {
    const world = new CallWorld()
    await outOfDialog(world, method, 'unknown').expect(481)
  })
}

test('OPTIONS with an unknown Require: 420 (§8.2.2.3)', async () => {
  const world = new CallWorld()
  const response = await outOfDialog(world, 'OPTIONS', undefined, [['Require', 'teleport']]).expectResponse(420)
  assert.equal(response.header('Unsupported'), 'teleport')
})

const FAULTS: readonly (readonly [string, readonly HeaderPair[], number, string, string])[] = [
  ['an unknown Require', [['Require', '100rel, teleport']], 420, 'Unsupported', 'teleport'],
  ['an Accept without SDP', [['Accept', 'text/plain;q=0.5, text/*']], 406, 'Accept', 'application/sdp'],
  ['an unknown Content-Encoding', [['Content-Encoding', 'gzip']], 415, 'Accept-Encoding', 'identity'],
]
for (const [what, headers, status, name, value] of FAULTS) {
  test(`INVITE with ${what}: ${status}`, async () => {
    const world = new CallWorld()
    const phone = world.phone('101')
    const invite = phone.invite('102', { body: sdp('a'), headers })
    invite.transmit()
    assert.equal((await invite.refused(status)).header(name), value)
  })
}

test('INVITE with a body that is no SDP: 415 with Accept', async () => {
  const world = new CallWorld()
  const invite = world.phone('101').invite('102', { body: 'hello', contentType: 'text/plain' })
  invite.transmit()
  assert.equal((await invite.refused(415)).header('Accept'), 'application/sdp')
})

test('INVITE with Max-Forwards 0: 483', async () => {
  const world = new CallWorld()
  const invite = world.phone('101').invite('102', { body: sdp('a'), maxForwards: 0 })
  invite.transmit()
  await invite.refused(483)
})

test('a loop: our own INVITE comes back with its Call-ID', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  await alice.call('102')
  const bell = await bob.ringing()
  const back = bob.invite('101', { body: sdp('b'), callId: bell.request.callId })
  back.transmit()
  await back.refused(482)
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'CALL_LOOP')
})

test('Session-Expires below the minimum: 422 with Min-SE; unreadable: 400', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const short = await alice.call('102', {
    body: sdp('a'),
    headers: [
      ['Session-Expires', '30'],
      ['Supported', 'timer'],
    ],
  })
  assert.equal((await short.refused(422)).header('Min-SE'), '90')
  const broken = await alice.call('102', { body: sdp('a'), headers: [['Session-Expires', 'soon']] })
  await broken.refused(400)
  assert.equal(world.calls.legCount, 0)
})

test('as many calls as there may be: 503 with Retry-After, told of once a second', async () => {
  const world = new CallWorld({ maximumCalls: 1 })
  const [alice, bob] = [world.phone('101'), world.phone('102')]
  await alice.call('102')
  await bob.ringing()
  for (let i = 0; i < 3; i++) {
    const invite = bob.invite('101', { body: sdp('b') })
    invite.transmit()
    assert.equal((await invite.refused(503)).header('Retry-After'), '10')
  }
  assert.equal(world.eventsOf('call.refused').length, 1)
  assert.equal(world.eventsOf('call.refused')[0]?.data.rule, 'CALL_OVERLOAD')
})

test('another organisation’s number is unknown, by its number and by its domain', async () => {
  const world = new CallWorld()
  const other = world.addOrganisation('other.example')
  const alice = world.phone('101')
  world.phone('500', { organisation: other })
  await (await alice.call('500')).refused(404)
  await (await alice.call('sip:500@other.example')).refused(404)
})
