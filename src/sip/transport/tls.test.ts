import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { before, type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect as connectTls, getCACertificates, type TLSSocket } from 'node:tls'
import { createTestAuthority, type TestAuthority, type TestIdentity } from './test-certificates.ts'
import { rawClient, request, startLayer, until } from './test-layer.ts'
import { clientTlsOptions } from './tls-settings.ts'

const TLS = [{ protocol: 'TLS', address: '127.0.0.1', port: 0 }] as const
let authority: TestAuthority
let identity: TestIdentity

before(async () => {
  authority = await createTestAuthority()
  identity = await authority.issue(['pbx.example.com', '127.0.0.1'])
})

function tlsClient(t: TestContext, port: number, options: ConnectionOptions = {}) {
  const all = { port, host: '127.0.0.1', ca: authority.certificatePem, servername: 'pbx.example.com', ...options }
  return rawClient(t, port, () => connectTls(all), 'secureConnect')
}

/** How a handshake ends: the code of the error, or `established`. */
async function handshake(t: TestContext, port: number, options: ConnectionOptions): Promise<string> {
  const all = { port, host: '127.0.0.1', ca: authority.certificatePem, servername: 'pbx.example.com', ...options }
  const socket = connectTls(all)
  t.after(() => void socket.destroy())
  return new Promise(resolve => {
    socket.once('secureConnect', () => resolve('established'))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    socket.once('close', () => resolve('closed'))
  })
}

test('TLS 1.3 and 1.2: a request is answered, and the flow says what protects it', async t => {
  const { port, messages } = await startLayer(t, { listeners: TLS, tls: identity })
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const client = await tlsClient(t, port('TLS'), { maxVersion })
    client.socket.write(request('TLS'))
    await until(() => client.text.includes('200 OK'))
    const { flow } = messages.at(-1)!
    assert.equal(flow.secure, true)
    assert.equal(flow.tls?.protocol, maxVersion)
    assert.match(flow.tls!.cipher, /^TLS_.*(GCM|POLY1305)/)
    assert.equal(flow.tls!.clientCertificate, undefined)
  }
})

test('RFC 9325: nothing below TLS 1.2, no CBC, no key exchange without forward secrecy', async t => {
  const { port, refusedConnections } = await startLayer(t, { listeners: TLS, tls: identity })
  const refused: ConnectionOptions[] = [
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA' },
    { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
  ]
  for (const options of refused) assert.notEqual(await handshake(t, port('TLS'), options), 'established')
  await until(() => refusedConnections.length === refused.length)
  for (const reason of refusedConnections) assert.match(reason, /^TLS handshake failed: ERR_SSL_/)
})

test('no renegotiation', async t => {
  const { port } = await startLayer(t, { listeners: TLS, tls: identity })
  const client = await tlsClient(t, port('TLS'), { maxVersion: 'TLSv1.2' })
  const outcome = new Promise<string>(resolve => {
    client.socket.once('close', () => resolve('closed'))
    client.socket.once('error', () => resolve('refused'))
    const started = (client.socket as TLSSocket).renegotiate({ rejectUnauthorized: true }, error =>
      resolve(error === null ? 'renegotiated' : 'refused'),
    )
    if (started === false) resolve('refused')
  })
  assert.notEqual(await outcome, 'renegotiated')
})

test('an ECDSA certificate is preferred where there are two; a client that knows RSA only gets the other', async t => {
  const alternative = await authority.issue(['pbx.example.com'], 'rsa')
  const { port } = await startLayer(t, { listeners: TLS, tls: { ...identity, alternative } })
  const modern = await tlsClient(t, port('TLS'))
  assert.equal((modern.socket as TLSSocket).getPeerX509Certificate()!.publicKey.asymmetricKeyType, 'ec')
  const old = await tlsClient(t, port('TLS'), { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })
  assert.equal((old.socket as TLSSocket).getPeerX509Certificate()!.publicKey.asymmetricKeyType, 'rsa')
})

test('a client certificate is asked for when a client CA is configured, and judged, not demanded', async t => {
  const devices = await createTestAuthority('Devices')
  const strangers = await createTestAuthority('Strangers')
  const tls = { ...identity, clientCaPem: devices.certificatePem }
  const { port, messages } = await startLayer(t, { listeners: TLS, tls })
  const ours = await devices.issue(['phone-1.example.com'])
  const theirs = await strangers.issue(['phone-1.example.com'])
  const cases = [[ours, true] as const, [theirs, false] as const, [undefined, undefined] as const]
  for (const [pair, trusted] of cases) {
    const shown = pair === undefined ? {} : { cert: pair.certificateChainPem, key: pair.privateKeyPem }
    const client = await tlsClient(t, port('TLS'), shown)
    client.socket.write(request('TLS'))
    await until(() => client.text.includes('200 OK'))
    const certificate = messages.at(-1)!.flow.tls!.clientCertificate
    assert.equal(certificate?.trusted, trusted)
    if (certificate === undefined) continue
    assert.match(certificate.fingerprint, /^[0-9a-f]{64}$/)
    assert.deepEqual(certificate.subjectAlternativeNames, ['DNS:phone-1.example.com'])
    assert.match(certificate.subject, /phone-1/)
  }
})

test('a resumed session carries the client certificate and its verdict', async t => {
  const devices = await createTestAuthority('Devices')
  const strangers = await createTestAuthority('Strangers')
  const { port, messages } = await startLayer(t, {
    listeners: TLS,
    tls: { ...identity, clientCaPem: devices.certificatePem },
  })
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    for (const [from, trusted] of [[devices, true] as const, [strangers, false] as const]) {
      const pair = await from.issue(['phone-1.example.com'])
      const shown = { cert: pair.certificateChainPem, key: pair.privateKeyPem, maxVersion }
      const first = await tlsClient(t, port('TLS'), shown)
      const ticket = once(first.socket, 'session') as Promise<[Buffer]>
      first.socket.write(request('TLS'))
      await until(() => first.text.includes('200 OK'))
      const session = maxVersion === 'TLSv1.2' ? (first.socket as TLSSocket).getSession()! : (await ticket)[0]
      const second = await tlsClient(t, port('TLS'), { ...shown, session })
      assert.equal((second.socket as TLSSocket).isSessionReused(), true)
      second.socket.write(request('TLS'))
      await until(() => second.text.includes('200 OK'))
      assert.equal(messages.at(-1)!.flow.tls!.clientCertificate?.trusted, trusted)
    }
  }
})

