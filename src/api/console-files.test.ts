import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { createConsoleFiles } from './console-files.ts'

const SCRIPT = 'export const text = "the same"\n'.repeat(100)
const PAGE = '<!doctype html><html><script type="module" src="/assets/index-abc.js"></script></html>'
const isOwnHost = (host: string): boolean => host === 'phones.example.org' || host === '::1'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

let folder: string
let server: Server
let empty: Server

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'console-files-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), PAGE)
  const script = join(folder, 'assets', 'index-abc.js')
  writeFileSync(script, SCRIPT)
  writeFileSync(`${script}.br`, brotliCompressSync(SCRIPT))
  writeFileSync(`${script}.gz`, gzipSync(SCRIPT))
  writeFileSync(join(folder, '.built-from'), 'a digest')
  server = await listen(folder)
  empty = await listen(undefined)
})

after(() => {
  server?.close()
  empty?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function listen(from: string | undefined): Promise<Server> {
  const { route } = createConsoleFiles(from, isOwnHost)
  const started = createServer((asked, response) => {
    if (!route(asked, response)) response.writeHead(404).end()
  })
  await new Promise<void>(done => started.listen(0, '127.0.0.1', done))
  return started
}

function ask(
  path: string,
  more: { method?: string; headers?: Record<string, string>; at?: Server } = {},
): Promise<Answer> {
  const { port } = (more.at ?? server).address() as AddressInfo
  const headers = { host: 'phones.example.org:8443', ...more.headers }
  return new Promise((done, fail) => {
    const asked = request({ host: '127.0.0.1', port, path, method: more.method ?? 'GET', headers, agent: false })
    asked.on('error', fail).on('response', response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () =>
        done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      )
    })
    asked.end()
  })
}

describe('the policy', () => {
  test('lets in no script but ours, nothing inline, no frame, no form and no connection to elsewhere', async () => {
    const { headers } = await ask('/')
    const policy = new Map(
      String(headers['content-security-policy'])
        .split('; ')
        .map(each => [each.slice(0, each.indexOf(' ')), each.slice(each.indexOf(' ') + 1)]),
    )
    assert.equal(policy.get('default-src'), "'none'")
    assert.equal(policy.get('script-src'), "'self'")
    assert.equal(policy.get('style-src'), "'self'")
    assert.equal(policy.get('connect-src'), "'self'")
    assert.equal(policy.get('form-action'), "'self'")
    assert.equal(policy.get('frame-ancestors'), "'none'")
    assert.equal(policy.get('base-uri'), "'none'")
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|https?:|\*/)
  })

  test('stands on every answer, with what keeps other sites out', async () => {
    for (const path of ['/', '/calls', '/assets/index-abc.js']) {
      const { headers } = await ask(path)
      assert.ok(headers['content-security-policy'], path)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['referrer-policy'], 'no-referrer')
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
      assert.equal(headers['strict-transport-security'], 'max-age=31536000')
    }
  })
})

describe('pages', () => {
  test('are the ones that the console has, and no others', async () => {
    for (const path of [
      '/',
      '/sign-in',
      '/enrol',
      '/calls',
      '/calls/0198-ab',
      '/extensions/101',
      '/me',
      '/people?x=1',
    ]) {
      assert.equal((await ask(path)).body.toString(), PAGE, path)
    }
    for (const path of [
      '/admin',
      '/calls/a/b',
      '/calls/',
      '/wp-login.php',
      '/index.php',
      '/api/v1/nothing',
      '//calls',
    ]) {
      assert.equal((await ask(path)).status, 404, path)
    }
  })

  test('are all that the router has', async () => {
    const router = readFileSync(resolve(import.meta.dirname, '../../console/src/router.tsx'), 'utf8')
    const paths = [...router.matchAll(/(?:page\(|path: )'(\/[^']*)'/g)].map(([, path = '']) =>
      path.replace(/\$\w+/, '42'),
    )
    assert.ok(paths.length > 10, 'the router was read')
    for (const path of paths) assert.equal((await ask(path)).status, 200, path)
  })

  test('are asked for again each time, scripts with a digest in their name never', async () => {
    assert.equal((await ask('/')).headers['cache-control'], 'no-cache')
    assert.match(String((await ask('/assets/index-abc.js')).headers['cache-control']), /immutable/)
  })
})

