/** SIPp and sipsak speak to the plain listener that exists as an exception: registrations, calls, OPTIONS. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { interopSection } from '../support/interop-report.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { freePort, pause, repositoryRoot } from '../support/places.ts'
import { runProcess } from '../support/processes.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { runSipp, type SippUser, startSipp } from '../support/sipp.ts'

const available = peerVersion('sipp') !== undefined || peerVersion('sipsak') !== undefined
const SIPP = `SIPp ${peerVersion('sipp')}`
const SIPSAK = `sipsak ${peerVersion('sipsak')}`
const USERS = 20
const report = interopSection('sipp', 'SIPp and sipsak', [
  'Both speak here over the UDP listener of `--allow-insecure-udp`; both read the first challenge only, and only MD5.',
])
const scenario = (name: string): string => join(repositoryRoot, 'test/interop/sipp', `${name}.xml`)

let system: Ringfence
let server: string
let domain: string
const users: SippUser[] = []

before(async () => {
  if (!available) return
  server = `127.0.0.1:${await freePort()}`
  system = await startRingfence({ name: 'sipp', arguments: ['--allow-insecure-udp', server] })
  const rows = ['extension,username,password']
  for (let i = 0; i < USERS; i++) {
    const number = String(300 + i)
    users.push({ username: `sipp-user-${number}`, password: `sipp-password-${number}-xyz` })
    rows.push(`${number},${users[i]!.username},${users[i]!.password}`)
  }
  const file = join(system.data.path, 'devices.csv')
  writeFileSync(file, `${rows.join('\n')}\n`)
  for (let i = 0; i < USERS; i++) await system.addExtension(String(300 + i))
  await system.json('device', 'import', file)
  domain = (await system.addDevice('300')).domain
})

after(async () => {
  await system?.stop()
  report.write()
})

test('sipp: registrations with digest over the plain listener', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'sipp')) return
  await report.row(SIPP, '20 phones register over UDP, digest MD5', async () => {
    const port = await freePort()
    const { code, output } = await runSipp({
      folder: system.data.path,
      name: 'register',
      scenario: scenario('register'),
      server,
      localPort: port,
      users,
      calls: USERS,
      rate: 50,
      digestUri: domain,
      keys: { domain, contact_port: String(port) },
    })
    assert.equal(code, 0, output.slice(-1500))
    const listed = await system.json<{ registered: boolean; protocol: string | null }[]>('device', 'list')
    assert.equal(listed.filter(device => device.registered && device.protocol === 'UDP').length, USERS)
  })
})

test('sipp: calls between two sipp, SRTP in the SDP, answered and hung up', { timeout: 90_000 }, async t => {
  if (!requirePeers(t, 'sipp')) return
  // Requests take the flow of the registration, so the called SIPp has to listen where it registered from.
  const port = await freePort()
  await registerFrom(port)
  const called = startSipp({
    folder: system.data.path,
    name: 'called',
    scenario: scenario('called'),
    server,
    localPort: port,
    calls: 30,
    timeoutSeconds: 30,
    // We offer four suites; SIPp answers with the last, AES_CM_128_HMAC_SHA1_80 (RFC 4568 §5.1.2).
    keys: { crypto_tag: '4' },
  })
  try {
    await report.row(SIPP, '30 calls over UDP, digest, INVITE to BYE', async () => {
      const { code, output } = await runSipp({
        folder: system.data.path,
        name: 'caller',
        scenario: scenario('caller'),
        server,
        localPort: await freePort(),
        users: users.slice(1),
        calls: 30,
        rate: 20,
        digestUri: `300@${domain}`,
        keys: { domain, target: '300' },
      })
      assert.equal(code, 0, output.slice(-1500))
      await pause(200)
      const past = await system.json<{ to: string; end: { cause: string } | null }[]>('calls', '--limit', '100')
      assert.equal(past.filter(call => call.to === '300' && call.end?.cause === 'normal').length, 30)
    })
  } finally {
    await called.stop()
  }
})

/** Registers extension 300 from and at this port. */
async function registerFrom(port: number): Promise<void> {
  const { code, output } = await runSipp({
    folder: system.data.path,
    name: 'register-called',
    scenario: scenario('register'),
    server,
    localPort: port,
    users: users.slice(0, 1),
    calls: 1,
    digestUri: domain,
    keys: { domain, contact_port: String(port) },
  })
  assert.equal(code, 0, output.slice(-1500))
}

test('sipsak: OPTIONS is answered', { timeout: 30_000 }, async t => {
  if (!requirePeers(t, 'sipsak')) return
  await report.row(SIPSAK, 'OPTIONS over the plain listener, from a source that it names', async () => {
    const { code, output } = await runProcess('sipsak', ['-vv', '-s', `sip:${server}`], { timeoutMs: 10_000 })
    assert.match(output, /SIP\/2\.0 200/)
    assert.equal(code, 0)
  })
})
