import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CLIENT_ID, CLIENT_SECRET, startIdentityProvider } from '../../test/support/identity-provider.ts'
import { ManualClock } from '../base/clock.ts'
import { createFakeIdentityRepository } from '../identity/fake-repository.ts'
import { callbackPath } from '../identity/oidc/types.ts'
import { ok } from '../base/result.ts'
import { createAuthority, issueServerCertificate } from '../keys/certificate-authority.ts'
import { createSealer } from '../keys/sealer.ts'
import { createHttpsFetch } from './https-fetch.ts'
import { createOidc } from './oidc.ts'

const ORIGIN = { address: '192.0.2.7', userAgent: 'x', host: 'pbx.example.com:8443' }

test('a provider as configured: its secret and authority from files, and what is proved is handed on', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'ringfence-people-outside-'))
  const provider = await startIdentityProvider({ redirectUri: `https://${ORIGIN.host}${callbackPath('work')}` })
  context.after(() => {
    provider.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const [clientSecretFile, caFile] = [join(folder, 'secret'), join(folder, 'ca.pem')]
  writeFileSync(clientSecretFile, `${CLIENT_SECRET}\n`, { mode: 0o600 })
  writeFileSync(caFile, provider.ca)
  const proved: unknown[] = []
  const configured = {
    id: 'work',
    name: 'Work',
    issuer: provider.issuer,
    clientId: CLIENT_ID,
    clientSecretFile,
    domains: ['example.com'],
    acceptedAcr: [],
    acceptedAmr: ['fido'],
    caFile,
  }
  const open = () =>
    createOidc([configured], {
      identity: { signInProvider: async input => ok(proved.push(input) as never) },
      repository: createFakeIdentityRepository(),
      sealing: createSealer(Buffer.alloc(32, 7)),
      clock: new ManualClock(Date.now()),
      events: { publish: () => assert.fail('nothing failed') },
    })
  const oidc = open()
  assert.deepEqual(oidc.providers, [{ id: 'work', name: 'Work' }])
  for (const amr of [['fido'], ['pwd', 'otp']]) {
    provider.account = { subject: 's', email: 'Ada@example.com', verified: true, amr }
    const begun = await oidc.begin('work', ORIGIN)
    assert.ok(begun.ok)
    const back = await provider.visit(begun.value.location)
    const ceremony = begun.value.ceremony.reveal()
    assert.ok((await oidc.finish({ ceremony, url: `${back.pathname}${back.search}` }, ORIGIN)).ok)
  }
  const who = { provider: 'work', issuer: provider.issuer, subject: 's', email: 'ada@example.com' }
  assert.deepEqual(proved, [who, who])
  chmodSync(clientSecretFile, 0o644)
  assert.throws(open, /others could read it/)
})

const CERTIFIED = '127.0.0.1'
let answer: RequestListener = () => undefined
let trusted: string
let port: number
const server = { close: (): void => undefined }

before(async () => {
  const authority = await createAuthority('fetch', Date.now())
  const { certificatePem, privateKeyPem } = await issueServerCertificate(authority, [CERTIFIED], Date.now())
  const listening = createServer({ cert: certificatePem, key: privateKeyPem }, (...asked) => answer(...asked))
  await new Promise<void>(done => listening.listen(0, CERTIFIED, done))
  trusted = authority.certificatePem
  port = (listening.address() as AddressInfo).port
  server.close = () => {
    listening.closeAllConnections()
    listening.close()
  }
})
after(() => server.close())

const plain = { method: 'GET', headers: {}, body: undefined, redirect: 'manual' } as const
const fetch = (path = '/', options = {}) =>
  createHttpsFetch({ ca: trusted, timeoutMs: 1_000, ...options })(`https://${CERTIFIED}:${port}${path}`, plain)

test('an answer is given whole, and a redirection is not followed', async () => {
  answer = (request, response) => void response.writeHead(302, { location: '/elsewhere' }).end(request.url)
  const response = await fetch('/here')
  assert.equal(response.status, 302)
  assert.equal(await response.text(), '/here')
  answer = (request, response) => void request.pipe(response.writeHead(200))
  const body = new URLSearchParams({ a: 'b c' })
  const posted = await createHttpsFetch({ ca: trusted })(`https://${CERTIFIED}:${port}/`, {
    ...plain,
    method: 'POST',
    body,
  })
  assert.equal(await posted.text(), 'a=b+c')
})

for (const [what, listener, options, words] of [
  ['too much', (_request, response) => void response.end(Buffer.alloc(2_000)), { maximumOctets: 1_000 }, /larger than/],
  ['nothing', () => undefined, { timeoutMs: 100 }, /in time/],
  ['half an answer', (_q, response) => response.write('{', () => response.destroy()), {}, /ECONNRESET|aborted/],
  ['one that nobody vouches for', (_q, response) => void response.end(), { ca: undefined }, /CERT|SIGNATURE|SIGNED/],
] as const satisfies readonly (readonly [string, RequestListener, object, RegExp])[]) {
  test(`not taken: ${what}`, async () => {
    answer = listener
    await assert.rejects(fetch('/', options), (error: Error) => {
      assert.equal(error.name, 'UnreachableError')
      assert.match(error.message, words)
      return true
    })
  })
}

test('nothing is sent in clear', async () => {
  for (const address of [`http://${CERTIFIED}:${port}/`, 'file:///etc/passwd', 'x']) {
    await assert.rejects(createHttpsFetch({})(address, plain), /not https/)
  }
})
