import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNetwork } from '../../base/network.ts'
import { TransportError } from './errors.ts'
import { rawClient, request, startLayer, until } from './test-layer.ts'

const TCP = [{ protocol: 'TCP', address: '127.0.0.1', port: 0 }] as const

test('a request split at every octet is answered, with received and rport (RFC 3261 §18.2.1, RFC 3581 §4)', async t => {
  const { port, messages, opened } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  client.socket.setNoDelay(true)
  for (const octet of request('TCP', { body: 'x'.repeat(40) })) {
    client.socket.write(octet)
    await new Promise(resolve => setImmediate(resolve))
  }
  await until(() => client.text.includes('200 OK'))
  assert.equal(messages.length, 1)
  const via = messages[0]!.message.topmostVia
  assert.equal(via.received, '127.0.0.1')
  assert.equal(via.rport, client.socket.localPort)
  assert.equal(opened[0]!.remotePort, client.socket.localPort)
  assert.equal(opened[0]!.reliable, true)
  assert.equal(opened[0]!.secure, false)
  assert.equal(opened[0]!.listener?.insecure, true)
})

test('received and rport that the sender wrote itself are not believed', async t => {
  const { port, messages } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  client.socket.write(request('TCP', { via: '127.0.0.1:5060;received=203.0.113.9;rport=99' }))
  await until(() => messages.length === 1)
  const via = messages[0]!.message.topmostVia
  assert.equal(via.received, '127.0.0.1')
  assert.equal(via.rport, client.socket.localPort)
})

test('a Via that tells the truth is left as it is', async t => {
  const { port, messages } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  client.socket.write(request('TCP', { via: '127.0.0.1:5060' }))
  await until(() => messages.length === 1)
  assert.equal(messages[0]!.message.header('Via'), 'SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK776asdhds')
})

test('pipelined requests are answered in order', async t => {
  const { port, messages } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  const ids = Array.from({ length: 50 }, (_, i) => `call-${i}`)
  client.socket.write(ids.map(callId => request('TCP', { callId })).join(''))
  await until(() => client.text.split('200 OK').length === 51)
  assert.deepEqual(
    messages.map(({ message }) => message.callId),
    ids,
  )
  assert.deepEqual(
    [...client.text.matchAll(/Call-ID: (\S+)/g)].map(match => match[1]),
    ids,
  )
})

test('RFC 5626 §4.4.1: a ping gets a pong', async t => {
  const { port } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  client.socket.write('\r\n\r\n')
  await until(() => client.text === '\r\n')
})

test('a framing error is answered with 400, then the connection ends', async t => {
  const { port, closed, refusedMessages, messages } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  const broken = request('TCP').replace('Content-Length: 0', 'Content-Length: -1')
  client.socket.write(broken + request('TCP'))
  await until(() => client.ended)
  assert.match(client.text, /^SIP\/2\.0 400 /)
  assert.match(client.text, /\r\nTo: <sip:bob@example.com>;tag=[0-9a-f]{8}\r\n/)
  assert.match(client.text, /\r\nCall-ID: c1\r\n/)
  assert.equal(client.text.split('SIP/2.0 400').length, 2, 'one answer')
  assert.deepEqual(refusedMessages, ['SIP_FRAME_CONTENT_LENGTH_INVALID'])
  assert.equal(closed[0]!.reason, 'framing-error')
  assert.equal(closed[0]!.flow.open, false)
  assert.equal(messages.length, 0)
})

test('missing and conflicting Content-Length, a bare LF and a head without end are answered and end the connection', async t => {
  const { port } = await startLayer(t, { listeners: TCP, messageLimits: { maximumMessageLength: 8192 } })
  for (const [text, status] of [
    [request('TCP').replace('Content-Length: 0\r\n', ''), 400],
    [request('TCP').replace('Content-Length: 0', 'Content-Length: 0\r\nContent-Length: 5'), 400],
    [request('TCP').replace('Max-Forwards: 70\r\n', 'Max-Forwards: 70\n'), 400],
    [request('TCP').replace('Content-Length: 0', 'Content-Length: 60000'), 413],
    [request('TCP').replace(/Content-Length.*/s, 'X: 1\r\n'.repeat(10_000)), 513],
  ] as const) {
    const client = await rawClient(t, port('TCP'))
    client.socket.write(text)
    await until(() => client.ended)
    assert.match(client.text, new RegExp(`^SIP/2\\.0 ${status} `), text.slice(0, 300))
  }
})

