/** What comes in by a trunk is from a network like any other: a provider that was taken over gets no further than our numbers. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { interopSection } from '../support/interop-report.ts'
import { pause } from '../support/places.ts'
import { type HostilePeer, startHostilePeer } from '../support/provider/hostile-peer.ts'
import { OUTSIDE, type OutsideWorld, OWNED, startOutsideWorld } from '../support/provider/outside-world.ts'
import { openRaw, type RawConnection, type RawRequest, rawRequest, SECURE_SDP } from '../support/raw-sip.ts'
import { accepted } from '../support/ringfence.ts'

const report = interopSection('trunk-hostile-callers', 'A provider that was taken over', [
  'Requests come from the address of a trunk over TLS; the trunk also takes calls, so that one that passes through is seen.',
])

let world: OutsideWorld
let peer: HostilePeer
let alice: TestPhone
let rang = 0
let attempt = 0

before(async () => {
  world = await startOutsideWorld('trunk-callers', { ringSeconds: 5 })
  peer = await startHostilePeer('TLS', '127.0.0.46')
  world.cleanUp.push(peer.stop)
  peer.play({ INVITE: (heard, to) => to.answer(heard, 603) })
  const { address: host, port } = peer
  const trust = { certificateAuthority: peer.caPem ?? null, sources: [`${host}/32`] }
  accepted(await world.operations.trunkAdd({ name: 'owned', host, port, ...trust, callsPerSecond: 5 }))
  alice = await world.phone('101')
  alice.onIncoming(() => rang++)
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
})

after(async () => {
  await world?.stop()
  report.write()
})

async function connection(): Promise<RawConnection> {
  const { address, port } = world.system.ready.sipTls
  const opened = await openRaw({ address, port, ca: world.system.caPem, localAddress: peer.address })
  world.cleanUp.push(async () => opened.destroy())
  return opened
}

function from(request: Partial<RawRequest> & Pick<RawRequest, 'method' | 'uri'>): string {
  return rawRequest({
    from: `sip:${OUTSIDE}@provider.example`,
    to: request.uri,
    callId: `callers-${++attempt}`,
    ...request,
  })
}

const sdpHeaders = ['Content-Type: application/sdp']

/** The final status of a request; undefined: none within 5 s. */
async function statusOf(raw: RawConnection, text: string): Promise<number | undefined> {
  const seen = raw.received().length
  raw.send(text)
  const match = await raw.waitFor(/SIP\/2\.0 ([2-6]\d\d)/, 5000, seen)
  return match === undefined ? undefined : Number(match[1])
}

const at = (user: string): string => `sip:${user}@127.0.0.1`

test('a call to a number of ours rings', { timeout: 30_000 }, async () => {
  await report.row('hostile', 'a call to a number of ours: rings until the ring time is over', async () => {
    const raw = await connection()
    const body = SECURE_SDP
    const status = await statusOf(raw, from({ method: 'INVITE', uri: at(OWNED), headers: sdpHeaders, body }))
    assert.equal(rang, 1)
    assert.ok(status === undefined || status >= 400, `${status}`)
  })
})

for (const [what, user] of [
  ['an outside number, to call at our cost', '+496990009124'],
  ['an expensive number', '+882161234567'],
  ['an extension by its number', '101'],
  ['the emergency number', '112'],
  ['a function of the phones', '*98'],
  ['a number of ours with padding', '00004930230125100'],
] as const) {
  test(`a call to ${what} is refused`, { timeout: 30_000 }, async () => {
    await report.row('hostile', `a call to ${what}: refused`, async () => {
      const before = rang
      const [raw, body] = [await connection(), SECURE_SDP]
      const status = await statusOf(raw, from({ method: 'INVITE', uri: at(user), headers: sdpHeaders, body }))
      assert.ok(status !== undefined && status >= 400 && status < 700, `${status}`)
      await pause(300)
      assert.equal(rang, before)
      assert.equal(peer.heard.filter(({ method }) => method === 'INVITE').length, 0, 'it went out again')
      assert.deepEqual(await world.events('emergency.called'), [])
      return `works (${status})`
    })
  })
}

for (const [what, request, status] of [
  ['RTP in clear', { method: 'INVITE', body: SECURE_SDP.replace('SAVP', 'AVP').replace(/a=crypto.*\r\n/, '') }, 488],
  ['REGISTER as an extension', { method: 'REGISTER', uri: 'sip:127.0.0.1', to: at('101') }, undefined],
  ['REFER outside a dialog', { method: 'REFER', headers: [`Refer-To: <${at('+882161234567')}>`] }, undefined],
  ['MESSAGE', { method: 'MESSAGE', body: 'hello' }, undefined],
] as const satisfies readonly (readonly [string, Partial<RawRequest> & { method: string }, number | undefined])[]) {
  test(`${what}: refused`, { timeout: 30_000 }, async () => {
    await report.row('hostile', `${what}: refused`, async () => {
      const raw = await connection()
      const before = rang
      const parts: Partial<RawRequest> & { method: string } = request
      const { body = SECURE_SDP, headers = [] } = parts
      const whole = { uri: at(OWNED), ...parts, body, headers: [...headers, ...sdpHeaders] }
      const got = await statusOf(raw, from(whole))
      if (status === undefined) assert.ok(got === undefined || got >= 400, `${got}`)
      else assert.equal(got, status)
      assert.equal(rang, before)
      return `works (${got ?? 'no answer'})`
    })
  })
}

test('more calls than the trunk may bring', { timeout: 60_000 }, async () => {
  await report.row('hostile', '50 calls at once where 5 a second are allowed: the rest is refused', async () => {
    const raw = await connection()
    const before = rang
    for (let i = 0; i < 50; i++)
      raw.send(from({ method: 'INVITE', uri: at(OWNED), headers: sdpHeaders, body: SECURE_SDP }))
    await world.waitForEvent('trunk.limit-reached', ({ trunk }) => trunk === 'owned')
    assert.ok(rang - before <= 15, `${rang - before} rang`)
  })
})

test('after thousands of wrong octets the trunk is heard', { timeout: 60_000 }, async () => {
  await report.row('hostile', '300 malformed requests: the next call of the trunk rings all the same', async () => {
    for (let i = 0; i < 300; i++) {
      const raw = await connection()
      raw.send(`INVITE sip:x SIP/2.0\r\nVia: nonsense\r\nContent-Length: -1\r\n\r\n`)
      raw.destroy()
    }
    await pause(1200)
    const before = rang
    const raw = await connection()
    raw.send(from({ method: 'INVITE', uri: at(OWNED), headers: sdpHeaders, body: SECURE_SDP }))
    assert.ok((await raw.waitFor(/SIP\/2\.0 180/, 8000)) !== undefined, raw.received())
    assert.equal(rang, before + 1)
  })
})

test('nothing is left', { timeout: 90_000 }, async () => {
  await world.quiet(80_000)
})
