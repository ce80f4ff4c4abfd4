/** Secure by default is a test: the product started with an empty configuration, one assertion for each default. */
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import type { SystemStatus } from '../src/api/operations.ts'
import { configurationSchema } from '../src/config/schema.ts'
import type { PhoneCredentials } from './support/phone-credentials.ts'
import { pause } from './support/places.ts'
import { openPorts, processTree } from './support/process-figures.ts'
import { openRaw, rawRequest, SECURE_SDP } from './support/raw-sip.ts'
import { accepted, type Ringfence, startRingfence } from './support/ringfence.ts'

let system: Ringfence
let alice: PhoneCredentials

before(async () => {
  system = await startRingfence({ name: 'defaults' })
  alice = await system.addPhone('101')
})

after(() => system?.stop())

const defaults = configurationSchema.parse({})

async function status(): Promise<SystemStatus> {
  return accepted(await (await system.operations()).status())
}

/** The answer to one REGISTER without credentials. */
async function challengeFor(username: string): Promise<string> {
  const raw = await openRaw({ ...system.ready.sipTls, ca: system.caPem })
  const aor = `sip:${username}@${alice.domain}`
  raw.send(rawRequest({ method: 'REGISTER', uri: `sip:${alice.domain}`, from: aor }))
  await raw.waitFor(/\r\n\r\n/, 5_000)
  raw.destroy()
  return raw.received()
}

test('only TLS and WSS listen: UDP and TCP in clear are closed', async () => {
  assert.deepEqual(new Set(system.ready.listeners.map(listener => listener.transport)), new Set(['TLS', 'WSS']))
  assert.deepEqual(defaults.allowInsecureListeners, [])
  const known = new Set(system.ready.listeners.map(listener => `tcp 127.0.0.1:${listener.port}`))
  const { portFrom, portTo } = defaults.media
  const isMedia = (port: string): boolean => {
    const number = Number(/^udp .*:(\d+)$/.exec(port)?.[1] ?? 0)
    return number >= portFrom && number <= portTo
  }
  const unexpected = openPorts(processTree(system.process.pid)).filter(port => !known.has(port) && !isMedia(port))
  assert.deepEqual(unexpected, [])
})

test('no weakening is in force', async () => {
  const { weakened, listeners } = await status()
  assert.deepEqual(weakened, [])
  assert.ok(listeners.every(listener => !listener.insecure))
})

test('SIP in clear on the TLS port gets not one byte', async () => {
  const raw = await openRaw(system.ready.sipTls)
  raw.send(rawRequest({ method: 'OPTIONS', uri: `sip:${alice.domain}`, from: 'sip:a@b.example' }))
  await Promise.race([raw.closed, pause(2_000)])
  assert.doesNotMatch(raw.received(), /SIP\/2\.0/)
  raw.destroy()
})

for (const { version, works } of [
  { version: 'TLSv1.1', works: false },
  { version: 'TLSv1.2', works: true },
  { version: 'TLSv1.3', works: true },
] as const) {
  test(`${version} is ${works ? 'spoken' : 'refused'}, on both listeners`, async () => {
    for (const { address, port } of [system.ready.sipTls, system.ready.https]) {
      const outcome = await handshake(address, port, version)
      assert.equal(outcome, works ? version : 'refused')
    }
  })
}

function handshake(host: string, port: number, version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket: TLSSocket = connect({
    host,
    port,
    ca: system.caPem,
    minVersion: version,
    maxVersion: version,
    // OpenSSL speaks TLS 1.1 only below its default security level.
    ciphers: 'DEFAULT:@SECLEVEL=0',
    checkServerIdentity: () => undefined,
  })
  socket.once('secureConnect', () => resolve(socket.getProtocol() ?? 'none'))
  socket.once('error', () => resolve('refused'))
  return promise.finally(() => socket.destroy())
}

test('the certificate names the domain and the address, and phones can verify it', async () => {
  const { certificate, domain } = await status()
  assert.ok(certificate.names.includes(domain))
  assert.ok(certificate.names.includes('127.0.0.1'))
  const socket = connect({ ...system.ready.sipTls, host: '127.0.0.1', ca: system.caPem, servername: domain })
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  assert.equal(socket.authorized, true)
  socket.destroy()
})

