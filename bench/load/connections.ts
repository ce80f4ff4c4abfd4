/** How the generators reach a server: one UDP socket, or TLS 1.3 connections without resumption. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { Target } from './generator.ts'
import { createFramer } from './sip-text.ts'

export interface Line {
  readonly localPort: number
  readonly protocol: 'UDP' | 'TLS'
  send(text: string): void
  close(): void
}

const BUFFER = 8 << 20

export async function openUdp(port: number, take: (message: string) => void): Promise<Line> {
  const socket = createSocket('udp4')
  socket.on('message', message => take(message.toString('latin1')))
  // A connected socket needs no look-up for each datagram.
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.setRecvBufferSize(BUFFER)
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return {
    localPort: socket.address().port,
    protocol: 'UDP',
    send: text => socket.send(Buffer.from(text, 'latin1')),
    close: () => socket.close(),
  }
}

export function secureContextOf(caPem: string): SecureContext {
  return createSecureContext({ ca: caPem, minVersion: 'TLSv1.3' })
}

export async function openTls(
  target: Target,
  context: SecureContext,
  take: (message: string) => void,
  closed: (why: string) => void = () => {},
): Promise<Line> {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port: target.tlsPort,
    secureContext: context,
    checkServerIdentity: () => undefined,
  })
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  socket.on('data', createFramer(take))
  socket.on('error', error => closed(error.message))
  socket.on('close', () => closed('connection closed'))
  return {
    localPort: socket.localPort!,
    protocol: 'TLS',
    send: text => void socket.write(text, 'latin1'),
    close: () => socket.destroy(),
  }
}