test('a malformed ACK and a malformed response are never answered', async t => {
  const { port, refusedMessages } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  client.socket.write(request('TCP').replaceAll('OPTIONS', 'ACK').replace('Max-Forwards: 70', 'Max-Forwards: x'))
  client.socket.write(
    'SIP/2.0 200 OK\r\nVia: nonsense\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: x\r\nContent-Length: 0\r\n\r\n',
  )
  client.socket.write('\r\n\r\n')
  await until(() => client.text.length > 0)
  assert.equal(client.text, '\r\n')
  assert.equal(refusedMessages.length, 2)
})

test('a malformed request that is framed well is answered and the connection goes on', async t => {
  const { port } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  client.socket.write(request('TCP').replace('CSeq: 314159 OPTIONS', 'CSeq: 314159 INVITE') + request('TCP'))
  await until(() => client.text.includes('200 OK'))
  assert.match(client.text, /^SIP\/2\.0 400 /)
})

test('mayAnswer: false is silence', async t => {
  const { port, refusedMessages } = await startLayer(t, { listeners: TCP, mayAnswer: () => false })
  const client = await rawClient(t, port('TCP'))
  client.socket.write(request('TCP').replace('Content-Length: 0', 'Content-Length: x'))
  await until(() => client.ended)
  assert.equal(client.text, '')
  assert.equal(refusedMessages.length, 1)
})

test('a connection that says nothing is closed after 30 s, a silent flow after 15 min, a registered one later', async t => {
  const { port, clock, closed, layer, opened } = await startLayer(t, { listeners: TCP })
  const silent = await rawClient(t, port('TCP'))
  await until(() => opened.length === 1)
  clock.advance(29_000)
  assert.equal(closed.length, 0)
  clock.advance(2_000)
  assert.equal(closed[0]!.reason, 'idle')
  await until(() => silent.ended)

  const talking = await rawClient(t, port('TCP'))
  const registered = await rawClient(t, port('TCP'))
  talking.socket.write(request('TCP'))
  registered.socket.write(request('TCP'))
  await until(() => talking.text !== '' && registered.text !== '')
  const flow = opened.find(({ remotePort }) => remotePort === registered.socket.localPort)!
  layer.keepAlive(flow, 3600)
  clock.advance(899_000)
  assert.equal(closed.length, 1)
  clock.advance(2_000)
  assert.equal(closed.length, 2)
  assert.equal(flow.open, true)
  clock.advance(2_700_000)
  assert.equal(flow.open, false)
  assert.equal(layer.flow(flow.id), undefined)
})

test('a message has to be whole within 20 s, however often its sender adds an octet', async t => {
  const { port, clock, closed, opened } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  client.socket.write(request('TCP'))
  await until(() => client.text !== '')
  client.socket.write('OPTIONS')
  await new Promise(resolve => client.socket.write(' ', resolve))
  await until(() => opened.length === 1)
  for (let second = 0; second < 25 && closed.length === 0; second++) {
    await new Promise(resolve => client.socket.write('s', resolve))
    for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
    clock.advance(1000)
  }
  assert.equal(closed[0]?.reason, 'slow-peer')
})

test('a peer that does not read is dropped when its queue is full', async t => {
  const { port, layer, opened, closed } = await startLayer(t, { listeners: TCP, limits: { sendQueueBytes: 50_000 } })
  const client = await rawClient(t, port('TCP'))
  client.socket.pause()
  await until(() => opened.length === 1)
  let sent = 0
  while (layer.send(opened[0]!, Buffer.alloc(10_000)) && sent < 10_000) sent++
  assert.ok(sent < 10_000)
  assert.equal(closed[0]!.reason, 'slow-peer')
  assert.equal(layer.send(opened[0]!, 'x'), false)
})

test('connections of one source are bounded, the rest is refused before it costs anything; known ones do not count', async t => {
  const { port, layer, opened, refusedConnections } = await startLayer(t, {
    listeners: TCP,
    limits: { maximumConnections: 3 },
  })
  for (let i = 0; i < 3; i++) await rawClient(t, port('TCP'))
  await until(() => opened.length === 3)
  const fourth = await rawClient(t, port('TCP'))
  await until(() => fourth.ended)
  assert.deepEqual(refusedConnections, ['too many connections'])
  layer.close(opened[0]!)
  await until(() => layer.counts.connections === 2)
  await rawClient(t, port('TCP'))
  await until(() => opened.length === 4)
})

