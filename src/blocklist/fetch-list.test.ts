/** Lists over https from a server on this machine: what is taken, and every way in which it is not. */
import assert from 'node:assert/strict'
import { createServer as createPlain } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { after, before, test } from 'node:test'
import { isPublicAddress } from '../stir/public-address.ts'
import { type FetchOptions, fetchList, type Validators } from './fetch-list.ts'
import { type Publisher, says, startPublisher } from '../../test/support/list-publisher.ts'

let publisher: Publisher
before(async () => {
  publisher = await startPublisher()
})
after(() => publisher.close())

function fetch(
  url: string,
  more: Partial<FetchOptions> = {},
  validators: Validators = {},
  signal = new AbortController().signal,
) {
  return fetchList(url, validators, { ...publisher.trusted, ...more }, signal)
}

async function failure(url: string, more: Partial<FetchOptions> = {}): Promise<string> {
  const result = await fetch(url, more)
  assert.ok(!result.ok, 'it was taken')
  return result.error.detail
}

test('a list is fetched whole, with what the server says about the copy; the same again is not sent', async () => {
  publisher.answer = (request, response) => {
    if (request.headers['if-none-match'] === '"one"') return void response.writeHead(304).end()
    return says('45.1.0.0/16\n', { etag: '"one"', 'last-modified': 'Sun, 22 Nov 2026 10:00:00 GMT' })(request, response)
  }
  const first = await fetch(publisher.url('/list'))
  assert.ok(first.ok && first.value.kind === 'new')
  assert.equal(first.value.octets.toString(), '45.1.0.0/16\n')
  assert.deepEqual(first.value.validators, { etag: '"one"', lastModified: 'Sun, 22 Nov 2026 10:00:00 GMT' })
  const again = await fetch(publisher.url('/list'), {}, first.value.validators)
  assert.ok(again.ok && again.value.kind === 'same')
  const { headers } = publisher.asked.at(-1)!
  assert.equal(headers['if-modified-since'], 'Sun, 22 Nov 2026 10:00:00 GMT')
  assert.equal(headers['accept-encoding'], 'identity')
})

test('a redirection is followed, three times at most, and only to where one may go', async () => {
  const to = (location: string) => {
    publisher.answer = (request, response) =>
      request.url === '/end'
        ? says('45.1.0.0/16\n')(request, response)
        : void response.writeHead(302, { location }).end()
  }
  to('/end')
  assert.ok((await fetch(publisher.url('/a'))).ok)
  to('/again')
  assert.match(await failure(publisher.url('/a')), /more than 3 redirections/)
  const asked = publisher.asked.length
  for (const [location, words] of [
    ['http://lists.example/x', /redirected, and there the address is not https/],
    ['file:///etc/passwd', /not https/],
    ['https://169.254.169.254/latest', /not a public one/],
    ['https://10.0.0.1/', /not a public one/],
    ['https://[::1]/', /not a public one/],
    ['https://lists.example:22/', /port 22/],
    ['https://a:b@lists.example/', /user name/],
    ['https://', /no address/],
  ] as const) {
    to(location)
    assert.match(
      await failure(publisher.url('/a'), { isAllowedPort: port => port === publisher.port || port === 443 }),
      words,
      location,
    )
  }
  assert.equal(publisher.asked.length, asked + 8, 'nothing but the first address was asked')
})

