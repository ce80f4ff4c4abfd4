import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { before, type TestContext, test } from 'node:test'
import { type ClientOptions, WebSocket } from 'ws'
import { createTestAuthority, type TestAuthority, type TestIdentity } from './test-certificates.ts'
import { rawClient, request, startLayer, until } from './test-layer.ts'

const WS = [{ protocol: 'WS', address: '127.0.0.1', port: 0 }] as const
const WSS = [{ protocol: 'WSS', address: '127.0.0.1', port: 0 }] as const
let authority: TestAuthority
let identity: TestIdentity

before(async () => {
  authority = await createTestAuthority()
  identity = await authority.issue(['pbx.example.com', '127.0.0.1'])
})

interface Client {
  readonly socket: WebSocket
  readonly received: { readonly text: string; readonly binary: boolean }[]
  code: number | undefined
}

async function webClient(
  t: TestContext,
  url: string,
  protocols = ['sip'],
  options: ClientOptions = {},
): Promise<Client> {
  const socket = new WebSocket(url, protocols, { ca: authority.certificatePem, ...options } as ClientOptions)
  const client: Client = { socket, received: [], code: undefined }
  socket.on('message', (data: Buffer, binary) => client.received.push({ text: data.toString('latin1'), binary }))
  socket.on('close', code => {
    client.code = code
  })
  t.after(() => socket.terminate())
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.on('error', reject)
  })
  return client
}

test('RFC 7118: subprotocol sip, one message in a frame, text where it is UTF-8', async t => {
  const { port, messages, opened } = await startLayer(t, { listeners: WS })
  const client = await webClient(t, `ws://127.0.0.1:${port('WS')}/sip`)
  assert.equal(client.socket.protocol, 'sip')
  assert.equal(client.socket.extensions, '')
  client.socket.send(request('WS', { via: 'df7jal23ls0d.invalid;rport' }))
  await until(() => client.received.length === 1)
  assert.equal(client.received[0]!.binary, false)
  assert.match(client.received[0]!.text, /^SIP\/2\.0 200 OK/)
  assert.equal(messages[0]!.flow, opened[0])
  assert.equal(messages[0]!.flow.protocol, 'WS')
  assert.equal(messages[0]!.message.topmostVia.received, '127.0.0.1')
  client.socket.send('\r\n\r\n')
  await until(() => client.received.length === 2)
  assert.equal(client.received[1]!.text, '\r\n')
})

test('fragments of a frame are one message; Content-Length may be missing', async t => {
  const { port, messages } = await startLayer(t, { listeners: WS })
  const client = await webClient(t, `ws://127.0.0.1:${port('WS')}/`)
  const text = request('WS').replace('Content-Length: 0\r\n', '')
  for (let at = 0; at < text.length; at++) client.socket.send(text[at]!, { fin: at === text.length - 1 })
  await until(() => messages.length === 1)
})

test('a page of another site opens none (RFC 6455 §10.2), one that is listed and what is no browser do', async t => {
  const { port, opened } = await startLayer(t, { listeners: WS, webSocketOrigins: ['https://phone.example.com'] })
  const url = `ws://127.0.0.1:${port('WS')}/sip`
  const from = (origin: string): Promise<Client> => webClient(t, url, ['sip'], { headers: { origin } })
  const own = `http://127.0.0.1:${port('WS')}`
  const others = [
    'https://evil.example',
    'http://phone.example.com',
    'https://phone.example.com.evil.example',
    'null',
    '',
  ]
  for (const origin of [...others, own.replace('http:', 'https:'), `${own}0`, 'http://127.0.0.1'])
    await assert.rejects(from(origin), /403/, origin)
  assert.equal(opened.length, 0)
  for (const origin of ['https://phone.example.com', own]) assert.equal((await from(origin)).socket.protocol, 'sip')
})

test('another path, another subprotocol and a plain request are refused', async t => {
  const { port, opened } = await startLayer(t, { listeners: WS })
  const base = `ws://127.0.0.1:${port('WS')}`
  await assert.rejects(webClient(t, `${base}/other`), /404/)
  await assert.rejects(webClient(t, `${base}/sip`, ['chat']), /400/)
  await assert.rejects(webClient(t, `${base}/sip`, []), /400/)
  const response = await fetch(`http://127.0.0.1:${port('WS')}/sip`)
  assert.equal(response.status, 426)
  assert.equal(opened.length, 0)
})

