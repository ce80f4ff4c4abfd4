/** acme-client against a small ACME server of our own (RFC 8555), which looks at the challenge listener over HTTP. */
import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { IncomingMessage, Server } from 'node:http'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { ManualClock, systemClock } from '../base/clock.ts'
import type { AcmeOptions } from './acme.ts'
import { orderAcmeCertificate, storedAcmeCertificate } from './acme.ts'
import { createAuthority } from './certificate-authority.ts'
import { loadTlsIdentity, watchTlsIdentity } from './server-certificate.ts'

const DAY = 86_400_000
const NAME = 'pbx.example.com'

interface Fake {
  readonly server: Server
  readonly accounts: Set<string>
  orders: number
  refuse: boolean
  challengePort: number
  readonly seen: string[]
}

let fake: Fake
let base: string
let folder: string

interface Body {
  readonly header: { readonly jwk?: Record<string, string>; readonly kid?: string; readonly nonce: string }
  readonly payload: Record<string, unknown>
}

/** The request's JWS, its signature checked under the account's key (RFC 8555 §6.2). */
async function readBody(request: IncomingMessage, keys: Map<string, Record<string, string>>): Promise<Body> {
  let text = ''
  for await (const chunk of request) text += chunk
  const jws = JSON.parse(text) as { protected: string; payload: string; signature: string }
  const header = JSON.parse(Buffer.from(jws.protected, 'base64url').toString()) as Body['header']
  const jwk = header.jwk ?? keys.get(header.kid ?? '')
  assert.ok(jwk, 'an unknown account')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const signed = Buffer.from(`${jws.protected}.${jws.payload}`)
  const signature = Buffer.from(jws.signature, 'base64url')
  assert.ok(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature), 'the signature is wrong')
  const payload = jws.payload === '' ? {} : JSON.parse(Buffer.from(jws.payload, 'base64url').toString())
  return { header, payload: payload as Record<string, unknown> }
}

function startFake(): Promise<Fake> {
  const keys = new Map<string, Record<string, string>>()
  const state = { order: 'pending', authorization: 'pending', csr: '', chain: '' }
  const made: Fake = {
    server: createServer(),
    accounts: new Set(),
    orders: 0,
    refuse: false,
    challengePort: 0,
    seen: [],
  }
  const thumbprints = new Map<string, string>()
  made.server.on('request', (request, response) => {
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'replay-nonce': String(Math.trunc(performance.now() * 1e6)),
        ...headers,
      })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
    void handle(request, answer).catch((error: Error) =>
      answer(400, { type: 'urn:ietf:params:acme:error:malformed', detail: error.message }),
    )
  })
  const order = () => ({
    status: state.order,
    identifiers: [{ type: 'dns', value: NAME }],
    authorizations: [`${base}/authorization`],
    finalize: `${base}/finalize`,
    ...(state.order === 'valid' ? { certificate: `${base}/certificate` } : {}),
  })
  const challenge = () => ({
    type: 'http-01',
    url: `${base}/challenge`,
    token: 'the-token',
    status: state.authorization,
  })
  async function handle(
    request: IncomingMessage,
    answer: (status: number, body: unknown, headers?: Record<string, string>) => void,
  ) {
    const path = request.url!
    if (path === '/directory') {
      return answer(200, {
        newNonce: `${base}/nonce`,
        newAccount: `${base}/account`,
        newOrder: `${base}/order`,
        meta: {},
      })
    }
    if (path === '/nonce') return answer(request.method === 'HEAD' ? 200 : 204, '')
    const { header, payload } = await readBody(request, keys)
    if (path === '/account') {
      assert.equal(payload['termsOfServiceAgreed'], true)
      const { crv, kty, x, y } = header.jwk!
      const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
      const url = `${base}/account/${thumbprint}`
      keys.set(url, header.jwk!)
      thumbprints.set(url, thumbprint)
      made.accounts.add(thumbprint)
      return answer(201, { status: 'valid' }, { location: url })
    }
    if (path === '/order') {
      if (made.refuse)
        return answer(403, { type: 'urn:ietf:params:acme:error:unauthorized', detail: 'refused by policy' })
      Object.assign(state, { order: 'pending', authorization: 'pending' })
      made.orders++
      return answer(201, order(), { location: `${base}/the-order` })
    }
    if (path === '/the-order') return answer(200, order())
    if (path === '/authorization') {
      const body = { identifier: { type: 'dns', value: NAME }, status: state.authorization, challenges: [challenge()] }
      return answer(200, body)
    }
    if (path === '/challenge') {
      const content = await fetchText(made.challengePort, '/.well-known/acme-challenge/the-token')
      made.seen.push(
        content,
        await fetchText(made.challengePort, '/.well-known/acme-challenge/other'),
        await fetchText(made.challengePort, '/'),
      )
      state.authorization = content === `200 the-token.${thumbprints.get(header.kid!)}` ? 'valid' : 'invalid'
      if (state.authorization === 'valid') state.order = 'ready'
      return answer(200, challenge())
    }
    if (path === '/finalize') {
      const csr = new x509.Pkcs10CertificateRequest(Buffer.from(String(payload['csr']), 'base64url'))
      state.chain = await signRequest(csr)
      state.order = 'valid'
      return answer(200, order(), { location: `${base}/the-order` })
    }
    assert.equal(path, '/certificate')
    return answer(200, state.chain, { 'content-type': 'application/pem-certificate-chain' })
  }
  return new Promise(resolve => made.server.listen(0, '127.0.0.1', () => resolve(made)))
}