test('the identity is replaced for new handshakes while bytes flow on the old connections', async t => {
  const { port, layer, closed } = await startLayer(t, { listeners: TLS, tls: identity })
  const clients = await Promise.all(Array.from({ length: 20 }, () => tlsClient(t, port('TLS'))))
  const before = (clients[0]!.socket as TLSSocket).getPeerX509Certificate()!.fingerprint256
  layer.replaceTlsIdentity(await authority.issue(['pbx.example.com']))
  for (const client of clients) client.socket.write(request('TLS'))
  await until(() => clients.every(client => client.text.includes('200 OK')))
  const late = await tlsClient(t, port('TLS'))
  assert.notEqual((late.socket as TLSSocket).getPeerX509Certificate()!.fingerprint256, before)
  late.socket.write(request('TLS'))
  await until(() => late.text.includes('200 OK'))
  assert.deepEqual(closed, [])
  assert.throws(() => layer.replaceTlsIdentity({ certificateChainPem: 'x', privateKeyPem: 'y' }), {
    code: 'TRANSPORT_TLS_IDENTITY',
  })
  const still = await tlsClient(t, port('TLS'))
  assert.equal(still.ended, false)
})

test('a half-open handshake ends after 10 s, silent or half said; what is not TLS at once', async t => {
  const { port, clock, layer, refusedConnections } = await startLayer(t, { listeners: TLS, tls: identity })
  const silent = await rawClient(t, port('TLS'))
  const halfSaid = await rawClient(t, port('TLS'))
  halfSaid.socket.write(Buffer.from([22, 3, 1, 2, 0, 1, 0]))
  const plain = await rawClient(t, port('TLS'))
  plain.socket.write(request('TCP'))
  await until(() => plain.ended)
  assert.deepEqual(refusedConnections, ['not TLS'])
  await until(() => layer.counts.handshakes === 2)
  clock.advance(9_000)
  assert.equal(layer.counts.handshakes, 2)
  clock.advance(2_000)
  await until(() => silent.ended && halfSaid.ended)
  assert.equal(layer.counts.handshakes, 0)
  assert.deepEqual(refusedConnections.slice(1), ['handshake timeout', 'handshake timeout'])
})

test('a handshake that stalls after its ClientHello ends, too', async t => {
  const { port, clock, layer } = await startLayer(t, { listeners: TLS, tls: identity })
  const proxy = await rawClient(t, port('TLS'))
  const hello = await captureClientHello(t)
  proxy.socket.write(hello)
  await until(() => proxy.text.length > 0)
  assert.equal(layer.counts.handshakes, 1)
  clock.advance(11_000)
  await until(() => proxy.ended)
  assert.equal(layer.counts.handshakes, 0)
})

test('half-open handshakes are bounded in all', async t => {
  const { port, layer, refusedConnections } = await startLayer(t, {
    listeners: TLS,
    tls: identity,
    limits: { maximumHandshakes: 3 },
  })
  for (let i = 0; i < 3; i++) await rawClient(t, port('TLS'))
  await until(() => layer.counts.handshakes === 3)
  const fourth = await rawClient(t, port('TLS'))
  await until(() => fourth.ended)
  assert.deepEqual(refusedConnections, ['too many handshakes'])
})

test('a TLS listener without a certificate is refused before it starts', async t => {
  await assert.rejects(startLayer(t, { listeners: TLS }), { code: 'TRANSPORT_TLS_IDENTITY' })
})