describe('files', () => {
  test('outside of the folder, hidden ones and the compressed ones by name are not there', async () => {
    for (const path of [
      '/../package.json',
      '/assets/../../package.json',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '/assets/..\\..\\package.json',
      '/.built-from',
      '/assets/index-abc.js.br',
      '/assets/index-abc.js/',
      '/assets/index-abc.js\0',
      '/__proto__',
      '/constructor',
    ].map(each => each.replace('\0', '%00'))) {
      assert.equal((await ask(path)).status, 404, path)
    }
  })

  test('come compressed as the browser wants them, and are the same', async () => {
    const cases: readonly (readonly [accepted: string, coding: string | undefined])[] = [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['br;q=0.0', undefined],
      ['GZIP;q=0.5', 'gzip'],
      ['', undefined],
      ['x-brotli', undefined],
    ]
    const tags = new Map<string, string>()
    for (const [accepted, coding] of cases) {
      const { headers, body } = await ask('/assets/index-abc.js', { headers: { 'accept-encoding': accepted } })
      assert.equal(headers['content-encoding'], coding, accepted)
      assert.equal(headers.vary, 'accept-encoding')
      assert.equal(Number(headers['content-length']), body.length)
      const plain = coding === 'br' ? brotliDecompressSync(body) : coding === 'gzip' ? gunzipSync(body) : body
      assert.equal(plain.toString(), SCRIPT)
      tags.set(String(coding), String(headers.etag))
    }
    assert.equal(new Set(tags.values()).size, 3, 'each coding has its own tag')
  })

  test('that the browser has are not sent again', async () => {
    const { etag } = (await ask('/')).headers
    assert.equal((await ask('/', { headers: { 'if-none-match': String(etag) } })).status, 304)
    assert.equal((await ask('/', { headers: { 'if-none-match': `"other", W/${etag}` } })).status, 304)
    assert.equal((await ask('/', { headers: { 'if-none-match': '"other"' } })).status, 200)
  })

  test('HEAD says as much as GET and sends nothing; everything else is not for us', async () => {
    const { status, headers, body } = await ask('/', { method: 'HEAD' })
    assert.deepEqual([status, Number(headers['content-length']), body.length], [200, PAGE.length, 0])
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) assert.equal((await ask('/', { method })).status, 404)
  })
})

test('another name for this machine gets nothing: a page of ours under it could be told from no other', async () => {
  for (const host of ['evil.example', 'phones.example.org.evil.example', '', 'phones.example.org:1:2', '127.0.0.1']) {
    assert.equal((await ask('/', { headers: { host } })).status, 404, host)
  }
  for (const host of ['PHONES.example.org', '[::1]:8443']) {
    assert.equal((await ask('/', { headers: { host } })).status, 200, host)
  }
})

test('a console that was not built is said to be so', async () => {
  const { status, headers, body } = await ask('/', { at: empty })
  assert.equal(status, 503)
  assert.match(body.toString(), /not built[\s\S]*npm run build:console/)
  assert.ok(headers['content-security-policy'])
  assert.equal((await ask('/assets/index-abc.js', { at: empty })).status, 404)
})

test('more than fits into memory is refused at the start', () => {
  const large = mkdtempSync(join(tmpdir(), 'console-files-'))
  writeFileSync(join(large, 'index.html'), PAGE)
  writeFileSync(join(large, 'large.js'), Buffer.alloc(33 * 1_048_576))
  assert.throws(() => createConsoleFiles(large, isOwnHost), /more than/)
  rmSync(large, { recursive: true, force: true })
})