for (const [what, answer, words] of [
  ['404', (_q, response) => void response.writeHead(404).end('not found'), /answered 404$/],
  [
    'a server that has enough of us',
    (_q, response) => void response.writeHead(429, { 'retry-after': '7200' }).end(),
    /answered 429, and wants to be asked in 7200 s/,
  ],
  ['a web page', says('<html></html>', { 'content-type': 'text/html; charset=utf-8' }), /web page/],
  ['what is compressed', says('x', { 'content-encoding': 'gzip' }), /compressed/],
  [
    'less than it promised',
    (_q, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('45.1.0.0/16\n', () => response.destroy())
    },
    /half a list/,
  ],
  [
    'pieces without the last one',
    (_q, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' })
      response.write('45.1.0.0/16\n', () => response.destroy())
    },
    /half a list/,
  ],
  [
    'more than 32 MB',
    (_q, response) => {
      response.writeHead(200)
      const piece = Buffer.alloc(2 ** 20, 65)
      const more = (): void => void response.write(piece, error => (error ? undefined : more()))
      more()
    },
    /larger than 32 MB/,
  ],
  ['nothing', () => undefined, /no answer within 1.5 s/],
  [
    'a drop every now and then',
    (_q, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('4'), 50)
      response.on('close', () => clearInterval(timer))
    },
    /no answer within 1.5 s/,
  ],
] as const satisfies readonly (readonly [string, Publisher['answer'], RegExp])[]) {
  test(`refused: ${what}`, async () => {
    publisher.answer = answer
    assert.match(await failure(publisher.url('/list')), words)
  })
}

test('a body that ends with the connection is taken, but not as whole', async () => {
  publisher.answer = (_request, response) => {
    response.socket?.end('HTTP/1.0 200 OK\r\n\r\n45.1.0.0/16\n45.2.0.0/1')
  }
  const result = await fetch(publisher.url('/list'))
  assert.ok(result.ok && result.value.kind === 'new')
  assert.equal(result.value.isWhole, false)
})

test('a name that is not in the certificate, and an authority that nobody knows, are refused', async () => {
  publisher.answer = says('45.1.0.0/16\n')
  const asked = publisher.asked.length
  assert.match(await failure(`https://other.example:${publisher.port}/list`), /altnames|certificate/i)
  assert.match(await failure(publisher.url('/list'), { ca: undefined }), /self.signed|unable to/i)
  assert.equal(publisher.asked.length, asked)
})

test("without a test's exceptions nothing of this machine or network is asked, whatever the name says", async () => {
  const asked = publisher.asked.length
  const strict = { isPublicAddress, isAllowedPort: undefined }
  assert.match(await failure('https://lists.example/list', strict), /no public address/)
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
    '127.1',
  ])
    assert.match(await failure(`https://${host}/list`, strict), /not a public one/, host)
  for (const [url, words] of [
    ['http://lists.example/', /not https/],
    ['ftp://lists.example/', /not https/],
    [publisher.url('/list'), /port \d+ is not one for lists/],
    ['https://me:secret@lists.example/', /user name/],
    [`https://lists.example/${'x'.repeat(3_000)}`, /no URL/],
    ['lists.example', /no URL/],
  ] as const)
    assert.match(await failure(url, strict), words, url)
  assert.equal(publisher.asked.length, asked)
})

test('of several addresses of a name only the public ones are connected to', async () => {
  publisher.answer = says('45.1.0.0/16\n')
  const several: LookupFunction = (_name, _options, callback) => {
    ;(callback as (error: null, found: { address: string; family: number }[]) => void)(null, [
      { address: '10.9.9.9', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ])
  }
  assert.ok((await fetch(publisher.url('/list'), { lookup: several })).ok)
})

test('http in clear behind an https redirection is not asked', async () => {
  let heard = 0
  const plain = createPlain((_request, response) => {
    heard++
    response.end('45.1.0.0/16\n')
  })
  await new Promise<void>(done => plain.listen(0, '127.0.0.1', done))
  const { port } = plain.address() as AddressInfo
  publisher.answer = (_request, response) =>
    void response.writeHead(301, { location: `http://lists.example:${port}/` }).end()
  assert.match(await failure(publisher.url('/list'), { isAllowedPort: () => true }), /not https/)
  plain.close()
  assert.equal(heard, 0)
})

test('a stop ends what is under way', async () => {
  publisher.answer = () => undefined
  const stopping = new AbortController()
  const result = fetch(publisher.url('/list'), { timeoutMs: 60_000 }, {}, stopping.signal)
  setTimeout(() => stopping.abort(), 50)
  assert.ok(!(await result).ok)
})
