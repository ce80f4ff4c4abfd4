/** Who may call: digests by transport, client certificates, nonces that are old. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallWorld } from '../../test/support/call-world.ts'
import { type ScriptedPhone, sdp } from '../../test/support/scripted-phone.ts'
import type { TransportProtocol } from '../sip/transport/types.ts'

const FINGERPRINT = 'ab'.repeat(32)

async function challengedWith(protocol: TransportProtocol): Promise<readonly string[]> {
  const world = new CallWorld()
  const alice = world.phone('101', { protocol })
  const invite = alice.invite('102', { body: sdp('a') })
  invite.transmit()
  const challenge = await invite.refused(407)
  return challenge.headerValues('Proxy-Authenticate').map(value => /algorithm=([\w-]+)/.exec(value)![1]!)
}

test('SHA-256 first and MD5 second over TLS; an insecure listener offers MD5 alone', async () => {
  assert.deepEqual(await challengedWith('TLS'), ['SHA-256', 'MD5'])
  assert.deepEqual(await challengedWith('WSS'), ['SHA-256', 'MD5'])
  assert.deepEqual(await challengedWith('UDP'), ['MD5'])
})

/** Alice's flow shows a client certificate. */
function certified(world: CallWorld, trusted: boolean, fingerprint = FINGERPRINT): ScriptedPhone {
  const alice = world.phone('101')
  world.directory.putDevice({ ...alice.account.device, certificateFingerprint: FINGERPRINT })
  const clientCertificate = { subject: '', fingerprint, serialNumber: '', trusted, subjectAlternativeNames: [] }
  Object.assign(alice.flow, { tls: { protocol: 'TLSv1.3', cipher: 'x', clientCertificate } })
  return alice
}

test('a trusted certificate with the fingerprint of the device stands in for a digest', async () => {
  const world = new CallWorld()
  const alice = certified(world, true)
  const bob = world.phone('102')
  const invite = alice.invite('102', { body: sdp('a') })
  invite.transmit()
  await (await bob.ringing()).answer()
  await invite.answered()
  await world.settle()
  assert.equal(world.records.latest()[0]?.legs[0]?.authentication, 'certificate')
})

test('a certificate that nobody vouches for, of another device, or for another name: a challenge like everybody’s', async () => {
  for (const [trusted, fingerprint, from] of [
    [false, FINGERPRINT, undefined],
    [true, 'cd'.repeat(32), undefined],
    [true, FINGERPRINT, 'sip:102@example.com'],
  ] as const) {
    const world = new CallWorld()
    const alice = certified(world, trusted, fingerprint)
    world.phone('102')
    const invite = alice.invite('102', { body: sdp('a'), ...(from === undefined ? {} : { from }) })
    invite.transmit()
    await invite.refused(407)
  }
})

test('an old nonce is stale: challenged again, and nothing is counted against the account', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const invite = alice.invite('102', { body: sdp('a') })
  invite.transmit()
  const challenge = await invite.refused(407)
  await world.pass(3_600_000)
  invite.transmit([alice.authorization(challenge, 'INVITE', invite.uri)])
  const again = await invite.refused(407)
  assert.match(again.header('Proxy-Authenticate')!, /stale=true/)
  assert.equal(world.eventsOf('authentication.failed').length, 0)
})

test('a suspended extension keeps its internal calls', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const bob = world.phone('102')
  world.directory.putExtension({ ...alice.account.extension, state: 'suspended', suspendedReason: 'stolen phone' })
  const invite = await alice.call('102')
  await (await bob.ringing()).answer()
  await invite.answered()
})

test('sips: only devices on TLS ring', async () => {
  const world = new CallWorld()
  const alice = world.phone('101')
  const plain = world.phone('102', { protocol: 'UDP' })
  await (await alice.call('sips:102@example.com')).refused(480)
  const secure = world.phone('102')
  const invite = await alice.call('sips:102@example.com')
  await (await secure.ringing()).answer()
  await invite.answered()
  await plain.expectSilence()
})

test('with several organisations the realm is that of From, of the destination, or of the registration', async () => {
  const world = new CallWorld()
  const other = world.addOrganisation('other.example')
  const phone = world.phone('500', { organisation: other })
  for (const from of ['sip:500@other.example', 'sip:500@198.51.100.1']) {
    const invite = phone.invite('sip:501@198.51.100.1', { body: sdp('a'), from })
    invite.transmit()
    assert.match((await invite.refused(407)).header('Proxy-Authenticate')!, /realm="other\.example"/)
  }
  const stranger = world.phone('600', { registered: false })
  const nowhere = stranger.invite('sip:501@198.51.100.1', { body: sdp('a'), from: 'sip:x@198.51.100.1' })
  nowhere.transmit()
  await nowhere.refused(403)
})