test('SHA-256 is offered first, MD5 second and only over TLS', async () => {
  const answer = await challengeFor(alice.username)
  const algorithms = [...answer.matchAll(/^WWW-Authenticate:.*algorithm=([A-Z0-9-]+)/gim)].map(match => match[1])
  assert.deepEqual(algorithms, ['SHA-256', 'MD5'])
})

test('known and unknown users get the same answer', async () => {
  const shape = (answer: string): string =>
    answer
      .replace(/nonce="[^"]*"/g, 'nonce=""')
      .replace(/(tag=|branch=|Call-ID: )[^;\s]+/g, '$1')
      .replace(/rport=\d+/g, 'rport')
      .replace(/sip:[^@]+@/g, 'sip:user@')
  assert.equal(shape(await challengeFor(alice.username)), shape(await challengeFor('nobodyhere42')))
})

test('an answer names no product and no version', async () => {
  assert.doesNotMatch(await challengeFor(alice.username), /^(Server|User-Agent):|ringfence\//im)
})

for (const method of ['INVITE', 'MESSAGE', 'SUBSCRIBE', 'REFER', 'OPTIONS']) {
  test(`${method} of an unknown source gets no answer`, async () => {
    const raw = await openRaw({ ...system.ready.sipTls, ca: system.caPem, localAddress: '127.0.0.67' })
    const body = method === 'INVITE' ? SECURE_SDP : ''
    const headers =
      method === 'INVITE' ? ['Content-Type: application/sdp'] : ['Refer-To: <sip:1@x.example>', 'Event: x']
    raw.send(rawRequest({ method, uri: `sip:101@${alice.domain}`, from: 'sip:a@b.example', headers, body }))
    await pause(500)
    assert.equal(raw.received(), '')
    raw.destroy()
  })
}

test('secrets are generated, long, and say nothing of the extension', () => {
  assert.ok(alice.password.length >= 24)
  assert.ok(alice.username.length >= 10)
  assert.ok(!alice.username.includes('101'))
})

test('keys can be read by their owner only', () => {
  const folder = join(system.data.path, 'keys')
  const files = readdirSync(folder)
  assert.ok(files.includes('master.key'))
  assert.equal(statSync(folder).mode & 0o077, 0)
  for (const file of files) assert.equal(statSync(join(folder, file)).mode & 0o077, 0, file)
})

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

function ask(path: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const { address, port } = system.ready.https
  const call = request({ host: address, port, path, ca: system.caPem, agent: false }, response => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8')
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
  })
  call.once('error', reject)
  call.end()
  return promise
}

test('the HTTPS listener answers with strict headers and gives nothing away', async () => {
  for (const path of ['/', '/nothing', '/index.php', '/api/v1/status', '/enrol']) {
    const { status, headers, body } = await ask(path)
    assert.match(String(headers['strict-transport-security']), /max-age/, path)
    assert.match(String(headers['content-security-policy']), /^default-src 'none'/, path)
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/, path)
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|\*/, path)
    assert.equal(headers['x-content-type-options'], 'nosniff', path)
    assert.equal(headers['server'], undefined, path)
    assert.equal(headers['x-powered-by'], undefined, path)
    // Without its build the console says so with 503; a path that is none of its pages is not found.
    const expected = path === '/api/v1/status' ? [401] : path === '/' || path === '/enrol' ? [200, 503] : [404]
    assert.ok(expected.includes(status), `${path}: ${status}`)
    if (path !== '/api/v1/status') assert.doesNotMatch(body, /ringfence \d|"version"/i, path)
  }
})

test('the firewall bans nobody by lists or geography, allows nobody, and every rule is on', () => {
  assert.deepEqual(defaults.firewall, {
    lists: [],
    countries: [],
    networks: [],
    decoys: [],
    allow: [],
    modes: {},
    kernel: 'auto',
  })
})

test('bounds of the default configuration', () => {
  assert.equal(defaults.sipTlsPort, 5_061)
  assert.equal(defaults.httpsPort, 8_443)
  assert.equal(defaults.limits.messageSize, 65_535)
  assert.equal(defaults.limits.messagesPerSecondPerSource, 20)
  assert.deepEqual(defaults.registration, { min: 60, max: 3_600, default: 600 })
  assert.deepEqual(defaults.knownNetworks, [])
})
