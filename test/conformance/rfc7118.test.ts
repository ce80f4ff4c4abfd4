/** SIP over WebSocket (RFC 7118), over TLS on the HTTPS port of the running server. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before } from 'node:test'
import { type ClientOptions, WebSocket } from 'ws'
import { openRaw, rawRequest } from '../support/raw-sip.ts'
import { established, hangUp } from '../support/early-calls.ts'
import { eventually, pause } from '../support/places.ts'
import type { ScriptedPhone } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc7118' })
  alice = await world.phone('101')
  bob = await world.phone('102', { protocol: 'WSS' })
})
after(() => world?.stop())

/** The answer to a handshake that is written by hand. */
async function handshake(lines: readonly string[], path = '/sip'): Promise<string> {
  const { port } = world.system.ready.https
  const raw = await openRaw({ address: '127.0.0.1', port, ca: world.system.caPem })
  const key = randomBytes(16).toString('base64')
  const head = ['Host: 127.0.0.1', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Key: ${key}`]
  raw.send([`GET ${path} HTTP/1.1`, ...head, 'Sec-WebSocket-Version: 13', ...lines, '', ''].join('\r\n'))
  await raw.waitFor(/\r\n\r\n/, 10_000)
  raw.destroy()
  return raw.received()
}

interface Frame {
  readonly text: string
  readonly binary: boolean
}

interface Client {
  readonly socket: WebSocket
  readonly frames: Frame[]
  readonly state: { code: number | undefined }
  next(): Promise<Frame>
}

async function client(): Promise<Client> {
  const options = { ca: world.system.caPem, checkServerIdentity: () => undefined } as unknown as ClientOptions
  const socket = new WebSocket(`wss://127.0.0.1:${world.system.ready.https.port}/sip`, ['sip'], options)
  const frames: Frame[] = []
  const state: Client['state'] = { code: undefined }
  socket.on('message', (data: Buffer, binary) => frames.push({ text: data.toString('latin1'), binary }))
  socket.on('close', code => {
    state.code = code
  })
  await new Promise<void>((done, failed) => {
    socket.once('open', () => done())
    socket.on('error', failed)
  })
  const next = async (): Promise<Frame> => {
    const frame = await eventually(() => frames.shift(), 10_000, 'a frame')
    return frame
  }
  return { socket, frames, state, next }
}

function register(extra: Partial<Parameters<typeof rawRequest>[0]> = {}): string {
  const domain = alice.account.organisation.domain
  const uri = `sip:${domain}`
  return rawRequest({ method: 'REGISTER', uri, from: `sip:${alice.username}@${domain}`, transport: 'WSS', ...extra })
}

for (const [what, lines] of [
  ['sip', ['Sec-WebSocket-Protocol: sip']],
  ['several, sip among them', ['Sec-WebSocket-Protocol: mqtt, sip']],
] as const) {
  conformance(
    'RFC 7118 §4.1',
    `handshake with the subprotocol ${what}`,
    '101 with Sec-WebSocket-Protocol: sip',
    async () => {
      const answer = await handshake(lines)
      assert.match(answer, /^HTTP\/1\.1 101 /)
      assert.match(answer, /^Sec-WebSocket-Protocol: sip\r$/im)
    },
  )
}

for (const [what, lines] of [
  ['without a subprotocol', []],
  ['with another subprotocol only', ['Sec-WebSocket-Protocol: mqtt']],
] as const) {
  conformance('RFC 7118 §4.1', `handshake ${what}`, 'no SIP over it', async () => {
    assert.match(await handshake(lines), /^HTTP\/1\.1 400 /)
    return 'refused: 400, and closed'
  })
}

conformance('RFC 7118 §4.1', 'handshake at another path', 'no SIP over it', async () => {
  const answer = await handshake(['Sec-WebSocket-Protocol: sip'], '/elsewhere')
  assert.doesNotMatch(answer, /^HTTP\/1\.1 101 /)
  return 'refused'
})

for (const binary of [false, true]) {
  conformance(
    'RFC 7118 §4.2',
    `a request in a ${binary ? 'binary' : 'text'} frame`,
    'is read; both kinds of frame are',
    async () => {
      const { socket, next } = await client()
      socket.send(Buffer.from(register()), { binary })
      const frame = await next()
      assert.match(frame.text, /^SIP\/2\.0 401 /)
      assert.equal(frame.binary, false)
      socket.terminate()
      return 'answered, in a text frame'
    },
  )
}

conformance('RFC 7118 §5.1', 'a message in several fragments of one WebSocket message', 'one SIP message', async () => {
  const { socket, next } = await client()
  const text = register()
  for (let at = 0; at < text.length; at += 100) {
    socket.send(text.slice(at, at + 100), { fin: at + 100 >= text.length })
  }
  assert.match((await next()).text, /^SIP\/2\.0 401 /)
  socket.terminate()
})

conformance('RFC 7118 §5.1', 'two messages in one frame', 'MUST NOT: one message in each', async () => {
  const { socket, next, frames } = await client()
  socket.send(register({ callId: 'first-of-two' }) + register({ callId: 'second-of-two' }))
  const frame = await next()
  assert.match(frame.text, /Call-ID: first-of-two/i)
  await pause(300)
  assert.equal(frames.length, 0)
  socket.terminate()
  return 'what follows the first one is not a message: it is dropped'
})

conformance('RFC 7118 §5.1', 'half a message in a frame', 'is not completed by the next frame', async () => {
  const { socket, frames } = await client()
  const text = register()
  socket.send(text.slice(0, 80))
  socket.send(text.slice(80))
  await pause(500)
  assert.ok(frames.every(({ text: answer }) => !answer.startsWith('SIP/2.0 401')))
  socket.terminate()
  return 'neither half is a message'
})

conformance('RFC 7118 §5.1', 'a message without Content-Length', 'allowed: the frame ends it', async () => {
  const { socket, next } = await client()
  socket.send(register().replace(/Content-Length: 0\r\n/, ''))
  assert.match((await next()).text, /^SIP\/2\.0 401 /)
  socket.terminate()
})

conformance(
  'RFC 7118 §5.2',
  'a Via with an invalid host',
  'responses take the connection; received and rport are filled in',
  async () => {
    const { socket, next } = await client()
    const request = register().replace(/^Via: .*$/m, 'Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKws1;rport')
    socket.send(request)
    const { text } = await next()
    assert.match(text, /^Via: SIP\/2\.0\/WSS df7jal23ls0d\.invalid;.*received=127\.0\.0\.1/m)
    socket.terminate()
  },
)

conformance(
  'RFC 7118 §5.2',
  'our request over a secure WebSocket',
  'Via with WSS, Contact with transport=ws',
  async () => {
    const invite = await alice.call('102')
    const ring = await bob.ringing()
    assert.match(ring.request.header('Via')!, /^SIP\/2\.0\/WSS /)
    assert.match(ring.request.header('Contact')!, /;transport=ws\b/)
    const callee = await ring.answer()
    await hangUp(await invite.answered(), callee)
  },
)

conformance(
  'RFC 7118 §5.2',
  'calls to and from a WebSocket client',
  'take its connection, whatever its Contact says',
  async () => {
    const hidden = await world.phone('103', { protocol: 'WSS', registered: false })
    await hidden.register('<sip:x@df7jal23ls0d.invalid;transport=ws>;expires=600')
    const { caller, callee } = await established(alice, hidden, '103')
    await hangUp(caller, callee)
    const back = await established(hidden, alice, '101')
    await hangUp(back.caller, back.callee)
  },
)

conformance('RFC 7118 §6', 'WebSocket ping', 'pong', async () => {
  const { socket } = await client()
  const pong = new Promise<void>(done => socket.once('pong', () => done()))
  socket.ping()
  await pong
  socket.terminate()
})

conformance('RFC 7118 §7', 'a stranger over WebSocket', 'is authenticated as over any transport', async () => {
  const { socket, next } = await client()
  const domain = alice.account.organisation.domain
  const invite = { method: 'INVITE', uri: `sip:101@${domain}`, from: `sip:102@${domain}`, transport: 'WSS' }
  socket.send(rawRequest(invite))
  assert.match((await next()).text, /^SIP\/2\.0 (407|401) /)
  socket.terminate()
  return '407'
})

conformance('RFC 6455 §7.4.1', 'a message above the limit', '1009, and the connection is closed', async () => {
  const { socket, state } = await client()
  socket.on('error', () => {})
  socket.send('x'.repeat(200_000))
  await eventually(() => state.code !== undefined, 10_000, 'the end of the connection')
  assert.equal(state.code, 1009)
})
