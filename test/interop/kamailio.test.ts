/** Kamailio as an outbound proxy in front of us: Path, Record-Route, TLS on both hops. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { createTestAuthority } from '../../src/sip/transport/test-certificates.ts'
import { startBaresip } from '../support/baresip.ts'
import { interopSection } from '../support/interop-report.ts'
import { type Kamailio, startKamailio } from '../support/kamailio.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'
import { assertHears } from '../support/tone-check.ts'

const KAMAILIO = `Kamailio ${peerVersion('kamailio')}`
const report = interopSection('kamailio', 'Kamailio in front', [
  "Kamailio takes the phones' TLS, adds Path to REGISTER (RFC 3327) and Record-Route to calls, and speaks TLS to Ringfence.",
])

let system: Ringfence | undefined
let proxy: Kamailio | undefined
let proxyCa = ''
let alice: PhoneCredentials
let bob: PhoneCredentials

before(async () => {
  if (peerVersion('kamailio') === undefined) return
  system = await startRingfence({ name: 'kamailio' })
  alice = await system.addPhone('851')
  bob = await system.addPhone('852')
  const { certificate, privateKey, ca } = await ownCertificate(system.data.path)
  proxyCa = ca
  proxy = await startKamailio({
    folder: system.data.path,
    upstream: system.ready.sipTls,
    upstreamCa: system.ready.ca,
    certificate,
    privateKey,
  })
})

after(async () => {
  await proxy?.stop()
  await system?.stop()
  report.write()
})

/** A certificate of the proxy's own, as a stranger's machine would have it. */
async function ownCertificate(folder: string): Promise<{ certificate: string; privateKey: string; ca: string }> {
  const authority = await createTestAuthority()
  const { certificateChainPem, privateKeyPem } = await authority.issue(['127.0.0.1'])
  const certificate = join(folder, 'proxy.pem')
  const privateKey = join(folder, 'proxy.key')
  writeFileSync(certificate, certificateChainPem)
  writeFileSync(privateKey, privateKeyPem, { mode: 0o600 })
  return { certificate, privateKey, ca: authority.certificatePem }
}

test('phones behind Kamailio register and call, both directions', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'kamailio', 'baresip') || system === undefined || proxy === undefined) return
  const through = { address: '127.0.0.1', port: proxy.tlsPort, transport: 'tls' as const }
  const own = testPhoneFor(bob, proxyCa, { outboundProxy: through })
  const a = await startBaresip({
    folder: system.data.path,
    name: 'a',
    credentials: alice,
    tone: 440,
    outboundProxy: `sip:127.0.0.1:${proxy.tlsPort};transport=tls`,
  })
  try {
    await report.row(KAMAILIO, 'two phones register through it (Path)', async () => {
      await a.registered()
      assert.deepEqual((await own.register()).ok, true)
    })
    await report.row(
      KAMAILIO,
      'a call from baresip to the test phone, tone both ways, BYE from the called',
      async () => {
        const incoming = own.nextIncoming()
        const seen = a.events.length
        await a.dial('852')
        const call = await incoming
        call.speak(1000)
        await call.answer()
        await a.waitFor('CALL_ESTABLISHED', 5000, seen)
        await assertHears('baresip', a.measure, 1000)
        await assertHears('test phone', call.measureTone, 440)
        await call.hangup()
        await a.waitFor('CALL_CLOSED', 5000, seen)
      },
    )
    await report.row(KAMAILIO, 'a call from the test phone to baresip, hold, BYE from the called', async () => {
      const seen = a.events.length
      const call = own.call('851', { speak: 1000 })
      await a.waitFor('CALL_INCOMING', 5000, seen)
      await a.accept()
      assert.equal((await call.outcome).ok, true)
      await assertHears('baresip', a.measure, 1000)
      assert.equal(await call.hold(), 200)
      assert.equal(await call.resume(), 200)
      await assertHears('test phone', call.measureTone, 440)
      const ended = call.ended
      await a.hangup()
      assert.equal((await ended).by, 'them')
    })
  } finally {
    await a.stop()
    await own.stop()
  }
})
