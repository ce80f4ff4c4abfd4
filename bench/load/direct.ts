/** A phone that takes connections itself: what a call's set-up takes with nothing between the phones. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { randomBytes } from 'node:crypto'
import { createTestAuthority } from '../../src/sip/transport/test-certificates.ts'
import { Callee } from './callee.ts'
import type { Target } from './generator.ts'
import { createFramer } from './sip-text.ts'

export interface Direct {
  readonly callee: Callee
  readonly target: Target
  close(): void
}

export async function openDirect(ringMs: number): Promise<Direct> {
  const authority = await createTestAuthority()
  const identity = await authority.issue(['bench.test', '127.0.0.1'])
  const callee = new Callee(ringMs, randomBytes(46).toString('base64'))
  const server = createServer(
    { cert: identity.certificateChainPem, key: identity.privateKeyPem, minVersion: 'TLSv1.3' },
    socket => {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on(
        'data',
        createFramer(message => callee.take(message)),
      )
      callee.use({
        localPort: socket.localPort!,
        protocol: 'TLS',
        send: text => void socket.write(text, 'latin1'),
        close: () => socket.destroy(),
      })
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    callee,
    target: { domain: 'bench.test', caPem: authority.certificatePem, tlsPort: port, udpPort: 0 },
    close: () => void server.close(),
  }
}
