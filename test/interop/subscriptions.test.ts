/** Busy lamps and waiting messages as real programs watch them: SIPp over the plain listener, baresip over TLS. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startBaresip } from '../support/baresip.ts'
import { problemsOfDialogInfo } from '../support/dialog-info-check.ts'
import { interopSection } from '../support/interop-report.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { PhoneSubscription } from '../support/phone-subscription.ts'
import { eventually, freePort, repositoryRoot } from '../support/places.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'
import { runSipp, startSipp } from '../support/sipp.ts'
import { testPhoneFor } from '../support/test-phones.ts'
import { WireWorld } from '../support/wire-world.ts'

const SIPP = `SIPp ${peerVersion('sipp')}`
const BARESIP = `baresip ${peerVersion('baresip')}`
const report = interopSection('subscriptions', 'Subscriptions: busy lamps and waiting messages', [
  'SIPp of Debian has no TLS: it watches over the UDP listener of `--allow-insecure-udp`. Every document is parsed, and checked ' +
    'against what RFC 4235 §4 asks for.',
])
const scenario = (name: string): string => join(repositoryRoot, 'test/interop/sipp', `${name}.xml`)
const WATCHER = { username: 'sipp-watcher', password: 'sipp-password-watcher-xyz' }

let system: Ringfence
let server: string
const people: PhoneCredentials[] = []

before(async () => {
  server = `127.0.0.1:${await freePort()}`
  system = await startRingfence({ name: 'subscriptions', arguments: ['--allow-insecure-udp', server] })
  for (const number of ['101', '102']) people.push(await system.addPhone(number))
  await system.addExtension('103')
  const file = join(system.data.path, 'devices.csv')
  writeFileSync(file, `extension,username,password\n103,${WATCHER.username},${WATCHER.password}\n`)
  await system.json('device', 'import', file)
})

after(async () => {
  await system?.stop()
  report.write()
})

/** 101 calls 102, which rings, answers, and hangs up; `at` waits for what the watcher sees of it. */
async function callWhile(at: (state: string) => Promise<unknown>): Promise<void> {
  const [from, to] = people.map(each => testPhoneFor(each, system.caPem))
  try {
    for (const phone of [from!, to!]) assert.equal((await phone.register()).ok, true)
    const incoming = to!.nextIncoming()
    const call = from!.call('102', { speak: 440 })
    const other = await incoming
    await at('early')
    await other.answer()
    assert.equal((await call.outcome).ok, true)
    await at('confirmed')
    await call.hangup()
    await other.ended
    await at('terminated')
  } finally {
    await Promise.all([from!.stop(), to!.stop()])
  }
}

function statesIn(body: string): readonly string[] {
  assert.deepEqual(problemsOfDialogInfo(body), [])
  lint(body)
  return [...body.matchAll(/<state>(\w+)<\/state>/g)].map(match => match[1]!)
}

/** Where libxml2's program is installed it has a word, too. */
function lint(body: string): void {
  const result = spawnSync('xmllint', ['--noout', '-'], { input: body, encoding: 'utf8', timeout: 10_000 })
  if (result.error === undefined) assert.equal(result.status, 0, result.stderr)
}

/** The documents of NOTIFYs in SIPp's log of messages; one that was sent again comes once. */
function documentsIn(log: string): readonly string[] {
  return [...new Set(log.match(/<\?xml[\s\S]*?<\/dialog-info>/g))]
}

test('sipp: a lamp is idle, rings, is busy, and is idle again', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'sipp')) return
  await report.row(SIPP, 'watches an extension over UDP: idle, early, confirmed, idle, then unsubscribes', async () => {
    const port = await freePort()
    const messages = join(system.data.path, 'watch-messages.log')
    const { domain } = people[0]!
    const shared = { folder: system.data.path, server, localPort: port, users: [WATCHER], calls: 1 }
    const registered = await runSipp({
      ...shared,
      name: 'register-watcher',
      scenario: scenario('register'),
      digestUri: domain,
      keys: { domain, contact_port: String(port) },
    })
    assert.equal(registered.code, 0, registered.output.slice(-1500))
    const watcher = startSipp({
      ...shared,
      name: 'watch',
      scenario: scenario('watch'),
      digestUri: `102@${domain}`,
      keys: { domain, target: '102' },
      timeoutSeconds: 30,
      extra: ['-trace_msg', '-message_file', messages],
    })
    try {
      const log = (): string => {
        try {
          return readFileSync(messages, 'latin1')
        } catch {
          return ''
        }
      }
      await eventually(() => documentsIn(log()).length === 1, 10_000, 'the first NOTIFY')
      await callWhile(state => eventually(() => log().includes(`<state>${state}</state>`), 10_000, state))
      assert.equal(await watcher.exited, 0, watcher.output().slice(-1500))
      const seen = documentsIn(log()).map(statesIn)
      assert.deepEqual(seen, [[], ['early'], ['confirmed'], ['terminated'], []])
    } finally {
      await watcher.stop()
    }
  })
})

