/** What goes to Homer: over TLS to whom the certificate names, in order; nothing waits for it, and nothing grows. */
import assert from 'node:assert/strict'
import { createServer as createTcp, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createServer as createTls } from 'node:tls'
import { systemClock } from '../../base/clock.ts'
import { newId } from '../../base/ids.ts'
import { createAuthority, issueServerCertificate } from '../../keys/certificate-authority.ts'
import { eventually } from '../../../test/support/places.ts'
import type { TraceChunk } from '../../trace/types.ts'
import { createHepSender, type HepSenderOptions } from './hep-sender.ts'

function chunk(...lines: readonly string[]): TraceChunk {
  const leg = {
    callId: newId<'CallId'>(1),
    legId: newId<'LegId'>(1),
    organisationId: newId<'OrganisationId'>(1),
    direction: 'in' as const,
    number: '101',
  }
  const local = { address: '192.0.2.1', port: 5_061 }
  const remote = { address: '198.51.100.7', port: 40_000 }
  const messages = lines.map(text => ({
    at: 1,
    direction: 'in' as const,
    protocol: 'TLS' as const,
    local,
    remote,
    text,
  }))
  return { leg, messages }
}

async function receiver(context: TestContext, make: (onSocket: (socket: Socket) => void) => Server, port = 0) {
  const sockets = new Set<Socket>()
  let octets = Buffer.alloc(0)
  const server = make(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (data: Buffer) => (octets = Buffer.concat([octets, data])))
  })
  await new Promise<void>(done => server.listen(port, '127.0.0.1', done))
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise(done => server.close(done))
  }
  context.after(close)
  return {
    port: (server.address() as { port: number }).port,
    /** Payloads, cut by the length in each packet's head. */
    received(): readonly string[] {
      const found: string[] = []
      for (let at = 0; at + 6 <= octets.length; ) {
        assert.equal(octets.toString('ascii', at, at + 4), 'HEP3')
        const length = octets.readUInt16BE(at + 4)
        if (at + length > octets.length) break
        found.push(/LINE \d+/.exec(octets.toString('latin1', at, at + length))?.[0] ?? '')
        at += length
      }
      return found
    },
    close,
  }
}

function sender(context: TestContext, options: Partial<HepSenderOptions> & { readonly port: number }) {
  const states: object[] = []
  const made = createHepSender({
    host: '127.0.0.1',
    transport: 'tcp',
    caPem: undefined,
    captureId: 7,
    clock: systemClock,
    onState: state => void states.push(state),
    ...options,
  })
  context.after(() => made.stop())
  return { made, states }
}

test('over TLS, to whom the certificate names, and to nobody else', async context => {
  const authority = await createAuthority('homer', Date.now())
  const { certificatePem, privateKeyPem } = await issueServerCertificate(authority, ['127.0.0.1'], Date.now())
  const homer = await receiver(context, onSocket => createTls({ cert: certificatePem, key: privateKeyPem }, onSocket))
  const { made } = sender(context, { port: homer.port, transport: 'tls', caPem: authority.certificatePem })
  made.take([chunk('LINE 1', 'LINE 2')])
  made.take([chunk('LINE 3')])
  await eventually(() => homer.received().length === 3, 5_000, 'three packets')
  assert.deepEqual(homer.received(), ['LINE 1', 'LINE 2', 'LINE 3'])
  const stranger = await createAuthority('homer', Date.now())
  const wary = sender(context, { port: homer.port, transport: 'tls', caPem: stranger.certificatePem })
  wary.made.take([chunk('LINE 4')])
  await eventually(() => wary.states.length > 0, 5_000, 'the refusal')
  assert.equal(wary.made.counts.sent, 0)
  assert.equal(homer.received().length, 3)
})

test('while it is away so many wait, the rest is counted; what waited goes when it is back', async context => {
  const first = await receiver(context, onSocket => createTcp(onSocket))
  await first.close()
  const { made, states } = sender(context, { port: first.port, capacity: 3 })
  for (let index = 0; index < 10; index++) made.take([chunk(`LINE ${index}`)])
  await eventually(() => states.length > 0, 5_000, 'away')
  assert.deepEqual(made.counts, { sent: 0, dropped: 7, waiting: 3 })
  const second = await receiver(context, onSocket => createTcp(onSocket), first.port)
  await eventually(() => second.received().length === 3, 10_000, 'what waited')
  assert.deepEqual(second.received(), ['LINE 0', 'LINE 1', 'LINE 2'])
  assert.equal(states.length, 2)
  assert.ok('awayForMs' in states[1]!)
})

test('a message that has no room in a packet is dropped, and counted', async context => {
  const homer = await receiver(context, onSocket => createTcp(onSocket))
  const { made } = sender(context, { port: homer.port })
  made.take([chunk('x'.repeat(70_000), 'LINE 1')])
  await eventually(() => homer.received().length === 1, 5_000, 'the other one')
  assert.equal(made.counts.dropped, 1)
})
