/** A stranger's URL leads to the public internet or nowhere. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import { after, before, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { createAuthority, issueServerCertificate } from '../keys/certificate-authority.ts'
import { createCertificateFetcher, type FetcherOptions } from './fetch-certificate.ts'
import { isPublicAddress } from './public-address.ts'

let server: Server
let ca = ''
let port = 0
let asked = 0

before(async () => {
  const now = Date.now()
  const authority = await createAuthority('stir', now)
  const { certificatePem, privateKeyPem } = await issueServerCertificate(authority, ['cert.example', '127.0.0.1'], now)
  ca = authority.certificatePem
  server = createServer({ cert: certificatePem, key: privateKeyPem }, (request, response) => {
    asked++
    const { url = '' } = request
    if (url === '/slow') return
    if (url === '/away') return void response.writeHead(302, { location: 'https://127.0.0.1/other' }).end()
    if (url === '/huge') return void response.end(Buffer.alloc(200_000, 65))
    if (url === '/endless') return void setInterval(() => response.write('x'), 50).unref()
    if (url === '/missing') return void response.writeHead(404).end()
    response
      .writeHead(200, { 'cache-control': url === '/short' ? 'public, max-age=120' : 'max-age=99999999' })
      .end(`body of ${url}`)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const HERE: LookupFunction = (_name, _options, callback) => {
  ;(callback as (error: null, found: { address: string; family: number }[]) => void)(null, [
    { address: '127.0.0.1', family: 4 },
  ])
}

function fetcher(more: Partial<FetcherOptions> = {}, clock = new ManualClock()) {
  return createCertificateFetcher({
    clock,
    ca,
    lookup: HERE,
    isAllowedAddress: address => address === '127.0.0.1',
    isAllowedPort: () => true,
    timeoutMs: 700,
    ...more,
  })
}

test('a certificate is fetched once and kept as long as the server says, within bounds', async () => {
  const clock = new ManualClock()
  const fetch = fetcher({}, clock)
  const before = asked
  assert.equal(await fetch(`https://cert.example:${port}/short`), 'body of /short')
  await Promise.all([fetch(`https://cert.example:${port}/short`), fetch(`https://cert.example:${port}/short`)])
  assert.equal(asked, before + 1)
  clock.advance(121_000)
  await Promise.all([1, 2, 3].map(() => fetch(`https://cert.example:${port}/short`)))
  assert.equal(asked, before + 2, 'three at once are one')
  await fetch(`https://cert.example:${port}/long`)
  clock.advance(86_401_000)
  await fetch(`https://cert.example:${port}/long`)
  assert.equal(asked, before + 4, 'a day at most')
})

for (const [what, path, words] of [
  ['a redirection', '/away', /redirection/],
  ['more than 64 kB', '/huge', /64 kB/],
  ['a server that says nothing', '/slow', /longer than two seconds/],
  ['a body without end', '/endless', /longer than two seconds/],
  ['404', '/missing', /404/],
] as const) {
  test(`${what} is refused, and not asked for again at once`, async () => {
    const fetch = fetcher()
    await assert.rejects(fetch(`https://cert.example:${port}${path}`), words)
    const before = asked
    await assert.rejects(fetch(`https://cert.example:${port}${path}`), words)
    assert.equal(asked, before)
  })
}

test("without the test's exceptions nothing of this machine or network is reached", async () => {
  const before = asked
  const fetch = fetcher({ isAllowedAddress: isPublicAddress, isAllowedPort: () => true })
  await assert.rejects(fetch(`https://cert.example:${port}/x`), /no public address/)
  for (const host of [
    '127.0.0.1',
    '[::1]',
    '10.0.0.1',
    '169.254.169.254',
    '[::ffff:127.0.0.1]',
    '[fd00::1]',
    '0.0.0.0',
    '2130706433',
    '0x7f.1',
  ]) {
    await assert.rejects(fetch(`https://${host}:${port}/x`), /public/, host)
  }
  const strict = createCertificateFetcher({ clock: new ManualClock(), lookup: HERE })
  for (const [url, words] of [
    ['http://cert.example/x', /https/],
    ['ftp://cert.example/x', /https/],
    ['file:///etc/passwd', /https/],
    [`https://cert.example:${port}/x`, /port/],
    ['https://user:secret@cert.example/x', /credentials/],
    [`https://cert.example/${'x'.repeat(600)}`, /too long/],
    ['not a url', /no URL/],
  ] as const) {
    await assert.rejects(strict(url), words, url)
  }
  assert.equal(asked, before)
})

test("a name whose address is not this server's certificate is refused", async () => {
  await assert.rejects(fetcher()(`https://other.example:${port}/x`), /altnames|certificate|Hostname/i)
})

test('addresses of the public internet are public', () => {
  for (const address of ['8.8.8.8', '2606:4700::1111', '192.0.1.1', '172.32.0.1'])
    assert.ok(isPublicAddress(address), address)
  for (const address of ['192.0.2.1', '2001:db8::1', '64:ff9b::a00:1', '::ffff:8.8.8.8', 'fe80::1%eth0', 'x', ''])
    assert.ok(!isPublicAddress(address), address)
})

test('no more than so many at once', async () => {
  const fetch = fetcher({ atOnce: 1 })
  const first = fetch(`https://cert.example:${port}/slow`)
  await assert.rejects(fetch(`https://cert.example:${port}/y`), /too many/)
  await assert.rejects(first)
})
