import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { type TestContext, test } from 'node:test'
import { parseNetwork } from '../../base/network.ts'
import { request, startLayer, until } from './test-layer.ts'

const UDP = [{ protocol: 'UDP', address: '127.0.0.1', port: 0 }] as const

async function datagramClient(t: TestContext, address = '127.0.0.1') {
  const socket: Socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const received: Buffer[] = []
  socket.on('message', bytes => received.push(bytes))
  await new Promise<void>(resolve => socket.bind(0, address, resolve))
  t.after(() => void socket.close())
  const send = (bytes: string | Buffer, port: number) =>
    new Promise(resolve => socket.send(Buffer.from(bytes as string, 'latin1'), port, address, resolve))
  return { socket, received, send, port: socket.address().port }
}

/** Everything sent before this request was handled when its answer is here. */
async function settle(client: Awaited<ReturnType<typeof datagramClient>>, port: number): Promise<string[]> {
  await client.send(request('UDP', { callId: 'settled' }), port)
  await until(() => client.received.some(bytes => bytes.includes('Call-ID: settled')))
  return client.received.map(bytes => bytes.toString('latin1')).filter(text => !text.includes('Call-ID: settled'))
}

const binding = (attributes = ''): Buffer =>
  Buffer.from(
    `0001${(attributes.length / 2).toString(16).padStart(4, '0')}2112a4420102030405060708090a0b0c${attributes}`,
    'hex',
  )

test('a request is answered to where it came from; one flow for one remote address', async t => {
  const { port, messages, layer } = await startLayer(t, { listeners: UDP })
  const client = await datagramClient(t)
  await client.send(request('UDP'), port('UDP'))
  await until(() => client.received.length === 1)
  assert.match(client.received[0]!.toString(), new RegExp(`;received=127\\.0\\.0\\.1|rport=${client.port}`))
  await client.send(request('UDP'), port('UDP'))
  await until(() => messages.length === 2)
  const [first, second] = messages
  assert.equal(first!.flow, second!.flow)
  assert.equal(first!.message.topmostVia.rport, client.port)
  assert.equal(layer.flow(first!.flow.id), first!.flow)
  assert.equal(first!.flow.reliable, false)
  assert.equal(first!.flow.localPort, port('UDP'))
})

test('IPv6', async t => {
  const { port, messages } = await startLayer(t, { listeners: [{ protocol: 'UDP', address: '::1', port: 0 }] })
  const client = await datagramClient(t, '::1')
  await client.send(request('UDP'), port('UDP'))
  await until(() => client.received.length === 1)
  assert.equal(messages[0]!.message.topmostVia.received, '::1')
})

test('keep-alives of CRLF, empty datagrams and noise get no answer', async t => {
  const { port, refusedMessages } = await startLayer(t, { listeners: UDP })
  const client = await datagramClient(t)
  for (const text of ['', '\r\n', '\r\n\r\n', '\0\0\0\0', '\r\n'.repeat(20)]) await client.send(text, port('UDP'))
  assert.deepEqual(await settle(client, port('UDP')), [])
  assert.deepEqual(refusedMessages, [])
})

test('a malformed request is answered, never with more octets than came in', async t => {
  const { port, refusedMessages } = await startLayer(t, { listeners: UDP })
  const client = await datagramClient(t)
  const broken = request('UDP').replace('CSeq: 314159 OPTIONS', 'User-Agent: a phone\r\nCSeq: 314159 INVITE')
  await client.send(broken, port('UDP'))
  // Its answer would be longer than itself: Via gains `received` and `rport`, To gains a tag.
  const short =
    'OPTIONS sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;rport;branch=z9hG4bK1\r\nf:<sip:a@b>;tag=1\r\nt:<sip:a@b>\r\ni:1\r\nCSeq:1 INVITE\r\n\r\n'
  await client.send(short, port('UDP'))
  const answers = await settle(client, port('UDP'))
  assert.equal(answers.length, 1)
  assert.match(answers[0]!, /^SIP\/2\.0 400 /)
  assert.ok(answers[0]!.length <= broken.length)
  assert.equal(refusedMessages.length, 2)
})

test('strangers get silence where mayAnswer says so', async t => {
  const { port } = await startLayer(t, { listeners: UDP, mayAnswer: () => false })
  const client = await datagramClient(t)
  await client.send(request('UDP').replace('CSeq: 314159 OPTIONS', 'CSeq: x'), port('UDP'))
  await client.send(binding('8022000c000000000000000000000000'), port('UDP'))
  assert.deepEqual(await settle(client, port('UDP')), [])
})