test('a message above the limit ends the connection with 1009', async t => {
  const { port, closed } = await startLayer(t, { listeners: WS })
  const client = await webClient(t, `ws://127.0.0.1:${port('WS')}/sip`)
  client.socket.on('error', () => {})
  client.socket.send('x'.repeat(100_000))
  await until(() => client.code !== undefined && closed.length === 1)
  assert.equal(client.code, 1009)
  assert.equal(closed[0]!.reason, 'framing-error')
})

test('an upgrade that never comes ends after 10 s', async t => {
  const { port, clock, layer, refusedConnections } = await startLayer(t, { listeners: WS })
  const client = await rawClient(t, port('WS'))
  client.socket.write('GET /sip HTTP/1.1\r\nHost: x\r\n')
  await until(() => layer.counts.handshakes === 1)
  clock.advance(11_000)
  await until(() => client.ended)
  assert.deepEqual(refusedConnections, ['handshake timeout'])
})

test('an open WebSocket without a message ends after 30 s', async t => {
  const { port, clock, closed } = await startLayer(t, { listeners: WS })
  const client = await webClient(t, `ws://127.0.0.1:${port('WS')}/sip`)
  await until(() => client.socket.readyState === WebSocket.OPEN)
  clock.advance(31_000)
  await until(() => client.code !== undefined)
  assert.equal(closed[0]!.reason, 'idle')
})

test('WSS: TLS under it, the session is known, the identity can be replaced', async t => {
  const { port, messages, layer } = await startLayer(t, { listeners: WSS, tls: identity })
  const url = `wss://127.0.0.1:${port('WSS')}/sip`
  const client = await webClient(t, url)
  layer.replaceTlsIdentity(await authority.issue(['127.0.0.1']))
  for (const each of [client, await webClient(t, url)]) {
    each.socket.send(request('WSS'))
    await until(() => each.received.length === 1)
  }
  assert.equal(messages[0]!.flow.secure, true)
  assert.equal(messages[0]!.flow.tls?.protocol, 'TLSv1.3')
})

test('connect: WS and WSS, reused', async t => {
  const server = await startLayer(t, { listeners: [...WS, ...WSS], tls: identity })
  const client = await startLayer(t, { trustedCaPem: [authority.certificatePem] })
  for (const protocol of ['WS', 'WSS'] as const) {
    const serverName = protocol === 'WSS' ? 'pbx.example.com' : undefined
    const target = { protocol, address: '127.0.0.1', port: server.port(protocol), serverName }
    const flow = await client.layer.connect(target)
    assert.equal(await client.layer.connect(target), flow)
    const before = client.messages.length
    client.layer.send(flow, request(protocol))
    await until(() => client.messages.length === before + 1)
    assert.equal(flow.secure, protocol === 'WSS')
  }
  const wrong = { protocol: 'WSS', address: '127.0.0.1', port: server.port('WSS'), serverName: 'x.example' } as const
  await assert.rejects(client.layer.connect(wrong), { code: 'TRANSPORT_PEER_UNTRUSTED' })
})

test('on a server of somebody else only our paths are taken', async t => {
  const { layer, messages, clock } = await startLayer(t, {})
  const server = createServer((_request, response) => response.end('theirs'))
  layer.attachWebSocketServer(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  const { port } = server.address() as { port: number }
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text(), 'theirs')
  const client = await webClient(t, `ws://127.0.0.1:${port}/sip`)
  client.socket.send(request('WS'))
  await until(() => client.received.length === 1)
  assert.equal(messages[0]!.flow.listener?.port, port)
  await assert.rejects(webClient(t, `ws://127.0.0.1:${port}/theirs`), /hang up|ECONNRESET/)
  assert.equal(layer.counts.connections, 1)
  clock.advance(1_000_000)
  await until(() => client.code !== undefined && layer.counts.connections === 0)
})

test('garbage where HTTP is expected ends the connection', async t => {
  const { port, layer } = await startLayer(t, { listeners: WS })
  const client = await rawClient(t, port('WS'), () => connect({ port: port('WS'), host: '127.0.0.1' }))
  client.socket.write('\0\0\0\0\r\n\r\n')
  await until(() => client.ended)
  await until(() => layer.counts.handshakes === 0)
})
