/** An attack by real calls, told by a real mail server and an HTTPS receiver, and taken back by the link in the mail: all of it running. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { randomBytes, randomToken } from '../../src/base/random.ts'
import { createTestAuthority, type TestAuthority } from '../../src/sip/transport/test-certificates.ts'
import { type MailServer, startMailServer, type TakenMail } from '../support/mail-server.ts'
import { peerVersion, requirePeers } from '../support/peers.ts'
import { eventually, temporaryFolder } from '../support/places.ts'
import { decentAnswer, startHostilePeer } from '../support/provider/hostile-peer.ts'
import { OWNED, type OutsideWorld, startOutsideWorld } from '../support/provider/outside-world.ts'
import { accepted, type Ringfence } from '../support/ringfence.ts'

interface Hook {
  readonly good: boolean
  readonly type: string
  readonly data: { readonly undo: { readonly url: string } | null; readonly cost: string | null; readonly who: string }
}

const PASSWORD = randomToken(16)
const KEY = randomBytes(32).toString('base64')
const folder = temporaryFolder('alerts')
const hooks: Hook[] = []
let authority: TestAuthority
let mailServer: MailServer
let receiver: Server
let hookPort = 0
let world: OutsideWorld
let system: Ringfence
/** Of the suspension. */
let link = ''

before(async () => {
  if (peerVersion('aiosmtpd') === undefined) return
  authority = await createTestAuthority()
  mailServer = await startMailServer({
    mode: 'starttls',
    authority,
    folder,
    login: { user: 'pbx', password: PASSWORD },
  })
  hookPort = await startReceiver()
  world = await startOutsideWorld('alerts', { watched: true, settings: settings(mailServer.port, hookPort) })
  system = world.system
  const peer = await startHostilePeer('TLS', '127.0.0.47')
  world.cleanUp.push(peer.stop)
  await system.addExtension('101', 'Front desk')
  accepted(await world.operations.numberAdd({ e164: OWNED, target: 'extension:101' }))
  accepted(await world.operations.callingChange({ openCountries: ['DE', 'LT'] }))
  const { address: host, port, caPem: certificateAuthority = null } = peer
  const trunk = { name: 'far', host, port, certificateAuthority, sources: [`${host}/32`] }
  accepted(await world.operations.trunkAdd({ ...trunk, username: 'account', password: 'secret-of-the-account' }))
  await world.trunkIs('far', 'up')
  peer.play({
    INVITE(invite) {
      peer.answer(invite, 200, { body: decentAnswer(invite, peer.address) })
    },
  })
})

after(async () => {
  await world?.stop()
  receiver?.closeAllConnections()
  receiver?.close()
  await mailServer?.process.stop()
  folder.remove()
})

