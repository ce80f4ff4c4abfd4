import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { ManualClock } from '../base/clock.ts'
import type { KeyPairPem } from './certificate-authority.ts'
import { createAuthority, issueServerCertificate } from './certificate-authority.ts'
import { namesOfMachine } from './certificate-names.ts'
import { internalCertificate } from './internal-certificate.ts'
import type { TlsIdentity, TlsIdentityOptions } from './server-certificate.ts'
import { loadTlsIdentity, watchTlsIdentity } from './server-certificate.ts'

const DAY = 86_400_000
let folder: string
let clock: ManualClock
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-keys-'))
  clock = new ManualClock(Date.now())
})
afterEach(() => rmSync(folder, { recursive: true }))

function options(extra: Partial<TlsIdentityOptions> = {}): TlsIdentityOptions {
  return { dataDirectory: folder, domain: 'pbx.example.com', clock, ...extra }
}

function writePair(pair: KeyPairPem): { certificateFile: string; privateKeyFile: string } {
  const files = { certificateFile: join(folder, 'own.pem'), privateKeyFile: join(folder, 'own.key') }
  writeFileSync(files.certificateFile, pair.certificatePem)
  writeFileSync(files.privateKeyFile, pair.privateKeyPem, { mode: 0o600 })
  return files
}

async function ownPair(name = 'own.example.com', now = clock.now()): Promise<KeyPairPem> {
  return issueServerCertificate(await createAuthority('test', now), [name], now)
}