test('RFC 5922: we connect only to whom the certificate names, by an authority that we trust', async t => {
  const server = await startLayer(t, { listeners: TLS, tls: identity })
  const at = { protocol: 'TLS', address: '127.0.0.1', port: server.port('TLS') } as const
  const client = await startLayer(t, { trustedCaPem: [authority.certificatePem] })
  const flow = await client.layer.connect({ ...at, serverName: 'pbx.example.com' })
  client.layer.send(flow, request('TLS'))
  await until(() => client.messages.length === 1)
  assert.equal(flow.tls?.protocol, 'TLSv1.3')
  assert.equal((await client.layer.connect({ ...at, serverName: undefined })).open, true, 'by its IP address')
  await assert.rejects(client.layer.connect({ ...at, serverName: 'other.example.com' }), {
    code: 'TRANSPORT_PEER_UNTRUSTED',
    message: /is for pbx\.example\.com, not for other\.example\.com/,
  })
  const other = await createTestAuthority('Other')
  const wary = await startLayer(t, { trustedCaPem: [other.certificatePem] })
  await assert.rejects(wary.layer.connect({ ...at, serverName: 'pbx.example.com' }), {
    code: 'TRANSPORT_PEER_UNTRUSTED',
  })
  assert.equal(wary.opened.length, 0)
})

test('a target may name a further authority and other names: for itself only, with connections of its own', async t => {
  const server = await startLayer(t, { listeners: TLS, tls: identity })
  const other = await createTestAuthority('Other')
  const client = await startLayer(t, { trustedCaPem: [other.certificatePem] })
  const at = { protocol: 'TLS', address: '127.0.0.1', port: server.port('TLS'), serverName: 'pbx.example.com' } as const
  const authorityPem = authority.certificatePem
  const untrusted = { code: 'TRANSPORT_PEER_UNTRUSTED' }
  await assert.rejects(client.layer.connect(at), untrusted)
  const flow = await client.layer.connect({ ...at, trust: { names: [], authorityPem } })
  assert.deepEqual(flow.tls?.serverCertificate?.subjectAlternativeNames, [
    'DNS:pbx.example.com',
    'IP Address:127.0.0.1',
  ])
  assert.ok(flow.tls.serverCertificate.notAfter > Date.now())
  // Who does not trust that authority does not get the connection of who does.
  await assert.rejects(client.layer.connect(at), untrusted)
  await assert.rejects(client.layer.connect({ ...at, trust: { names: ['other.example.com'], authorityPem } }), {
    ...untrusted,
    message: /is for pbx\.example\.com, not for other\.example\.com/,
  })
  await assert.rejects(client.layer.connect({ ...at, trust: { names: ['a.example', 'b.example'], authorityPem } }), {
    ...untrusted,
    message: /none of a\.example, b\.example/,
  })
  const named = {
    ...at,
    serverName: 'sip.provider.example',
    trust: { names: ['x.example', 'pbx.example.com'], authorityPem },
  }
  const first = await client.layer.connect({ ...named, pool: 'first' })
  assert.equal(await client.layer.connect({ ...named, pool: 'first' }), first)
  assert.notEqual(await client.layer.connect({ ...named, pool: 'second' }), first)
  await assert.rejects(client.layer.connect({ ...at, trust: { names: [], authorityPem: 'no certificate' } }), {
    name: 'TransportError',
  })
})

test('the authorities of the runtime stay trusted beside a further one', () => {
  const { ca } = clientTlsOptions(undefined, undefined, authority.certificatePem)
  assert.deepEqual(ca, [...getCACertificates(), authority.certificatePem])
  assert.equal(clientTlsOptions(undefined, undefined).ca, undefined)
})

test('connect gives up on a peer that never completes the handshake', async t => {
  const server = await startLayer(t, { listeners: [{ ...TLS[0], protocol: 'TCP' }] })
  const client = await startLayer(t, { trustedCaPem: [authority.certificatePem], limits: { connectSeconds: 10 } })
  const target = { protocol: 'TLS', address: '127.0.0.1', port: server.port('TCP'), serverName: 'x' } as const
  const pending = assert.rejects(client.layer.connect(target), /TRANSPORT|TLS/)
  await until(() => server.opened.length === 1)
  client.clock.advance(11_000)
  await pending
})

async function captureClientHello(t: TestContext): Promise<Buffer> {
  const server = createServer()
  t.after(() => void server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const client = connectTls({ port, host: '127.0.0.1', servername: 'pbx.example.com' })
  client.on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return bytes
}

test('a peer that sends much at once and reads it all gets every answer', async t => {
  const { port, closed } = await startLayer(t, { listeners: TLS, tls: identity })
  const client = await tlsClient(t, port('TLS'))
  const count = 8_000
  client.socket.write(Array.from({ length: count }, (_, i) => request('TLS', { callId: `c${i}` })).join(''))
  await until(() => closed.length > 0 || client.text.includes(`Call-ID: c${count - 1}\r\n`), 'all answers')
  assert.equal(closed.length, 0)
  assert.equal(client.text.match(/SIP\/2\.0 200 OK/g)!.length, count)
})
