/** Each kind of receiver takes what we send; what it refuses, and how, decides what becomes of it. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { AUTHORISATION, SPLUNK_TOKEN, startHttpReceiver } from '../../../test/support/http-receiver.ts'
import { randomBytes } from '../../base/random.ts'
import { Secret } from '../../base/secret.ts'
import type { LoggedEvent } from '../../events/event-log.ts'
import { createAuthority } from '../../keys/certificate-authority.ts'
import { openSender } from '../open-sender.ts'
import { aDestination, anEvent } from '../test-support/world.ts'
import type { ExportDestination, ExportKind, ExportSettings, Sender } from '../types.ts'

const CONTEXT = { host: 'pbx.example.com', version: '0.1.0' }
const WEBHOOK_SECRET = randomBytes(32).toString('base64')
const folder = mkdtempSync(join(tmpdir(), 'ringfence-export-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const batchOf = (count: number, detail = 'x'): readonly LoggedEvent[] =>
  Array.from({ length: count }, (_, index) => ({ position: index + 1, event: anEvent(`${detail}${index}`) }))
const idsOf = (batch: readonly LoggedEvent[]): readonly string[] => batch.map(({ event }) => event.id)
const open = (destination: ExportDestination): Sender => openSender(destination, CONTEXT, Date.now)

const KINDS: readonly { readonly kind: ExportKind; readonly path: string; readonly token: string }[] = [
  { kind: 'splunk', path: '', token: SPLUNK_TOKEN },
  { kind: 'elastic', path: '', token: AUTHORISATION },
  { kind: 'otlp', path: '', token: 'Bearer x' },
  { kind: 'webhook', path: '/hook', token: WEBHOOK_SECRET },
]

function withToken(kind: ExportKind, settings: Partial<ExportSettings>, token: string): ExportDestination {
  const made = aDestination({ kind, ...settings })
  return { ...made, secrets: { ...made.secrets, token: new Secret(token) } }
}

for (const { kind, path, token } of KINDS) {
  test(`${kind}: taken, authenticated, and what fails says why`, async () => {
    const receiver = await startHttpReceiver({ webhookSecret: WEBHOOK_SECRET })
    after(() => receiver.stop())
    const settings = { to: `${receiver.url}${path}`, caPem: receiver.caPem }
    const sender = open(withToken(kind, settings, token))
    const batch = batchOf(50, '\r\n{"x":1}\u001b')
    const sent = await sender.send(batch)
    assert.ok(sent.ok, sent.ok ? '' : sent.error.detail)
    assert.deepEqual(receiver.received, idsOf(batch))
    // Again, as after a crash: at the one that knows ids nothing is there twice.
    assert.ok((await sender.send(batch)).ok)
    assert.equal(receiver.received.length, kind === 'elastic' ? 50 : 100)
    for (const [status, outcome] of [
      [401, 'later'],
      [404, 'later'],
      [413, 'smaller'],
      [400, 'refused'],
      [429, 'later'],
      [503, 'later'],
      [302, 'later'],
    ] as const) {
      receiver.refuse = status
      const failed = await sender.send(batch)
      assert.ok(!failed.ok)
      assert.equal(failed.error.kind, outcome, String(status))
      assert.match(failed.error.detail, new RegExp(String(status)))
    }
    receiver.refuse = undefined
    sender.close()
    const stranger = await createAuthority('stranger', Date.now())
    const strict = open(withToken(kind, { ...settings, caPem: stranger.certificatePem }, token))
    const before = receiver.requests
    const refused = await strict.send(batch)
    assert.ok(!refused.ok && refused.error.kind === 'later')
    assert.match(refused.error.detail, /certificate|signature/i)
    assert.equal(receiver.requests, before)
    strict.close()
    if (kind === 'otlp') return
    const wrong = open(withToken(kind, settings, randomBytes(32).toString('base64')))
    const notAllowed = await wrong.send(batch)
    assert.ok(!notAllowed.ok && notAllowed.error.kind === 'later')
    assert.ok(!notAllowed.error.detail.includes(token))
    wrong.close()
  })
}

test('elastic and otlp: the one that is refused among many is named, the rest is there', async () => {
  const receiver = await startHttpReceiver()
  after(() => receiver.stop())
  for (const kind of ['elastic', 'otlp'] as const) {
    const sender = open(withToken(kind, { to: receiver.url, caPem: receiver.caPem }, AUTHORISATION))
    const batch = batchOf(10)
    receiver.poison.add(batch[4]!.event.id)
    const sent = await sender.send(batch)
    assert.ok(sent.ok)
    assert.equal(sent.value.refused?.count, 1)
    if (kind === 'elastic') assert.equal(sent.value.refused?.first, 5)
    const alone = await sender.send([batch[4]!])
    assert.ok(!alone.ok && alone.error.kind === 'refused')
    sender.close()
  }
})

test('a receiver that wants a client certificate', async () => {
  const receiver = await startHttpReceiver({ clientCertificate: true })
  after(() => receiver.stop())
  const settings = { to: receiver.url, caPem: receiver.caPem }
  const without = open(withToken('otlp', settings, 'Bearer x'))
  assert.equal((await without.send(batchOf(1))).ok, false)
  without.close()
  const { certificatePem, privateKeyPem } = receiver.client
  const made = withToken('otlp', { ...settings, certificatePem }, 'Bearer x')
  const sender = open({ ...made, secrets: { ...made.secrets, key: new Secret(privateKeyPem) } })
  assert.equal((await sender.send(batchOf(1))).ok, true)
  sender.close()
})

test('files: whole lines, rotated by size, never more than was said, through a torn line and a moved file', async () => {
  const path = join(folder, 'events.json')
  const destination = aDestination({ kind: 'file', to: path, form: 'json', fileSize: 20_000, fileCount: 2 })
  writeFileSync(path, '{"torn":')
  let sender = open(destination)
  const sent: string[] = []
  for (let round = 0; round < 40; round++) {
    const batch = batchOf(20)
    assert.ok((await sender.send(batch)).ok)
    sent.push(...idsOf(batch))
    if (round === 5) {
      sender.close()
      sender = open(destination)
    }
  }
  sender.close()
  const files = readdirSync(folder)
    .filter(name => name.startsWith('events.json'))
    .toSorted()
  assert.deepEqual(files, ['events.json', 'events.json.1', 'events.json.2'])
  const lines = ['.2', '.1', ''].flatMap(end => {
    const text = readFileSync(`${path}${end}`, 'utf8')
    assert.ok(text.length <= 20_000)
    return text.slice(0, -1).split('\n')
  })
  const kept = lines.filter(line => line !== '{"torn":').map(line => (JSON.parse(line) as { id: string }).id)
  assert.ok(kept.length > 40)
  assert.deepEqual(kept, sent.slice(-kept.length))
})

test('files: a link, a folder or a device is not written to', async () => {
  const target = join(folder, 'target')
  writeFileSync(target, 'keep')
  const link = join(folder, 'link')
  symlinkSync(target, link)
  for (const to of [link, folder, '/dev/null', join(folder, 'nowhere', 'file')]) {
    const sender = open(aDestination({ kind: 'file', to }))
    const sent = await sender.send(batchOf(1))
    assert.ok(!sent.ok && sent.error.kind === 'later', to)
    sender.close()
  }
  assert.equal(readFileSync(target, 'utf8'), 'keep')
})

test('syslog: a receiver that reads nothing, or goes, gives no receipt', async () => {
  const sockets: import('node:net').Socket[] = []
  const server = createServer(socket => sockets.push(socket.on('error', () => undefined).pause()))
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const to = `127.0.0.1:${(server.address() as AddressInfo).port}`
  after(() => server.close())
  const sender = open(aDestination({ to, allowInsecurePlaintext: true }))
  assert.ok((await sender.send(batchOf(5))).ok)
  for (const socket of sockets) socket.resetAndDestroy()
  const confirmed = await sender.confirm?.()
  assert.ok(confirmed?.ok === false, 'a receipt of a receiver that is gone')
  assert.match(confirmed.error.detail, /sent again/)
  sender.close()
})