async function startReceiver(): Promise<number> {
  const { certificateChainPem: cert, privateKeyPem: key } = await authority.issue(['127.0.0.1'])
  receiver = createServer({ cert, key }, (call, response) => {
    let body = ''
    call.setEncoding('utf8')
    call.on('data', (text: string) => (body += text))
    call.on('end', () => {
      const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = call.headers
      const mac = createHmac('sha256', Buffer.from(KEY, 'base64')).update(`${String(id)}.${String(timestamp)}.${body}`)
      hooks.push({ good: signature === `v1,${mac.digest('base64')}`, ...(JSON.parse(body) as Omit<Hook, 'good'>) })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>(done => receiver.listen(0, '127.0.0.1', done))
  return (receiver.address() as AddressInfo).port
}

function settings(mailPort: number, hookPort: number): string {
  const file = (name: string, content: string): string => {
    const path = join(folder.path, name)
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }
  const ca = file('ca.pem', authority.certificatePem)
  return `alerts:
  mail:
    host: 127.0.0.1
    port: ${mailPort}
    user: pbx
    passwordFile: ${file('password', `${PASSWORD}\n`)}
    from: pbx@example.com
    to: [owner@example.com]
    caFile: ${ca}
  webhooks:
    - url: https://127.0.0.1:${hookPort}/pbx
      secretFile: ${file('secret', `whsec_${KEY}\n`)}
      caFile: ${ca}
`
}

/** As a mail program shows it. */
function readable({ text }: TakenMail): string {
  return text.replaceAll('=\r\n', '').replaceAll('=3D', '=').replaceAll('\r\n', '\n')
}

function mailAbout(pattern: RegExp): Promise<TakenMail> {
  const look = (): TakenMail | undefined => mailServer.mails().find(each => pattern.test(readable(each)))
  return eventually(look, 20_000, `a mail about ${pattern}`)
}

/** The link as it would be after a restart took another port. */
function ask(method: 'GET' | 'POST'): Promise<{ readonly status: number; readonly body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const { address: host, port } = system.ready.https
  const path = new URL(link).pathname
  const call = request({ host, port, path, method, ca: system.caPem, agent: false }, answer => {
    let body = ''
    answer.setEncoding('utf8')
    answer.on('data', (text: string) => (body += text))
    answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body }))
  })
  call.once('error', reject)
  call.end()
  return promise
}

async function stateOf101(): Promise<string | undefined> {
  const operations = await system.operations()
  return accepted(await operations.extensionList()).find(each => each.number === '101')?.state
}

test('a test of the alerts reaches both', async (context: TestContext) => {
  if (!requirePeers(context, 'aiosmtpd')) return
  const tests = await system.json<readonly { channel: string; ok: boolean; detail: string }[]>('alert', 'test')
  assert.deepEqual(
    tests.map(({ channel, ok, detail }) => [channel.split(':')[0], ok, detail]),
    [
      ['mail owner@example.com', true, ''],
      ['webhook 127.0.0.1', true, ''],
    ],
  )
  await mailAbout(/This is a test/)
  assert.equal(hooks.find(each => each.type === 'alert.test')?.good, true)
})

test('a burst of calls: the owner reads who, what it cost, what was prevented, and has one link', async context => {
  if (!requirePeers(context, 'aiosmtpd')) return
  await system.json('fraud', 'simulate', 'burst', '--from', '101', '--seconds', '8', '--calls', '20')
  const mail = await mailAbout(/was suspended/)
  assert.match(mail.tls ?? '', /^TLSv1\.[23]$/)
  const text = readable(mail)
  assert.match(text, /^ {2}extension 101 \(Front desk\)$/m)
  assert.match(text, /What it cost so far\n {2}today on this account \d+\.\d\d EUR of at most \d+\.\d\d/)
  assert.match(
    text,
    /What was prevented\n {2}\d+ calls? (was|were) stopped today; an hour of each would have cost \d+\.\d\d EUR/,
  )
  const links = [...text.matchAll(/https:\/\/\S+/g)].map(([found]) => found)
  assert.equal(links.length, 1)
  link = links[0]!
  assert.match(link, new RegExp(`:${system.ready.https.port}/undo/[\\w-]{43}$`))
  const hook = await eventually(() => hooks.find(each => each.type === 'fraud.suspended'), 20_000, 'a webhook')
  assert.ok(hooks.every(each => each.good))
  assert.equal(hook.data.who, 'extension 101 (Front desk)')
  assert.equal(hook.data.undo?.url, link)
  const { id, at } = (await world.events('fraud.suspended')).at(-1)!
  const sent = (await world.events('alert.sent')).filter(each => each.type === 'alert.sent' && each.data.about === id)
  assert.deepEqual(sent.map(each => (each.type === 'alert.sent' ? each.data.channel.split(' ')[0] : '')).toSorted(), [
    'mail',
    'webhook',
  ])
  for (const each of sent) context.diagnostic(`${JSON.stringify(each.data)}: ${each.at - at} ms after the decision`)
  await world.quiet()
})

test('after a crash the link shows what it would do, changes nothing, and then does it once', async context => {
  if (!requirePeers(context, 'aiosmtpd')) return
  await system.crash()
  system = await system.restart()
  world.cleanUp.push(() => system.halt())
  for (let looks = 0; looks < 3; looks++) {
    const { status, body } = await ask('GET')
    assert.equal(status, 200)
    assert.match(body, /extension 101 was suspended/)
  }
  assert.equal(await stateOf101(), 'suspended')
  const caps = await system.json<{ caps: object }>('budget', 'show')
  assert.equal((await ask('POST')).status, 200)
  assert.equal(await stateOf101(), 'active')
  assert.equal((await ask('POST')).status, 404)
  assert.equal((await ask('GET')).status, 404)
  assert.deepEqual((await system.json<{ caps: object }>('budget', 'show')).caps, caps.caps)
  const operations = await system.operations()
  const log = accepted(await operations.events({ types: ['fraud.undone'], limit: 10 }))
  const undone = log.map(({ event }) => (event.type === 'fraud.undone' ? event.data.actor.name : ''))
  assert.ok(undone.length > 0)
  assert.deepEqual(new Set(undone), new Set(['the link in an alert, from 127.0.0.1']))
  await mailAbout(/the link in an alert, from 127\.0\.0\.1 took back/i)
})

test('what was critical while no mail got out is told after the next start, with a link that works', async context => {
  if (!requirePeers(context, 'aiosmtpd')) return
  await mailServer.process.stop()
  const before = hooks.length
  receiver.closeAllConnections()
  await new Promise<void>(done => receiver.close(() => done()))
  await system.json('fraud', 'simulate', 'burst', '--from', '101', '--seconds', '8', '--calls', '20')
  assert.equal(await stateOf101(), 'suspended')
  await system.crash()
  await new Promise<void>(done => receiver.listen(hookPort, '127.0.0.1', done))
  const since = Date.now()
  system = await system.restart()
  const untold = (): Hook | undefined => hooks.slice(before).find(each => each.type === 'fraud.suspended')
  const hook = await eventually(untold, 20_000, 'a webhook after the start')
  link = hook.data.undo!.url
  assert.match((await ask('GET')).body, /extension 101 was suspended/)
  assert.equal((await ask('POST')).status, 200)
  assert.equal(await stateOf101(), 'active')
  const operations = await system.operations()
  const isLogged = async (): Promise<boolean> => {
    const log = accepted(await operations.events({ types: ['alert.sent'], since, limit: 100 }))
    return log.some(({ event }) => event.type === 'alert.sent' && event.data.title.includes('was suspended'))
  }
  await eventually(isLogged, 20_000, 'what was sent is in the log')
  await system.crash()
  const told = hooks.length
  system = await system.restart()
  const sent = (): boolean => hooks.slice(told).some(each => each.type === 'fraud.suspended')
  assert.match((await system.run('alert', 'test')).output, /webhook .*taken/)
  assert.equal(sent(), false, 'it was told, and is not told again')
})

test('neither the password, nor the key, nor the link is in the log of events or of the process', async context => {
  if (!requirePeers(context, 'aiosmtpd')) return
  const operations = await system.operations()
  const log = JSON.stringify(accepted(await operations.events({ limit: 1_000 })))
  assert.match(log, /alert\.sent/)
  const { output } = await system.run('fraud', 'decisions', '--all', '--json')
  const token = new URL(link).pathname.slice('/undo/'.length)
  for (const text of [log, output, system.process.output()]) {
    for (const secret of [PASSWORD, KEY, token]) assert.ok(!text.includes(secret))
  }
})
