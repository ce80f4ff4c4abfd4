/** The HTTPS listener: both families on one port, a taken port, a swapped certificate, health. */
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import { createTestAuthority, type TestAuthority } from '../sip/transport/test-certificates.ts'
import { createHttpsServer, type HttpsIdentity, type HttpsServer } from './https-server.ts'

let authority: TestAuthority
let healthy = true
const running: HttpsServer[] = []

before(async () => {
  authority = await createTestAuthority()
})

after(() => Promise.all(running.map(server => server.stop())))

async function identity(): Promise<HttpsIdentity> {
  return authority.issue(['127.0.0.1'])
}

async function listen(address: string, port: number): Promise<{ server: HttpsServer; port: number }> {
  const server = createHttpsServer({
    address,
    port,
    identity: await identity(),
    caPem: authority.certificatePem,
    healthy: () => healthy,
  })
  running.push(server)
  return { server, port: (await server.start()).port }
}

function get(port: number, path: string, method = 'GET'): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const call = request(
    { host: '127.0.0.1', port, path, method, ca: authority.certificatePem, agent: false },
    answer => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (text: string) => (body += text))
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    },
  )
  call.once('error', reject)
  call.end()
  return promise
}

test('all of IPv4 and all of IPv6 on one port do not take it from each other', async () => {
  const { port } = await listen('0.0.0.0', 0)
  await listen('::', port)
  assert.equal((await get(port, '/healthz')).status, 200)
})

test('a taken port is told in words', async () => {
  const { port } = await listen('127.0.0.1', 0)
  await assert.rejects(listen('127.0.0.1', port), { code: 'API_HTTPS_PORT', message: /is taken by another program/ })
})

test('health, the CA certificate, and nothing else', async () => {
  const { port } = await listen('127.0.0.1', 0)
  assert.deepEqual(await get(port, '/healthz'), { status: 200, body: '{"status":"ok"}' })
  healthy = false
  assert.equal((await get(port, '/healthz')).status, 503)
  healthy = true
  assert.equal((await get(port, '/ca.pem')).body, authority.certificatePem)
  assert.equal((await get(port, '/ca.pem', 'POST')).status, 404)
  assert.equal((await get(port, '/../keys/master.key')).status, 404)
})

test('a new certificate is shown to new connections', async () => {
  const { server, port } = await listen('127.0.0.1', 0)
  const fingerprint = async (): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const socket = connect({ host: '127.0.0.1', port, ca: authority.certificatePem }, () => {
      resolve(socket.getPeerCertificate().fingerprint256)
    })
    socket.once('error', reject)
    return promise.finally(() => socket.destroy())
  }
  const first = await fingerprint()
  server.replaceIdentity(await identity())
  assert.notEqual(await fingerprint(), first)
})

test('RFC 9325: nothing below TLS 1.2, no CBC, no key exchange without forward secrecy', async () => {
  const { port } = await listen('127.0.0.1', 0)
  const offered = { maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' } as const
  assert.equal(await handshake(port, { minVersion: 'TLSv1.3' }), 'established')
  assert.equal(await handshake(port, { ...offered, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }), 'established')
  for (const ciphers of ['ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA', 'AES128-GCM-SHA256']) {
    assert.equal(await handshake(port, { ...offered, ciphers }), 'refused')
  }
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  assert.equal(await handshake(port, old), 'refused')
})

function handshake(port: number, options: ConnectionOptions): Promise<'established' | 'refused'> {
  const { promise, resolve } = Promise.withResolvers<'established' | 'refused'>()
  const socket = connect({ host: '127.0.0.1', port, ca: authority.certificatePem, ...options }, () => {
    resolve('established')
    socket.destroy()
  })
  socket.once('error', () => resolve('refused'))
  return promise
}
