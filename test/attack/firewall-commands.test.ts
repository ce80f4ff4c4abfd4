/** `ringfence firewall …` at a running system: what an operator orders is obeyed on the wire, said, and taken back; and nobody of ours is shut out by a slip. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openGuesser, type GuessOutcome } from '../support/guesser.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { eventually } from '../support/places.ts'
import { openRaw, rawAuthorization, type RawConnection, rawRequest } from '../support/raw-sip.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

const PHONE = '127.6.0.20'
const TRUNK = '127.7.0.1'
const STRANGER = '127.8.0.1'
const ANSWER = /SIP\/2\.0 (\d{3})[\s\S]*?\r\n\r\n/

let system: Ringfence
let owner: PhoneCredentials
let phone: RawConnection

before(async () => {
  system = await startRingfence({ name: 'firewall-commands' })
  owner = await system.addPhone('401')
  phone = await register(owner)
  const trunk = ['--purpose', 'pbx', '--host', TRUNK, '--source', '127.7.0.0/24', '--no-password']
  await system.json('trunk', 'add', 'pbx', ...trunk)
})

after(async () => {
  phone?.destroy()
  await system?.stop()
})

async function register({ username, password, domain }: PhoneCredentials): Promise<RawConnection> {
  const raw = await openRaw({ ...system.ready.sipTls, ca: system.caPem, localAddress: PHONE })
  const uri = `sip:${domain}`
  const from = `sip:${username}@${domain}`
  raw.send(rawRequest({ method: 'REGISTER', uri, from }))
  const challenge = await raw.waitFor(ANSWER, 5_000)
  assert.equal(challenge?.[1], '401')
  const at = raw.received().length
  const proof = rawAuthorization(challenge[0], { username, password }, 'REGISTER', uri)
  const headers = [`Contact: <sip:${username}@${PHONE}:5061;transport=tls>`, 'Expires: 600', proof]
  raw.send(rawRequest({ method: 'REGISTER', uri, from, sequence: 2, headers }))
  assert.equal((await raw.waitFor(ANSWER, 5_000, at))?.[1], '200')
  return raw
}

/** 401: somebody who guesses is heard. */
async function isHeard(address: string): Promise<GuessOutcome> {
  const stranger = await openGuesser(system, owner.domain, address)
  const outcome = await stranger.guess({ username: 'nobody-of-ours', password: 'x' })
  stranger.stop()
  return outcome
}

test('a ban that would shut out a registered phone or a trunk is refused, and says whom it hits', async () => {
  for (const [target, named] of [
    [PHONE, PHONE],
    ['127.6.0.0/16', PHONE],
    [TRUNK, '127.7.0.0/24'],
    ['127.7.0.128/25', '127.7.0.0/24'],
  ] as const) {
    const { code, output } = await system.run('firewall', 'ban', target)
    assert.equal(code, 1, output)
    assert.match(output, /--even-registered/, target)
    assert.ok(output.includes(named), output)
  }
  assert.match((await system.run('firewall', 'ban', '127.0.0.1', '--even-registered')).output, /this machine itself/)
  assert.deepEqual(await system.json('firewall', 'decisions'), [])
})

test('a banned network is not heard; explain names the command that ends it, and the command does', async () => {
  assert.equal(await isHeard(STRANGER), 401)
  const banned = await system.run('firewall', 'ban', '127.8.0.0/16', '--for', '10m', '--reason', 'scans')
  assert.match(banned.output, /^Kept out: network 127\.8\.0\.0\/16, until /)
  assert.equal(await isHeard(STRANGER), 'silence')
  const { undo, verdict } = await system.json<{ undo: string; verdict: string }>('firewall', 'explain', STRANGER)
  assert.deepEqual([verdict, undo], ['banned', 'ringfence firewall unban 127.8.0.0/16'])
  assert.equal((await system.run(...undo.split(' ').slice(1))).code, 0)
  assert.equal(await isHeard(STRANGER), 401)
})

test('explain --undo lets in who is held by an address and a network at once', async () => {
  for (const target of ['127.8.0.0/16', STRANGER]) await system.json('firewall', 'ban', target)
  assert.equal(await isHeard(STRANGER), 'silence')
  const { output } = await system.run('firewall', 'explain', STRANGER, '--undo', '--reason', 'ours')
  assert.match(output, /^127\.8\.0\.1 is heard/)
  assert.equal(await isHeard(STRANGER), 401)
  const operations = await system.operations()
  const count = async (type: 'firewall.ordered' | 'firewall.undone'): Promise<number> =>
    accepted(await operations.events({ types: [type], limit: 100 })).length
  // An event is told at once, and durable a little later.
  await eventually(async () => ((await count('firewall.undone')) === 3 ? true : undefined), 10_000, 'three undone')
  assert.equal(await count('firewall.ordered'), 3)
})

test('test FILE says what would happen, and ends with 1 when it would be stopped', async () => {
  const file = join(system.data.path, 'message.sip')
  const uri = `sip:${owner.domain}`
  writeFileSync(file, rawRequest({ method: 'OPTIONS', uri, from: uri }).replaceAll('\r\n', '\n'))
  const stopped = await system.run('firewall', 'test', file, '--from', STRANGER, '--json')
  assert.equal(stopped.code, 1)
  const tried = JSON.parse(stopped.output) as Record<string, unknown>
  assert.deepEqual(Object.keys(tried).toSorted(), ['reason', 'rule', 'status', 'verdict'])
  assert.equal(tried['verdict'], 'drop')
  const passed = await system.run('firewall', 'test', file, '--from', TRUNK, '--json')
  assert.deepEqual([passed.code, (JSON.parse(passed.output) as { verdict: string }).verdict], [0, 'pass'])
})

test('status fits on a screen', async () => {
  const { code, output } = await system.run('firewall', 'status')
  assert.equal(code, 0)
  for (const line of [/^Stopped +\d/m, /^Banned +nobody/m, /^Always let in +nobody/m, /^Kernel +/m]) {
    assert.match(output, line)
  }
  assert.ok(output.split('\n').length <= 40, output)
})
