/** The certificate is replaced under live calls, by a good one and by one that does not fit. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { connect } from 'node:tls'
import { createTestAuthority, type TestAuthority } from '../../src/sip/transport/test-certificates.ts'
import { createRandom } from '../fuzz/engine/random.ts'
import { eventually, pause, temporaryFolder } from '../support/places.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { awaitEvents, eventsAfter, lastPosition } from './events.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { distribution, faultTest, scale } from './table.ts'
import { createTalkers, type Talkers } from './talk.ts'

const PAIRS = scale(5, 50)
const CALLS_PER_PAIR = 10
const CALLS = PAIRS * CALLS_PER_PAIR
const TIMES = scale(2, 5)

const folder = temporaryFolder('E-certificate')
const certificateFile = join(folder.path, 'server.pem')
const privateKeyFile = join(folder.path, 'server.key')
let authority: TestAuthority
let system: Ringfence
let fleet: Fleet
let talkers: Talkers

before(async () => {
  authority = await createTestAuthority()
  await writeCertificate()
  const config = join(folder.path, 'ringfence.yaml')
  const certificate = `certificate:\n  certificateFile: ${certificateFile}\n  privateKeyFile: ${privateKeyFile}\n`
  writeFileSync(config, `domain: pbx.example.com\n${certificate}`)
  system = await startRingfence({ name: 'E-certificate', arguments: ['--config', config] })
  const caPem = authority.certificatePem
  fleet = await startFleet({ system, caPem, random: createRandom(5), pairs: PAIRS, callsPerPair: CALLS_PER_PAIR })
  talkers = await createTalkers(system, ['3001', '3002'], caPem)
  await talkers.register()
})

after(async () => {
  await Promise.all([fleet?.stop(), talkers?.stop()])
  await system?.stop()
  folder.remove()
})

async function writeCertificate(): Promise<void> {
  const issued = await authority.issue(['pbx.example.com', '127.0.0.1'])
  writeFileSync(privateKeyFile, issued.privateKeyPem, { mode: 0o600 })
  writeFileSync(certificateFile, issued.certificateChainPem + authority.certificatePem)
}

/** Of the certificate that a new connection sees. */
function fingerprint(): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const { port } = system.ready.sipTls
  const socket = connect({ host: '127.0.0.1', port, ca: authority.certificatePem }, () =>
    resolve(socket.getPeerCertificate().fingerprint256),
  )
  socket.once('error', reject)
  return promise.finally(() => socket.destroy())
}

faultTest(
  {
    section: 'change',
    fault: 'the certificate is replaced',
    done: `${TIMES} times under ${CALLS} live calls, of which some end and begin`,
    holds: 'no call or registration drops, audio goes on, new connections see the new certificate, phones register',
    timeoutMs: 240_000,
  },
  async measured => {
    await fleet.whole(90_000)
    fleet.forget()
    const talk = await talkers.talk()
    const since = await lastPosition(system)
    const seen: number[] = []
    for (let i = 0; i < TIMES; i++) {
      const former = await fingerprint()
      const from = performance.now()
      await writeCertificate()
      await eventually(async () => (await fingerprint()) !== former, 30_000, 'the new certificate')
      seen.push(performance.now() - from)
      for (let n = 0; n < 5; n++) await fleet.hangUpOne()
      assert.equal(await fleet.registerOne(), undefined)
      await talk.heard()
    }
    await fleet.whole(30_000)
    assert.equal(await talk.call.hold(), 200)
    assert.equal(await talk.call.resume(), 200)
    await talk.heard()
    await talk.hangUp()
    assert.deepEqual(fleet.broken, [])
    assert.deepEqual(await eventsAfter(system, since, 'registration.flow-lost'), [])
    assert.equal((await awaitEvents(system, since, 'certificate.replaced', { count: TIMES })).length, TIMES)
    // Who connects now, connects to the new one.
    const late = await createTalkers(system, ['3003', '3004'], authority.certificatePem)
    await late.register()
    await (await late.talk()).hangUp()
    await late.stop()
    measured('calls dropped', fleet.broken.length)
    measured('from writing the files to the new certificate', distribution(seen, 'ms'))
  },
)

faultTest(
  {
    section: 'change',
    fault: 'a certificate that does not fit its key',
    done: `is put in place under ${CALLS} live calls`,
    holds: 'it is refused with an event that says why, the former one stays, no call drops',
  },
  async measured => {
    await fleet.whole(60_000)
    fleet.forget()
    const since = await lastPosition(system)
    const former = await fingerprint()
    const foreign = await authority.issue(['pbx.example.com'])
    writeFileSync(certificateFile, foreign.certificateChainPem)
    const [refused] = await awaitEvents(system, since, 'certificate.refused')
    assert.match(refused!.data.reason, /is not the key of/)
    assert.equal(await fingerprint(), former)
    await pause(500)
    assert.deepEqual(fleet.broken, [])
    assert.equal(fleet.live.size, CALLS)
    measured('calls dropped', fleet.broken.length)
  },
)