test('only the named networks are heard; the filter is asked first', async t => {
  const elsewhere = [{ ...TCP[0], sources: [parseNetwork('192.0.2.0/24')!] }]
  const first = await startLayer(t, { listeners: elsewhere })
  const client = await rawClient(t, first.port('TCP'))
  await until(() => client.ended)
  assert.equal(client.text, '')
  assert.deepEqual(first.refusedConnections, ['source not allowed'])

  const asked: string[] = []
  const acceptConnection = (address: string, protocol: string): boolean => {
    asked.push(`${protocol} ${address}`)
    return false
  }
  const second = await startLayer(t, { listeners: TCP, filter: { acceptConnection, acceptDatagram: () => true } })
  const other = await rawClient(t, second.port('TCP'))
  await until(() => other.ended)
  assert.deepEqual(asked, ['TCP 127.0.0.1'])
})

test('a taken port is said in words; nothing stays open', async t => {
  const { port } = await startLayer(t, { listeners: TCP })
  await assert.rejects(
    startLayer(t, {
      listeners: [
        { ...TCP[0], port: 0 },
        { ...TCP[0], port: port('TCP') },
      ],
    }),
    (error: unknown) =>
      error instanceof TransportError &&
      error.code === 'TRANSPORT_PORT_TAKEN' &&
      error.message.includes(`TCP 127.0.0.1 port ${port('TCP')}`),
  )
})

test('connect: one connection for one target, shared while it opens, and anew when it closed', async t => {
  const server = await startLayer(t, { listeners: TCP })
  const client = await startLayer(t, {})
  const target = { protocol: 'TCP', address: '127.0.0.1', port: server.port('TCP'), serverName: undefined } as const
  const [one, two] = await Promise.all([client.layer.connect(target), client.layer.connect(target)])
  assert.equal(one, two)
  assert.equal(await client.layer.connect(target), one)
  assert.equal(one.listener, undefined)
  client.layer.send(one, request('TCP'))
  await until(() => client.messages.length === 1)
  // The peer reaches us over the connection that we opened.
  server.layer.send(server.opened[0]!, request('TCP', { callId: 'back' }))
  await until(() => client.messages.length === 2 && server.messages.length === 2)
  server.layer.close(server.opened[0]!)
  await until(() => !one.open)
  const three = await client.layer.connect(target)
  assert.notEqual(three.id, one.id)
})

test('connect: a refused and a silent target reject with TransportError', async t => {
  const server = await startLayer(t, { listeners: TCP })
  const target = { protocol: 'TCP', address: '127.0.0.1', port: server.port('TCP'), serverName: undefined } as const
  await server.layer.stop()
  const client = await startLayer(t, {})
  await assert.rejects(client.layer.connect(target), { code: 'TRANSPORT_CONNECT_FAILED' })
  await client.layer.stop()
  await assert.rejects(client.layer.connect(target), { code: 'TRANSPORT_STOPPED' })
})

test('closeListener ends its flows and frees its port; stop is idempotent', async t => {
  const { layer, port, closed, opened } = await startLayer(t, {
    listeners: [...TCP, { protocol: 'TCP', address: '::1', port: 0 }],
  })
  const client = await rawClient(t, port('TCP'))
  await until(() => opened.length === 1)
  await layer.closeListener(layer.listeners[0]!)
  assert.equal(closed[0]!.reason, 'stopped')
  assert.equal(layer.listeners.length, 1)
  await until(() => client.ended)
  await Promise.all([layer.stop(), layer.stop()])
})

test('what was sent before stop arrives', async t => {
  const { layer, port, opened } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  await until(() => opened.length === 1)
  layer.send(opened[0]!, 'x'.repeat(200_000))
  await layer.stop()
  await until(() => client.ended)
  assert.equal(client.text.length, 200_000)
})

test('a peer that sends and never reads is held back, then closed', async t => {
  const { port, layer, clock, closed, messages } = await startLayer(t, { listeners: TCP })
  const client = await rawClient(t, port('TCP'))
  client.socket.pause()
  const burst = Array.from({ length: 2_000 }, () => request('TCP')).join('')
  let accepted = true
  for (let i = 0; i < 200 && accepted; i++) {
    accepted = client.socket.write(burst)
    if (!accepted) {
      const heard = messages.length
      await new Promise(resolve => setTimeout(resolve, 20))
      accepted = messages.length > heard
    }
  }
  assert.equal(accepted, false, 'what it sends stays on its side')
  assert.equal(layer.counts.connections, 1)
  clock.advance(10_000)
  assert.equal(closed.length, 0)
  clock.advance(15_000)
  assert.equal(closed.at(0)?.reason, 'slow-peer')
})
