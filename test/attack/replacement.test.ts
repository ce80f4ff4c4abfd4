/** Things that change or break under live calls: the certificate is replaced, the database dies. The calls stay up. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import type { EventType } from '../../src/events/catalogue.ts'
import type { LoggedEvent } from '../../src/events/event-log.ts'
import type { PhoneCall } from '../../src/test-phone/call.ts'
import type { TestPhone } from '../../src/test-phone/test-phone.ts'
import { createTestAuthority, type TestAuthority } from '../../src/sip/transport/test-certificates.ts'
import { toneHeard } from '../../src/test-phone/tone.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { eventually, temporaryFolder } from '../support/places.ts'
import { processTree } from '../support/process-figures.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'

const folder = temporaryFolder('replacement')
const certificateFile = join(folder.path, 'server.pem')
const privateKeyFile = join(folder.path, 'server.key')
const phones: TestPhone[] = []
let authority: TestAuthority
let system: Ringfence
let alice: PhoneCredentials
let bob: PhoneCredentials

async function writeCertificate(): Promise<void> {
  const issued = await authority.issue(['pbx.example.com', '127.0.0.1'])
  writeFileSync(privateKeyFile, issued.privateKeyPem, { mode: 0o600 })
  writeFileSync(certificateFile, issued.certificateChainPem + authority.certificatePem)
}

before(async () => {
  authority = await createTestAuthority()
  await writeCertificate()
  const config = join(folder.path, 'ringfence.yaml')
  writeFileSync(
    config,
    `domain: pbx.example.com\ncertificate:\n  certificateFile: ${certificateFile}\n  privateKeyFile: ${privateKeyFile}\n`,
  )
  system = await startRingfence({ name: 'replacement', arguments: ['--config', config] })
  alice = await system.addPhone('701')
  bob = await system.addPhone('702')
})

after(async () => {
  await Promise.all(phones.map(phone => phone.stop()))
  await system?.stop()
  folder.remove()
})

function fingerprint(): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const { port } = system.ready.sipTls
  const socket = connect({ host: '127.0.0.1', port, ca: authority.certificatePem }, () =>
    resolve(socket.getPeerCertificate().fingerprint256),
  )
  socket.once('error', reject)
  return promise.finally(() => socket.destroy())
}

async function eventsOf(type: EventType): Promise<readonly LoggedEvent[]> {
  return accepted(await (await system.operations()).events({ types: [type], limit: 10 }))
}

async function registered(credentials: PhoneCredentials): Promise<TestPhone> {
  const phone = testPhoneFor(credentials, authority.certificatePem)
  phones.push(phone)
  const outcome = await phone.register()
  assert.equal(outcome.ok, true, JSON.stringify(outcome))
  return phone
}

async function callBetween(a: TestPhone, b: TestPhone): Promise<{ caller: PhoneCall; called: PhoneCall }> {
  const incoming = b.nextIncoming(10_000)
  const caller = a.call('702')
  const called = await incoming
  await called.answer()
  assert.equal((await caller.outcome).ok, true)
  return { caller, called }
}

async function hears(listener: PhoneCall, speaker: PhoneCall, frequency: number): Promise<void> {
  await eventually(
    async () => {
      void speaker.sendTone(frequency, 700)
      return toneHeard(await listener.measureTone(frequency, 400))
    },
    10_000,
    `${frequency} Hz`,
  )
}

test('a certificate is replaced under a live call, which goes on and ends in order', { timeout: 60_000 }, async () => {
  const a = await registered(alice)
  const b = await registered(bob)
  const { caller, called } = await callBetween(a, b)
  await hears(called, caller, 1000)
  const before = await fingerprint()
  await writeCertificate()
  await eventually(async () => (await fingerprint()) !== before, 15_000, 'the new certificate')
  await hears(called, caller, 440)
  await hears(caller, called, 620)
  await caller.hold()
  await caller.resume()
  await hears(called, caller, 900)
  await called.hangup()
  assert.equal((await eventsOf('certificate.replaced')).length, 1)
  // Who registers now sees the new certificate only.
  assert.equal((await a.register()).ok, true)
})

test('a certificate that does not fit its key is refused, and the former one stays', { timeout: 60_000 }, async () => {
  const before = await fingerprint()
  const foreign = await authority.issue(['pbx.example.com'])
  writeFileSync(certificateFile, foreign.certificateChainPem)
  const events = await eventually(
    async () => {
      const found = await eventsOf('certificate.refused')
      return found.length > 0 && found
    },
    20_000,
    'the refusal',
  )
  assert.match(JSON.stringify(events), /is not the key of/)
  assert.equal(await fingerprint(), before)
})

test('the database is killed under a live call: the call goes on, a new one waits until it is back', {
  timeout: 90_000,
}, async () => {
  const [a, b] = phones as [TestPhone, TestPhone]
  const { caller, called } = await callBetween(a, b)
  process.kill(databaseProcess(), 'SIGKILL')
  await hears(called, caller, 800)
  await eventually(
    async () => accepted(await (await system.operations()).status()).store === 'available',
    20_000,
    'the database back',
  )
  await caller.hangup()
  const { caller: second } = await callBetween(a, b)
  await second.hangup()
  const records = await eventually(
    async () => {
      const found = accepted(await (await system.operations()).callsPast({ limit: 10 }))
      return found.length >= 3 && found.every(record => record.end !== undefined) && found
    },
    10_000,
    'three records with an end',
  )
  assert.deepEqual(new Set(records.map(record => record.end?.cause)), new Set(['normal']))
})

/** The process that all others of the embedded database descend from. */
function databaseProcess(): number {
  const found = processTree(system.process.pid).find(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.endsWith('/postgres') === true
    } catch {
      return false
    }
  })
  assert.ok(found !== undefined, 'no postgres process')
  return found
}
