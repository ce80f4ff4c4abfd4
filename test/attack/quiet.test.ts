/** What a stranger hears: nothing over UDP, a closed connection over TLS, and nowhere who we are. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { readdirSync, readFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { pause, repositoryRoot } from '../support/places.ts'
import { openRaw, rawRequest } from '../support/raw-sip.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'

const STRANGER = '127.6.0.1'
const NAMED = '127.6.0.2'
/** Names and versions by which a scanner would know what to attack. */
const TELLING = /ringfence|node(\.js|\/)|fastify|openssl|\bv?\d+\.\d+\.\d+\b(?!\.\d)/i

let system: Ringfence
let domain: string

before(async () => {
  const plain = ['--allow-insecure-udp', '127.0.0.1:0', '--allow-insecure-sources', `${NAMED}/32`]
  system = await startRingfence({ name: 'quiet', arguments: plain })
  ;({ domain } = await system.addPhone('501'))
})

after(() => system?.stop())

function stranger(at: number) {
  return openRaw({ ...system.ready.sipTls, ca: system.caPem, localAddress: `127.6.1.${at}` })
}

function withoutAddresses(text: string): string {
  return text.replace(/127\.\d+\.\d+\.\d+/g, '')
}

const DOMAIN = 'DOMAIN'
const messages: readonly (readonly [what: string, text: string])[] = [
  ...['OPTIONS', 'INVITE', 'SUBSCRIBE', 'MESSAGE', 'NOTIFY', 'REFER', 'BYE', 'CANCEL', 'PUBLISH', 'FOO'].map(
    method => [method, rawRequest({ method, uri: `sip:${DOMAIN}`, from: 'sip:x@elsewhere.example' })] as const,
  ),
  ['REGISTER for an address', rawRequest({ method: 'REGISTER', uri: 'sip:127.0.0.1', from: 'sip:501@127.0.0.1' })],
  ['a REGISTER that cannot be read', `REGISTER sip:${DOMAIN} SIP/2.0\r\nVia: x\r\n\r\n`],
  ['another version', rawRequest({ method: 'OPTIONS', uri: 'sip:x', from: 'sip:x@y' }).replace('SIP/2.0', 'SIP/7.0')],
  [
    'a response',
    'SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS a;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n',
  ],
  ['a web request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['bytes', '\u0000\u0001\u0002\r\n\r\n\r\n'],
]

for (const [index, [what, text]] of messages.entries()) {
  test(`over TLS a stranger's ${what} is not answered`, { timeout: 30_000 }, async () => {
    const raw = await stranger(index + 1)
    raw.send(text.replaceAll(DOMAIN, domain))
    // A response is nothing that asks for an answer, and CRLF is a keep-alive: these may stay.
    await Promise.race([raw.closed, pause(1_500)])
    assert.equal(raw.received().replace(/^(\r\n)+$/, ''), '')
    if (what !== 'a response' && what !== 'bytes') assert.equal(raw.open, false, 'the connection stays')
    raw.destroy()
  })
}

test('over UDP a stranger hears nothing, whatever is sent', { timeout: 30_000 }, async () => {
  const { port } = system.ready.listeners.find(each => each.transport.toUpperCase() === 'UDP')!
  const heard: Buffer[] = []
  const socketAt = async (address: string) => {
    const socket = createSocket('udp4')
    socket.on('message', bytes => heard.push(bytes))
    await new Promise<void>(done => socket.bind(0, address, done))
    return socket
  }
  const socket = await socketAt(STRANGER)
  for (const [, text] of messages) socket.send(text.replaceAll(DOMAIN, domain), port, '127.0.0.1')
  socket.send(rawRequest({ method: 'REGISTER', uri: `sip:${domain}`, from: `sip:501@${domain}` }), port, '127.0.0.1')
  await pause(1_000)
  socket.close()
  assert.deepEqual(heard.map(String), [])
  // Without this the silence above could be a deaf port.
  const named = await socketAt(NAMED)
  named.send(
    rawRequest({ method: 'REGISTER', uri: `sip:${domain}`, from: `sip:501@${domain}`, transport: 'UDP' }),
    port,
    '127.0.0.1',
  )
  for (let i = 0; heard.length === 0 && i < 50; i++) await pause(100)
  named.close()
  assert.match(String(heard[0]), /^SIP\/2\.0 401/)
  assert.doesNotMatch(withoutAddresses(String(heard[0])), TELLING)
})

test('the challenge to a phone says nothing of who we are, and neither does the certificate', {
  timeout: 30_000,
}, async () => {
  const raw = await stranger(100)
  raw.send(rawRequest({ method: 'REGISTER', uri: `sip:${domain}`, from: `sip:k7f3q9x2m1@${domain}` }))
  const answer = await raw.waitFor(/SIP\/2\.0 401[\s\S]*?\r\n\r\n/, 5_000)
  raw.destroy()
  assert.ok(answer)
  assert.doesNotMatch(withoutAddresses(answer[0]), TELLING)
  assert.doesNotMatch(answer[0], /^(Server|User-Agent|Warning|Organization):/im)
})

test('what HTTPS answers to a stranger has no product, no version, and is the same for every path of a kind', {
  timeout: 30_000,
}, async () => {
  const ask = (path: string, method = 'GET'): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const { address, port } = system.ready.https
      const asked = httpsRequest(
        {
          host: address,
          port,
          path,
          method,
          ca: system.caPem,
          checkServerIdentity: () => undefined,
          localAddress: STRANGER,
        },
        response => {
          let body = ''
          response.on('data', chunk => (body += String(chunk)))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: `${JSON.stringify(response.headers)} ${body}` }),
          )
        },
      )
      asked.on('error', reject)
      asked.end()
    })
  const plain = ({ status, text }: { status: number; text: string }): string =>
    `${status} ${text.replace(/"date":"[^"]*"/, '')}`
  const kinds = [
    ['/.env', '/wp-login.php', '/.git/config', '/phpmyadmin/index.php'],
    ['/api/v1/users', '/api/v1/extension', '/api/v2'],
  ]
  for (const paths of kinds) {
    const answers = await Promise.all(paths.map(path => ask(path)))
    for (const answer of answers) {
      assert.ok(answer.status >= 400, answer.text)
      assert.doesNotMatch(answer.text, TELLING)
    }
    assert.equal(new Set(answers.map(answer => plain(answer).replace(/\/[\w./-]+/g, 'PATH'))).size, 1)
  }
  for (const path of ['/', '/sign-in', '/api/v1/session', '/api/v1/extensions']) {
    const answer = await ask(path)
    assert.doesNotMatch(answer.text, TELLING, path)
  }
})

test('the handshake names no product', { timeout: 30_000 }, async () => {
  const { address, port } = system.ready.sipTls
  const socket = connect({
    host: address,
    port,
    ca: system.caPem,
    checkServerIdentity: () => undefined,
  })
  await new Promise(done => socket.once('secureConnect', done))
  const { subject, issuer } = socket.getPeerCertificate()
  socket.destroy()
  assert.ok(subject !== undefined && issuer !== undefined)
  assert.doesNotMatch(JSON.stringify([subject, issuer]), TELLING)
})

test('no header that names us is written anywhere in the source of the stack', () => {
  const files = readdirSync(join(repositoryRoot, 'src/sip'), { recursive: true, encoding: 'utf8' })
  const sources = files.filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const naming = sources.filter(file => /Ringfence\//.test(readFileSync(join(repositoryRoot, 'src/sip', file), 'utf8')))
  assert.deepEqual(naming, [])
})