/** Signs the key of a request under a fresh authority. */
async function signRequest(csr: x509.Pkcs10CertificateRequest): Promise<string> {
  const authority = await createAuthority('acme test', Date.now())
  const issuer = new x509.X509Certificate(authority.certificatePem)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const der = x509.PemConverter.decodeFirst(authority.privateKeyPem)
  const signingKey = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
  const leaf = await x509.X509CertificateGenerator.create({
    subject: `CN=${NAME}`,
    issuer: issuer.subjectName,
    notAfter: new Date(Date.now() + 90 * DAY),
    publicKey: csr.publicKey,
    signingKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: NAME }])],
  })
  return `${leaf.toString('pem')}\n${authority.certificatePem}`
}

function fetchText(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path }, response => {
      let text = ''
      response.on('data', chunk => (text += chunk))
      response.on('end', () => resolve(`${response.statusCode} ${text}`.trim()))
    }).on('error', reject)
  })
}

/** A port that was free a moment ago: the fake has to know it before the listener opens. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}

function acmeOptions(): AcmeOptions {
  return {
    directoryUrl: `${base}/directory`,
    names: [NAME],
    email: 'operator@example.com',
    httpPort: fake.challengePort,
    httpAddress: '127.0.0.1',
    termsOfServiceAgreed: true,
  }
}

before(async () => {
  fake = await startFake()
  base = `http://127.0.0.1:${(fake.server.address() as AddressInfo).port}`
  folder = mkdtempSync(join(tmpdir(), 'ringfence-acme-'))
})
beforeEach(async () => {
  fake.challengePort = await freePort()
  fake.refuse = false
})
after(() => {
  fake.server.closeAllConnections()
  fake.server.close()
  rmSync(folder, { recursive: true })
})

test('an order is proved over HTTP, and its certificate kept for the next start', async () => {
  const identity = await orderAcmeCertificate(folder, acmeOptions(), systemClock)
  assert.deepEqual(identity.names, [NAME])
  assert.match(identity.issuer, /CA of acme test/)
  assert.equal(fake.seen[0]!.startsWith('200 the-token.'), true)
  assert.deepEqual(fake.seen.slice(1, 3), ['404', '404'])
  assert.equal(storedAcmeCertificate(folder, acmeOptions(), Date.now())?.fingerprint, identity.fingerprint)
  const keys = join(folder, 'keys', 'acme')
  for (const file of readdirSync(keys)) assert.equal(statSync(join(keys, file)).mode & 0o777, 0o600, file)
  await assert.rejects(fetchText(fake.challengePort, '/'), /ECONNREFUSED/)
})

test('a second order uses the same account', async () => {
  const account = readFileSync(join(folder, 'keys', 'acme', 'account.key'), 'utf8')
  await orderAcmeCertificate(folder, acmeOptions(), systemClock)
  assert.equal(readFileSync(join(folder, 'keys', 'acme', 'account.key'), 'utf8'), account)
  assert.equal(fake.accounts.size, 1)
})

test('a refusal says who refused what, and leaves the certificate in use alone', async () => {
  const before = storedAcmeCertificate(folder, acmeOptions(), Date.now())
  fake.refuse = true
  await assert.rejects(orderAcmeCertificate(folder, acmeOptions(), systemClock), error => {
    assert.match(
      (error as Error).message,
      /no certificate from http:\/\/127\.0\.0\.1:\d+\/directory for pbx\.example\.com: .*refused by policy/,
    )
    return (error as { code: string }).code === 'KEYS_ACME_FAILED'
  })
  assert.equal(storedAcmeCertificate(folder, acmeOptions(), Date.now())?.fingerprint, before?.fingerprint)
})

test('a port that is taken is named', async () => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(fake.challengePort, '127.0.0.1', resolve))
  await assert.rejects(orderAcmeCertificate(folder, acmeOptions(), systemClock), /cannot open port \d+: .*EADDRINUSE/)
  await new Promise(resolve => taken.close(resolve))
})

test('a certificate in store is used; 30 days before its end the watch orders another', async () => {
  const clock = new ManualClock(Date.now())
  const options = { dataDirectory: folder, domain: NAME, clock, certificate: { acme: acmeOptions() } }
  const orders = fake.orders
  const identity = await loadTlsIdentity(options)
  assert.equal(fake.orders, orders)
  const replaced = Promise.withResolvers<string>()
  const stop = watchTlsIdentity(options, identity, {
    onReplace: next => replaced.resolve(next.fingerprint),
    onRefused: ({ reason }) => replaced.reject(new Error(reason)),
  })
  clock.advance(61 * DAY)
  while (clock.pendingCount === 0) await new Promise(resolve => setImmediate(resolve))
  clock.advance(3_600_000)
  assert.notEqual(await replaced.promise, identity.fingerprint)
  stop()
})

test('without a certificate and with a server that refuses, our own authority stands in', async () => {
  fake.refuse = true
  const empty = mkdtempSync(join(tmpdir(), 'ringfence-acme-'))
  const clock = new ManualClock(Date.now())
  const identity = await loadTlsIdentity({
    dataDirectory: empty,
    domain: NAME,
    clock,
    certificate: { acme: acmeOptions() },
  })
  assert.match(identity.issuer, /CA of pbx\.example\.com/)
  rmSync(empty, { recursive: true })
})
