import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { BATCH, openNativeDatagrams, SLOT } from './native-datagrams.ts'
import { request, startLayer, until } from './test-layer.ts'

async function peer(t: TestContext) {
  const socket = createSocket('udp4')
  const received: Buffer[] = []
  socket.on('message', bytes => received.push(bytes))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.setRecvBufferSize(1 << 20)
  t.after(() => void socket.close())
  return { socket, received, port: socket.address().port }
}

for (const nativeCode of [true, false]) {
  const how = nativeCode ? 'native code' : 'dgram alone'

  test(`${how}: every request of a burst is heard once and answered once, in order`, async t => {
    const listeners = [{ protocol: 'UDP', address: '127.0.0.1', port: 0 }] as const
    const { port, messages } = await startLayer(t, { listeners, nativeCode })
    const { socket, received } = await peer(t)
    const count = 3 * BATCH + 1
    for (let i = 0; i < count; i++) socket.send(request('UDP', { callId: `c${i}` }), port('UDP'), '127.0.0.1')
    await until(() => received.length === count)
    const ids = Array.from({ length: count }, (_, i) => `c${i}`)
    assert.deepEqual(
      messages.map(({ message }) => message.callId),
      ids,
    )
    assert.deepEqual(
      received.map(bytes => /Call-ID: (\S+)/.exec(bytes.toString())![1]),
      ids,
    )
  })

  test(`${how}: a datagram of 30,000 octets is heard and answered whole`, async t => {
    const listeners = [{ protocol: 'UDP', address: '127.0.0.1', port: 0 }] as const
    const { port, messages, layer } = await startLayer(t, { listeners, nativeCode })
    const { socket, received } = await peer(t)
    // Behind another, so that it is read in a batch.
    for (const length of [10, 30_000]) {
      const text = request('UDP', { callId: `n${length}`, body: 'x'.repeat(length) })
      socket.send(text, port('UDP'), '127.0.0.1')
    }
    await until(() => messages.length === 2)
    const { message, flow } = messages[1]!
    assert.equal(message.body.length, 30_000)
    assert.ok(message.body.every(octet => octet === 0x78))
    assert.equal(layer.send(flow, Buffer.alloc(30_000, 'y')), true)
    await until(() => received.some(bytes => bytes.length === 30_000 && bytes[29_999] === 0x79))
  })
}

test('what the kernel refuses is given back, the rest of the batch leaves', async t => {
  const native = openNativeDatagrams()
  if (native === undefined) return t.skip('no node:ffi on this platform')
  const { received, port } = await peer(t)
  const descriptor = native.bind('127.0.0.1', 0)!
  t.after(() => native.close(descriptor))
  const refused: string[] = []
  const batch = native.createBatch(descriptor, (bytes, address, to) => refused.push(`${bytes} ${address}:${to}`))
  assert.equal(batch.add(Buffer.from('one'), '127.0.0.1', port), true)
  // A socket on the loopback address cannot reach a network's broadcast address without being allowed to.
  assert.equal(batch.add(Buffer.from('two'), '255.255.255.255', 9), true)
  assert.equal(batch.add(Buffer.from('three'), '127.0.0.1', port), true)
  assert.equal(batch.size, 3)
  batch.flush()
  assert.equal(batch.size, 0)
  await until(() => received.length === 2)
  assert.deepEqual(received.map(String), ['one', 'three'])
  assert.deepEqual(refused, ['two 255.255.255.255:9'])
})

test('what does not fit is not taken', t => {
  const native = openNativeDatagrams()
  if (native === undefined) return t.skip('no node:ffi on this platform')
  for (const address of ['::1', '256.0.0.1', '1.2.3', 'localhost', '']) assert.equal(native.bind(address, 0), undefined)
  const descriptor = native.bind('127.0.0.1', 0)!
  t.after(() => native.close(descriptor))
  const batch = native.createBatch(descriptor, () => assert.fail('nothing was sent'))
  assert.equal(batch.add(Buffer.alloc(SLOT + 1), '127.0.0.1', 9), false)
  assert.equal(batch.add(Buffer.alloc(1), '::1', 9), false)
  assert.equal(batch.add(Buffer.alloc(1), '127.0.0.1', 0), false)
  assert.equal(batch.add(Buffer.alloc(1), '127.0.0.1', 65_536), false)
  assert.equal(batch.size, 0)
  assert.equal(
    native.receive(descriptor, () => assert.fail('nothing waits')),
    0,
  )
})
