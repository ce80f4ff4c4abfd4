/** Attacks on who one is: strangers, stolen registrations, replayed digests, closed doors. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { pause } from '../support/places.ts'
import { openPorts, processTree } from '../support/process-figures.ts'
import { openRaw, rawAuthorization, rawRequest, SECURE_SDP } from '../support/raw-sip.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import { testPhoneFor } from '../support/test-phones.ts'

let system: Ringfence
let alice: PhoneCredentials
let bob: PhoneCredentials

before(async () => {
  system = await startRingfence({ name: 'identity-attack' })
  alice = await system.addPhone('601')
  bob = await system.addPhone('602')
})

after(() => system?.stop())

interface DeviceRow {
  readonly username: string
  readonly registered: boolean
  readonly sourceAddress: string | null
}

async function device(username: string): Promise<DeviceRow | undefined> {
  const listed = await system.json<DeviceRow[]>('device', 'list')
  return listed.find(row => row.username === username)
}

function stranger(localAddress = '127.0.0.66') {
  return openRaw({ ...system.ready.sipTls, ca: system.caPem, localAddress })
}

for (const method of ['INVITE', 'MESSAGE', 'SUBSCRIBE', 'REFER']) {
  test(`an unauthenticated ${method} of a stranger gets no answer`, { timeout: 20_000 }, async () => {
    const raw = await stranger()
    const body = method === 'INVITE' ? SECURE_SDP : ''
    const headers =
      method === 'INVITE' ? ['Content-Type: application/sdp'] : method === 'REFER' ? ['Refer-To: <sip:1@x>'] : []
    raw.send(
      rawRequest({
        method,
        uri: `sip:602@${bob.domain}`,
        from: `sip:100@${bob.domain}`,
        to: `sip:602@${bob.domain}`,
        headers: method === 'SUBSCRIBE' ? ['Event: presence'] : headers,
        body,
      }),
    )
    await pause(1200)
    assert.equal(raw.received(), '')
    raw.destroy()
  })
}

test('what was dropped is an event', { timeout: 20_000 }, async () => {
  const events = await system.json<unknown[]>('events', '--type', 'message.dropped')
  assert.ok(JSON.stringify(events).includes('127.0.0.66'))
})

test('a registration with a wrong password changes nothing, and tells nothing about who exists', {
  timeout: 30_000,
}, async () => {
  const phone = testPhoneFor(alice, system.caPem)
  assert.equal((await phone.register()).ok, true)
  const before = await device(alice.username)
  const answers: string[] = []
  for (const username of [alice.username, 'nobody-of-this-name']) {
    const raw = await stranger()
    const uri = `sip:${alice.domain}`
    const from = `sip:${username}@${alice.domain}`
    raw.send(rawRequest({ method: 'REGISTER', uri, from }))
    const challenge = await raw.waitFor(/SIP\/2\.0 401[\s\S]*?\r\n\r\n/, 3000)
    assert.ok(challenge)
    const from2 = raw.received().length
    const authorization = rawAuthorization(challenge[0], { username, password: 'wrong' }, 'REGISTER', uri)
    raw.send(rawRequest({ method: 'REGISTER', uri, from, sequence: 2, headers: [authorization] }))
    const refusal = await raw.waitFor(/SIP\/2\.0 \d{3}[\s\S]*?\r\n\r\n/, 3000, from2)
    assert.ok(refusal)
    answers.push(shape(challenge[0], username), shape(refusal[0], username))
    raw.destroy()
  }
  assert.equal(answers[0], answers[2], 'the challenge differs for an unknown user')
  assert.equal(answers[1], answers[3], 'the refusal differs for an unknown user')
  assert.deepEqual(await device(alice.username), before)
  await phone.stop()
})

/** What is left of an answer once everything is gone that differs from request to request. */
function shape(answer: string, username: string): string {
  return answer
    .replaceAll(username, 'USER')
    .replace(/nonce="[^"]*"/g, 'nonce')
    .replace(/branch=[^;\r]*/g, 'branch')
    .replace(/tag=[^;\r]*/g, 'tag')
    .replace(/rport=\d+/g, 'rport')
    .replace(/Call-ID: .*/g, 'Call-ID')
    .replace(/Date: .*/g, 'Date')
}

test("with one's own password nobody registers another's address", { timeout: 20_000 }, async () => {
  const raw = await stranger('127.0.0.77')
  const uri = `sip:${alice.domain}`
  const from = `sip:${alice.username}@${alice.domain}`
  raw.send(rawRequest({ method: 'REGISTER', uri, from }))
  const challenge = await raw.waitFor(/SIP\/2\.0 401[\s\S]*?\r\n\r\n/, 3000)
  assert.ok(challenge)
  const at = raw.received().length
  raw.send(
    rawRequest({
      method: 'REGISTER',
      uri,
      from,
      sequence: 2,
      headers: [rawAuthorization(challenge[0], bob, 'REGISTER', uri)],
    }),
  )
  const refusal = await raw.waitFor(/SIP\/2\.0 (\d{3})/, 3000, at)
  assert.match(refusal?.[1] ?? '', /^40[13]$/)
  raw.destroy()
})

test('a digest that was accepted once is not accepted again, here or from elsewhere', { timeout: 20_000 }, async () => {
  const raw = await stranger('127.0.0.78')
  const uri = `sip:${bob.domain}`
  const from = `sip:${bob.username}@${bob.domain}`
  raw.send(rawRequest({ method: 'REGISTER', uri, from }))
  const challenge = await raw.waitFor(/SIP\/2\.0 401[\s\S]*?\r\n\r\n/, 3000)
  assert.ok(challenge)
  const authorization = rawAuthorization(challenge[0], bob, 'REGISTER', uri)
  let at = raw.received().length
  raw.send(rawRequest({ method: 'REGISTER', uri, from, sequence: 2, headers: [authorization] }))
  assert.ok(await raw.waitFor(/SIP\/2\.0 200/, 3000, at))
  at = raw.received().length
  raw.send(rawRequest({ method: 'REGISTER', uri, from, sequence: 3, headers: [authorization] }))
  assert.ok(await raw.waitFor(/SIP\/2\.0 401/, 3000, at), 'the same connection, again')
  const thief = await stranger('127.0.0.79')
  thief.send(rawRequest({ method: 'REGISTER', uri, from, sequence: 4, headers: [authorization] }))
  assert.ok(await thief.waitFor(/SIP\/2\.0 401/, 3000), 'another source')
  raw.destroy()
  thief.destroy()
})

test('only TLS and HTTPS are open; SIP in clear gets nothing from them', { timeout: 20_000 }, async () => {
  const { sipTls, https, listeners } = system.ready
  assert.deepEqual(
    listeners.map(({ transport }) => transport.toUpperCase()).filter(name => name !== 'TLS' && name !== 'WSS'),
    [],
  )
  const ports = openPorts(processTree(system.process.pid))
  const expected = [sipTls, https].map(({ address, port }) => `tcp ${address}:${port}`).sort()
  assert.deepEqual(ports, [...new Set(expected)])
  const plain = await openRaw(sipTls)
  plain.send(rawRequest({ method: 'OPTIONS', uri: `sip:${alice.domain}`, from: 'sip:x@y', transport: 'TCP' }))
  await Promise.race([plain.closed, pause(1500)])
  assert.ok(!plain.received().includes('SIP/2.0'))
  plain.destroy()
})
