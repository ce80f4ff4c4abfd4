/**
 * What the transport layer costs by itself: CPU of the server's process for each message, each full TLS handshake, and
 * memory for each idle or half-open connection. `node --expose-gc bench/sip-transport.ts [udp|tls|handshake|idle|half-open]`
 */
import { fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls'
import { systemClock } from '../src/base/clock.ts'
import { buildResponse } from '../src/sip/message/build.ts'
import { serialise } from '../src/sip/message/serialise.ts'
import { createTestAuthority } from '../src/sip/transport/test-certificates.ts'
import { createTransportLayer } from '../src/sip/transport/transport-layer.ts'
import type { Listener, TransportProtocol } from '../src/sip/transport/types.ts'

interface Figures {
  readonly messages: number
  readonly cpuMicroseconds: number
  readonly residentBytes: number
}

interface Ready {
  readonly listeners: readonly Listener[]
  readonly caPem: string
}

async function serve(): Promise<void> {
  const authority = await createTestAuthority()
  const address = '127.0.0.1'
  const layer = createTransportLayer({
    listeners: (['UDP', 'TCP', 'TLS'] as const).map(protocol => ({ protocol, address, port: 0 })),
    tls: await authority.issue(['localhost']),
    clock: systemClock,
  })
  let messages = 0
  layer.setReceiver({
    onMessage(message, flow) {
      messages++
      if (message.kind === 'request') layer.send(flow, serialise(buildResponse(message, 200, 'OK', { toTag: 'tag' })))
    },
  })
  await layer.start()
  process.on('message', () => {
    globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    process.send!({ messages, cpuMicroseconds: user + system, residentBytes: process.memoryUsage().rss })
  })
  process.send!({ listeners: layer.listeners, caPem: authority.certificatePem })
}

function register(protocol: string, index: number): string {
  return [
    'REGISTER sip:example.com SIP/2.0',
    `Via: SIP/2.0/${protocol} 192.168.1.7:5062;branch=z9hG4bK${index}xyzabc;rport`,
    'Max-Forwards: 70',
    `From: "Alice" <sip:alice@example.com>;tag=as${index}`,
    'To: <sip:alice@example.com>',
    `Call-ID: call${index}@192.168.1.7`,
    'CSeq: 1 REGISTER',
    `Contact: <sip:alice@192.168.1.7:5062;transport=${protocol.toLowerCase()}>;expires=3600`,
    'User-Agent: Yealink SIP-T54W 96.86.0.80',
    `Authorization: Digest username="alice", realm="example.com", nonce="${'a'.repeat(30)}", uri="sip:example.com", response="${'0'.repeat(64)}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="deadbeef"`,
    'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO',
    'Content-Length: 0\r\n\r\n',
  ].join('\r\n')
}

async function measure(): Promise<void> {
  const server = fork(import.meta.filename, ['--server'], { execArgv: ['--expose-gc'] })
  const [ready] = (await once(server, 'message')) as [Ready]
  const port = (protocol: TransportProtocol): number => ready.listeners.find(l => l.protocol === protocol)!.port
  const figures = async (): Promise<Figures> => {
    server.send('figures')
    return ((await once(server, 'message')) as [Figures])[0]
  }
  const secureContext = createSecureContext({ ca: ready.caPem })
  const openTls = async (): Promise<TLSSocket> => {
    const socket = connectTls({ host: '127.0.0.1', port: port('TLS'), servername: 'localhost', secureContext })
    await once(socket, 'secureConnect')
    return socket
  }
  const exchange = async (socket: TLSSocket, index: number): Promise<void> => {
    const answered = once(socket, 'data')
    socket.write(register('TLS', index))
    await answered
  }
  const perMessage = (before: Figures, after: Figures): string =>
    `${((after.cpuMicroseconds - before.cpuMicroseconds) / (after.messages - before.messages)).toFixed(1)} us`
  const perConnection = (before: Figures, after: Figures, count: number): string =>
    `${((after.residentBytes - before.residentBytes) / count / 1000).toFixed(1)} kB`

  const udp = async (count: number): Promise<void> => {
    const socket = createSocket('udp4')
    let sent = 0
    let answered = 0
    const send = (): void => {
      if (sent < count) socket.send(register('UDP', sent++), port('UDP'), '127.0.0.1')
    }
    await new Promise<void>(resolve => {
      socket.on('message', () => (++answered === count ? resolve() : send()))
      for (let i = 0; i < 32; i++) send()
    })
    socket.close()
  }
  const pipelined = async (count: number, window: number): Promise<void> => {
    const socket = await openTls()
    let sent = 0
    let answered = 0
    const send = (): void => void (sent < count && socket.write(register('TLS', sent++)))
    await new Promise<void>(resolve => {
      socket.on('data', chunk => {
        const answers = chunk.toString('latin1').split('SIP/2.0 200').length - 1
        answered += answers
        for (let i = 0; i < answers; i++) send()
        if (answered >= count) resolve()
      })
      for (let i = 0; i < window; i++) send()
    })
    socket.destroy()
  }
  const handshakes = async (count: number): Promise<void> => {
    let started = 0
    const worker = async (): Promise<void> => {
      while (started < count) {
        const index = started++
        const socket = await openTls()
        await exchange(socket, index)
        socket.destroy()
      }
    }
    await Promise.all(Array.from({ length: 8 }, worker))
  }
  const held: { destroy(): void }[] = []
  const hold = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const socket = await openTls()
      await exchange(socket, i)
      held.push(socket)
    }
  }
  const halfOpen = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const socket = connect(port('TLS'), '127.0.0.1')
      await once(socket, 'connect')
      socket.on('error', () => {})
      held.push(socket)
    }
  }

  const works: Record<string, () => Promise<string>> = {
    async udp() {
      await udp(20_000)
      const before = await figures()
      await udp(60_000)
      return `REGISTER over UDP, received and answered: ${perMessage(before, await figures())}`
    },
    async tls() {
      await pipelined(10_000, 1)
      const before = await figures()
      await pipelined(30_000, 1)
      const between = await figures()
      await pipelined(30_000, 32)
      const window = perMessage(between, await figures())
      return `REGISTER over one TLS connection: ${perMessage(before, between)} one by one, ${window} with 32 under way`
    },
    async handshake() {
      await handshakes(2_000)
      const before = await figures()
      await handshakes(6_000)
      return `full TLS 1.3 handshake and REGISTER: ${perMessage(before, await figures())}`
    },
    async idle() {
      await hold(2_000)
      const before = await figures()
      await hold(2_000)
      return `memory of an idle TLS connection: ${perConnection(before, await figures(), 2_000)}`
    },
    async 'half-open'() {
      const before = await figures()
      await halfOpen(500)
      return `memory of a half-open connection: ${perConnection(before, await figures(), 500)}`
    },
  }
  const wanted = process.argv[2]
  for (const [name, work] of Object.entries(works)) {
    if (wanted === undefined || wanted === name) process.stdout.write(`${await work()}\n`)
  }
  for (const socket of held) socket.destroy()
  server.kill()
}

await (process.argv.includes('--server') ? serve() : measure())
