/**
 * The peer of `bench:api`: one bare fastify route behind TLS, which answers what it was given and does nothing else. Told by
 * its parent over IPC what to answer at which path; tells its port and the certificate to trust.
 */
import fastify from 'fastify'
import { createAuthority, issueServerCertificate } from '../../src/keys/certificate-authority.ts'

export interface BareReady {
  readonly port: number
  readonly caPem: string
}

/** A path, and what it answers. */
export interface BareAnswer {
  readonly path: string
  readonly value: unknown
}

const HOST = '127.0.0.1'
const now = Date.now()
const authority = await createAuthority('bare', now)
const { certificatePem: cert, privateKeyPem: key } = await issueServerCertificate(authority, [HOST], now)
const app = fastify({ logger: false, https: { cert, key, minVersion: 'TLSv1.2' } })
const answers = new Map<string, unknown>()
app.get('/*', async request => answers.get(request.url.slice(0, request.url.indexOf('?'))))

process.on('message', (message: BareAnswer) => {
  answers.set(message.path, message.value)
  process.send?.({ taken: message.path })
})
process.on('disconnect', () => void app.close())
await app.listen({ host: HOST, port: 0 })
const ready: BareReady = { port: (app.server.address() as { port: number }).port, caPem: authority.certificatePem }
process.send?.(ready)