/** Lets promises settle after the manual clock ran a timer. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !condition(); turn++) await new Promise(resolve => setImmediate(resolve))
  assert.ok(condition(), 'it did not happen')
}

test('the first start makes an authority and a certificate that a TLS client accepts by name and by address', async () => {
  const identity = await loadTlsIdentity(options({ externalAddress: '203.0.113.7' }))
  assert.equal(identity.names[0], 'pbx.example.com')
  for (const name of ['127.0.0.1', '203.0.113.7']) assert.ok(identity.names.includes(name), name)
  assert.equal(identity.caPath, join(folder, 'ca.pem'))
  assert.equal(statSync(identity.caPath).mode & 0o777, 0o644)
  for (const file of ['server.key', 'ca.key', 'server.pem']) {
    assert.equal(statSync(join(folder, 'keys', file)).mode & 0o777, 0o600, file)
  }
  const leaf = new X509Certificate(identity.certificateChainPem)
  assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  assert.ok(leaf.validToDate.getTime() - leaf.validFromDate.getTime() <= 397 * DAY)
  assert.ok(leaf.validFromDate.getTime() < clock.now())
  assert.ok(leaf.checkIP('::1'))
  // For phones that compare addresses with dNSNames only.
  assert.match(leaf.subjectAltName ?? '', /\bDNS:127\.0\.0\.1\b/)
  const authority = new X509Certificate(readFileSync(identity.caPath))
  assert.ok(authority.ca)
  assert.ok(authority.validToDate.getTime() - clock.now() > 3_650 * DAY)
  for (const servername of ['pbx.example.com', '127.0.0.1']) await handshake(identity, servername)
})

async function handshake(identity: TlsIdentity, name: string): Promise<void> {
  const server = createServer({ cert: identity.certificateChainPem, key: identity.privateKeyPem })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const ca = readFileSync(identity.caPath)
  const socket = connect({ host: '127.0.0.1', port, ca, ...(name === '127.0.0.1' ? {} : { servername: name }) })
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  assert.equal(socket.authorized, true)
  socket.destroy()
  await new Promise(resolve => server.close(resolve))
}

test('the next start uses the same certificate; new names or 30 days left bring another of the same authority', async () => {
  const first = await internalCertificate(folder, ['pbx.example.com', '127.0.0.1'], clock.now())
  const authority = readFileSync(first.identity.caPath, 'utf8')
  const second = await internalCertificate(folder, ['127.0.0.1'], clock.now())
  assert.equal(second.issued, false)
  assert.equal(second.identity.fingerprint, first.identity.fingerprint)
  const grown = await internalCertificate(folder, ['pbx.example.com', '127.0.0.1', '192.0.2.9'], clock.now())
  assert.equal(grown.issued, true)
  const names = grown.identity.names
  const early = await internalCertificate(folder, names, grown.identity.notAfter - 31 * DAY)
  assert.equal(early.issued, false)
  const late = await internalCertificate(folder, names, grown.identity.notAfter - 29 * DAY)
  assert.equal(late.issued, true)
  assert.equal(readFileSync(late.identity.caPath, 'utf8'), authority)
})

test('a certificate without its key, after a crash between the two, is made anew', async () => {
  const first = await internalCertificate(folder, ['pbx.example.com'], clock.now())
  const other = await ownPair()
  writeFileSync(join(folder, 'keys', 'server.key'), other.privateKeyPem)
  const second = await internalCertificate(folder, ['pbx.example.com'], clock.now())
  assert.equal(second.issued, true)
  assert.notEqual(second.identity.fingerprint, first.identity.fingerprint)
})

test('a private key that others can read is refused', async () => {
  await loadTlsIdentity(options())
  chmodSync(join(folder, 'keys', 'server.key'), 0o644)
  await assert.rejects(loadTlsIdentity(options()), { code: 'KEYS_PRIVATE_KEY_EXPOSED' })
})

test('names: domain first, no link-local address, no invalid host name', () => {
  const interfaces = { eth0: [{ address: 'fe80::1' }, { address: '192.0.2.4' }, { address: '2001:db8::4' }] }
  const names = namesOfMachine({ domain: 'A.example' }, 'my_host', interfaces as never)
  assert.deepEqual(names, ['a.example', 'localhost', '127.0.0.1', '::1', '192.0.2.4', '2001:db8::4'])
})

test('the operator’s own certificate is checked before it is used', async () => {
  const good = await ownPair()
  const files = writePair(good)
  const certificate = files
  const identity = await loadTlsIdentity(options({ certificate }))
  assert.deepEqual(identity.names, ['own.example.com'])
  const refused = async (pattern: RegExp) =>
    assert.rejects(loadTlsIdentity(options({ certificate })), error => {
      assert.match((error as Error).message, pattern)
      return true
    })
  const other = await ownPair()
  writeFileSync(files.privateKeyFile, other.privateKeyPem)
  await refused(/own\.key is not the key of the first certificate in .*own\.pem/)
  writeFileSync(files.privateKeyFile, 'nothing')
  await refused(/own\.key holds no private key/)
  writePair(await ownPair('old.example.com', clock.now() - 500 * DAY))
  await refused(/own\.pem expired on \d{4}-\d\d-\d\d/)
  writePair(await ownPair('new.example.com', clock.now() + 10 * DAY))
  await refused(/own\.pem is not valid before/)
  writePair({ ...good, certificatePem: good.certificatePem + other.certificatePem })
  await refused(/out of order: certificate 2 did not issue certificate 1/)
  writeFileSync(files.certificateFile, 'nothing')
  await refused(/holds no certificate in PEM/)
  writePair(good)
  chmodSync(files.privateKeyFile, 0o640)
  await refused(/mode 0640/)
  rmSync(files.privateKeyFile)
  await refused(/own\.key does not exist/)
})

test('a chain of leaf, then issuer is accepted, and the issuer is what phones get', async () => {
  const authority = await createAuthority('chain', clock.now())
  const leaf = await issueServerCertificate(authority, ['own.example.com'], clock.now())
  const certificate = writePair({ ...leaf, certificatePem: leaf.certificatePem + authority.certificatePem })
  const identity = await loadTlsIdentity(options({ certificate }))
  assert.equal(
    new X509Certificate(readFileSync(identity.caPath)).fingerprint256,
    new X509Certificate(authority.certificatePem).fingerprint256,
  )
})

test('replaced files are taken over once they fit; what does not fit is refused once and the former stays', async () => {
  const certificate = writePair(await ownPair('one.example.com'))
  const identity = await loadTlsIdentity(options({ certificate }))
  const replaced: TlsIdentity[] = []
  const refused: string[] = []
  const stop = watchTlsIdentity(options({ certificate }), identity, {
    onReplace: next => void replaced.push(next),
    onRefused: refusal => void refused.push(refusal.reason),
  })
  const look = async () => {
    const before = clock.pendingCount
    clock.advance(2_000)
    await until(() => clock.pendingCount === before)
  }
  await look()
  assert.equal(replaced.length, 0)
  const next = await ownPair('two.example.com')
  writeFileSync(`${certificate.certificateFile}.new`, next.certificatePem)
  renameSync(`${certificate.certificateFile}.new`, certificate.certificateFile)
  await look()
  assert.deepEqual([replaced.length, refused.length], [0, 0], 'half of the replacement was judged')
  writeFileSync(certificate.privateKeyFile, next.privateKeyPem)
  await look()
  assert.deepEqual(
    replaced.map(each => each.names),
    [['two.example.com']],
  )
  writeFileSync(certificate.certificateFile, 'broken')
  for (let round = 0; round < 4; round++) await look()
  assert.equal(replaced.length, 1)
  assert.equal(refused.length, 1)
  assert.match(refused[0]!, /own\.pem holds no certificate/)
  stop()
  assert.equal(clock.pendingCount, 0)
})

test('our own certificate is renewed while the server runs, after the operator was told', async () => {
  const identity = await loadTlsIdentity(options())
  const replaced: TlsIdentity[] = []
  const stop = watchTlsIdentity(options(), identity, {
    onReplace: next => void replaced.push(next),
    onRefused: ({ reason }) => assert.fail(reason),
  })
  clock.advance(identity.notAfter - 29 * DAY - clock.now() - 3_600_000)
  await until(() => clock.pendingCount === 1)
  clock.advance(3_600_000)
  await until(() => replaced.length === 1)
  assert.ok(replaced[0]!.notAfter > identity.notAfter)
  stop()
})

test('a certificate that nobody renews is announced once a day', async () => {
  const certificate = writePair(await ownPair())
  const identity = await loadTlsIdentity(options({ certificate }))
  const told: number[] = []
  const late = new ManualClock(identity.notAfter - 10 * DAY)
  const stop = watchTlsIdentity(options({ certificate, clock: late }), identity, {
    onReplace: () => assert.fail('nothing changed'),
    onRefused: ({ reason }) => assert.fail(reason),
    onExpiring: (_identity, days) => void told.push(days),
  })
  for (let round = 0; round < 3; round++) {
    late.advance(2_000)
    await until(() => late.pendingCount === 1)
  }
  assert.deepEqual(told, [9])
  stop()
})

test('a client authority is read with the certificate', async () => {
  const file = join(folder, 'phones.pem')
  writeFileSync(file, (await createAuthority('phones', clock.now())).certificatePem)
  const identity = await loadTlsIdentity(options({ clientCa: file }))
  assert.match(identity.clientCaPem!, /BEGIN CERTIFICATE/)
  await assert.rejects(loadTlsIdentity(options({ clientCa: join(folder, 'absent.pem') })), /absent\.pem does not exist/)
})