test('a lamp over TLS', { timeout: 60_000 }, async () => {
  await report.row('scripted phone', 'watches an extension over TLS: idle, early, confirmed, idle', async () => {
    const world = new WireWorld(system)
    const phone = await world.phone('104')
    try {
      const lamp = await PhoneSubscription.begin(phone, '102', { expires: '600' })
      assert.deepEqual(statesIn((await lamp.notified()).body), [])
      await callWhile(async state => assert.deepEqual(statesIn((await lamp.notified()).body), [state]))
      await lamp.renew(200, { expires: '0' })
      assert.equal((await lamp.notified()).state, 'terminated;reason=timeout')
    } finally {
      world.closeFlow(phone.flow)
    }
  })
})

test('a lamp goes on over the next connection', { timeout: 60_000 }, async () => {
  await report.row('scripted phone', 'watches on over another connection once it has registered there', async () => {
    const world = new WireWorld(system)
    const credentials = await world.device('105')
    const before = await world.phone('105', { credentials })
    const first = await PhoneSubscription.begin(before, '102')
    await first.notified()
    world.closeFlow(before.flow)
    await world.settle()
    const ringing = Promise.withResolvers<void>()
    const lamps = Promise.withResolvers<PhoneSubscription>()
    const call = callWhile(async state => {
      ringing.resolve()
      assert.deepEqual(statesIn((await (await lamps.promise).notified()).body), [state])
    })
    await Promise.race([ringing.promise, call])
    const after = await world.phone('105', { credentials })
    lamps.resolve(new PhoneSubscription(after, first.dialog, first.accepted))
    try {
      await call
    } finally {
      world.closeFlow(after.flow)
    }
  })
})

test('baresip: waiting messages', { timeout: 60_000 }, async t => {
  if (!requirePeers(t, 'baresip')) return
  await report.row(BARESIP, 'asks for waiting messages over TLS, and is told that there are none', async () => {
    const phone = await startBaresip({
      folder: system.data.path,
      name: 'mwi',
      credentials: people[0]!,
      tone: 440,
      messageWaiting: true,
    })
    try {
      await phone.registered()
      const told = await phone.process.waitForOutput(/Messages-Waiting: (\w+)[\s\S]*?Voice-Message: (\S+)/, 15_000)
      assert.deepEqual(told.slice(1, 3), ['no', '0/0'])
    } finally {
      await phone.stop()
    }
  })
})

test('a lamp ends with its device, with what it shows, and with the server', { timeout: 60_000 }, async () => {
  await report.row(
    'scripted phone',
    'hears when its device or the watched extension is removed, or the server stops',
    async () => {
      const world = new WireWorld(system)
      const operations = await system.operations()
      await system.addExtension('106')
      const removed = await world.phone('107')
      const phone = await world.phone('107')
      const own = await PhoneSubscription.begin(removed, '102')
      await own.notified()
      const watching = await PhoneSubscription.begin(phone, '106')
      await watching.notified()
      const lasting = await PhoneSubscription.begin(phone, '102')
      await lasting.notified()
      accepted(await operations.deviceRemove({ username: removed.username }))
      assert.equal((await own.notified()).state, 'terminated;reason=rejected')
      accepted(await operations.extensionRemove({ number: '106' }))
      assert.equal((await watching.notified()).state, 'terminated;reason=noresource')
      const stopped = system.halt()
      assert.match((await lasting.notified()).state, /^terminated;reason=probation;retry-after=\d+$/)
      await stopped
    },
  )
})