test('RFC 5626 §4.4.2, RFC 8489 §14.2: a binding request of a known flow is answered with its address', async t => {
  const { port, layer, messages } = await startLayer(t, { listeners: UDP })
  const client = await datagramClient(t)
  await client.send(binding(), port('UDP'))
  assert.deepEqual(await settle(client, port('UDP')), [], 'a stranger never gets more than it sent')
  layer.keepAlive(messages[0]!.flow, 60)
  client.received.length = 0
  await client.send(binding(), port('UDP'))
  await until(() => client.received.length === 1)
  const answer = client.received[0]!
  assert.equal(answer.subarray(0, 8).toString('hex'), '0101000c2112a442')
  assert.equal(answer.subarray(8, 20).toString('hex'), '0102030405060708090a0b0c')
  assert.equal(answer.readUInt16BE(26) ^ 0x2112, client.port)
  assert.equal((answer.readUInt32BE(28) ^ 0x2112a442) >>> 0, 0x7f000001)
})

test('a binding request of a stranger that is no shorter than its answer is answered', async t => {
  const { port } = await startLayer(t, { listeners: UDP })
  const client = await datagramClient(t)
  await client.send(binding('8022000c000000000000000000000000'), port('UDP'))
  await until(() => client.received.length === 1)
  assert.equal(client.received[0]!.length, 32)
})

test('only the named networks are heard, and the filter comes first', async t => {
  const seen: string[] = []
  const filter = {
    acceptConnection: () => true,
    acceptDatagram(address: string, remotePort: number, bytes: Buffer) {
      seen.push(`${address} ${remotePort} ${bytes.length}`)
      return bytes.length !== 9
    },
  }
  const listeners = [UDP[0], { ...UDP[0], sources: [parseNetwork('192.0.2.0/24')!] }]
  const { layer, messages } = await startLayer(t, { listeners, filter })
  const client = await datagramClient(t)
  await client.send(request('UDP'), layer.listeners[1]!.port)
  await client.send('123456789', layer.listeners[0]!.port)
  await settle(client, layer.listeners[0]!.port)
  assert.ok(seen.includes(`127.0.0.1 ${client.port} 9`))
  assert.equal(messages.length, 1)
  assert.equal(layer.counts.udpFlows, 1)
})

test('flows of strangers are bounded; one in use is not forgotten', async t => {
  const { port, layer, messages, clock } = await startLayer(t, { listeners: UDP, limits: { maximumUdpFlows: 5 } })
  const phone = await datagramClient(t)
  await phone.send(request('UDP'), port('UDP'))
  await until(() => messages.length === 1)
  const { flow } = messages[0]!
  layer.keepAlive(flow, 60)
  for (let i = 0; i < 20; i++) await settle(await datagramClient(t), port('UDP'))
  assert.equal(layer.counts.udpFlows, 6)
  assert.equal(layer.flow(flow.id), flow)
  clock.advance(61_000)
  for (let i = 0; i < 6; i++) await settle(await datagramClient(t), port('UDP'))
  assert.equal(layer.counts.udpFlows, 5)
  assert.equal(layer.flow(flow.id), undefined)
})

test('connect without a listener: a socket that hears only whom we spoke to', async t => {
  const server = await startLayer(t, { listeners: UDP })
  const client = await startLayer(t, {})
  const target = { protocol: 'UDP', address: '127.0.0.1', port: server.port('UDP'), serverName: undefined } as const
  const flow = await client.layer.connect(target)
  assert.equal(await client.layer.connect(target), flow)
  client.layer.send(flow, request('UDP'))
  await until(() => client.messages.length === 1)
  const stranger = await datagramClient(t)
  await stranger.send(request('UDP', { callId: 'stranger' }), flow.localPort)
  client.layer.send(flow, request('UDP'))
  await until(() => client.messages.length === 2)
  assert.ok(client.messages.every(({ message }) => message.callId === 'c1'))
})

test('a taken port is said in words', async t => {
  const { port } = await startLayer(t, { listeners: UDP })
  await assert.rejects(startLayer(t, { listeners: [{ ...UDP[0], port: port('UDP') }] }), {
    code: 'TRANSPORT_PORT_TAKEN',
    message: new RegExp(`UDP 127\\.0\\.0\\.1 port ${port('UDP')} is already in use`),
  })
})

test('after stop nothing is sent', async t => {
  const { port, layer, messages } = await startLayer(t, { listeners: UDP })
  const client = await datagramClient(t)
  await settle(client, port('UDP'))
  await layer.stop()
  assert.equal(messages[0]!.flow.open, false)
  assert.equal(layer.send(messages[0]!.flow, 'x'), false)
})
