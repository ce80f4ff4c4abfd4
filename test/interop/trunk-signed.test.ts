/** Calls that the running server signs, as a provider sees them, and as a verifier that has the certificate judges them. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { createVerifier } from '../../src/stir/verifier.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { issue, rootAuthority, type Signatory } from '../support/caller-identity.ts'
import { interopSection } from '../support/interop-report.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { temporaryFolder } from '../support/places.ts'
import {
  connect,
  OUTSIDE,
  OUTSIDE_DIALLED,
  type OutsideWorld,
  OWNED,
  phoneBehind,
  startOutsideWorld,
} from '../support/provider/outside-world.ts'
import { type Provider, startProvider } from '../support/provider/provider.ts'
import { requestsOf } from '../support/provider/seen.ts'
import { accepted } from '../support/ringfence.ts'

const CERTIFICATE_URL = 'https://calls.example/certificate.pem'
const report = interopSection('trunk-signed', 'Signed calls (STIR/SHAKEN) at a provider', [
  'The key is in the configuration, the trunk wants signatures; Kamailio shows what arrives, and a verifier with the certificate judges it.',
])
const files = temporaryFolder('trunk-signed-keys')
let root: Signatory
let leaf: Signatory
let world: OutsideWorld
let provider: Provider
let alice: TestPhone
let outside: TestPhone

before(async () => {
  if (peerVersion('kamailio') === undefined) return
  root = await rootAuthority(Date.now())
  leaf = await issue(root, Date.now(), 'Example business')
  const key = join(files.path, 'calls.key')
  writeFileSync(key, leaf.privateKeyPem, { mode: 0o600 })
  const settings = `callerIdentity:\n  privateKeyFile: ${key}\n  certificateUrl: ${CERTIFICATE_URL}\n`
  world = await startOutsideWorld('trunk-signed', { settings })
  provider = await startProvider({ kind: 'tls-digest', address: '127.0.0.37' })
  world.cleanUp.push(provider.stop)
  await world.addTrunk('provider', provider, { signIdentity: true })
  alice = await world.phone('101')
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
  outside = await phoneBehind(world, provider)
})

after(async () => {
  await world?.stop()
  files.remove()
  report.write()
})

test('the provider gets a signature that verifies, for this caller and this callee', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'kamailio')) return
  await world.trunkIs('provider', 'up')
  await report.row(
    `Kamailio ${peerVersion('kamailio')}`,
    'a call out is signed with attestation A, again after its challenge',
    async () => {
      const { call } = await connect(alice, outside, OUTSIDE_DIALLED)
      const invites = requestsOf(provider.seen(), 'INVITE')
      const headers = invites.map(invite => invite.header('Identity') ?? '')
      assert.ok(headers.length >= 2 && headers.every(value => value !== ''))
      const verifier = createVerifier({
        clock: systemClock,
        fetchCertificate: async url => {
          assert.equal(url, CERTIFICATE_URL)
          return leaf.pem
        },
        trustAnchors: [new X509Certificate(root.pem)],
      })
      const date = invites.at(-1)?.header('Date')
      const input = { identityHeaders: [headers.at(-1)!], from: OWNED, to: OUTSIDE, date }
      const verification = await verifier.verify(input)
      assert.equal(verification.outcome, 'passed', verification.detail)
      assert.equal(verification.attestation, 'A')
      const forOther = await verifier.verify({ ...input, to: '+4930901821' })
      assert.equal(forOther.fault, 'wrong-callee')
      await call.hangup()
    },
  )
  await world.quiet()
})
