import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { beforeEach, test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { createEventBus } from '../events/bus.ts'
import type { RingfenceEvent } from '../events/catalogue.ts'
import type { DirectoryService } from './directory-service.ts'
import { createDirectoryService } from './directory-service.ts'
import { createFakeRepository } from './fake-repository.ts'
import type { Extension } from './types.ts'

const ACTOR = { kind: 'operator', name: 'root' } as const

let memory: ReturnType<typeof createFakeRepository>
let published: RingfenceEvent[]
let directory: DirectoryService

async function start(domain = 'pbx.example.com'): Promise<DirectoryService> {
  const clock = new ManualClock()
  const events = createEventBus(clock, error => assert.fail(String(error)))
  published = []
  events.subscribe(event => published.push(event))
  const service = createDirectoryService({ repository: memory.repository, clock, events, domain })
  await service.load()
  return service
}

beforeEach(async () => {
  memory = createFakeRepository()
  directory = await start()
})

async function added(number: string, name = 'Reception'): Promise<Extension> {
  const result = await directory.addExtension({ number, name }, ACTOR)
  assert.ok(result.ok)
  return result.value
}

async function code(outcome: Promise<{ ok: true } | { ok: false; error: { code: string } }>): Promise<string> {
  const result = await outcome
  return result.ok ? 'accepted' : result.error.code
}

test('an empty store gets its first organisation; a later start keeps that one’s domain', async () => {
  assert.equal(directory.primary.domain, 'pbx.example.com')
  const again = await start('other.example.com')
  assert.equal(again.primary.id, directory.primary.id)
  assert.equal(again.organisationByDomain('PBX.example.com')?.id, directory.primary.id)
  assert.equal(again.organisationByDomain('other.example.com'), undefined)
})

test('numbers and names that are allowed, and those that are not', async () => {
  for (const number of ['1', '101', 'front.desk_2-b', 'x'.repeat(32)]) await added(number, 'Ü 😀')
  for (const number of ['', 'x'.repeat(33), 'a b', 'a@b', 'é', '101\n', '*1']) {
    assert.equal(await code(directory.addExtension({ number, name: 'A' }, ACTOR)), 'DIRECTORY_NUMBER_INVALID', number)
  }
  for (const name of ['', ' ', 'x'.repeat(65), 'a\nb', 'a\u0000', '\ud800', 'a\u2028b', 'a\u0085']) {
    assert.equal(await code(directory.addExtension({ number: '9', name }, ACTOR)), 'DIRECTORY_NAME_INVALID', name)
  }
  await added('64', '😀'.repeat(64))
  assert.equal(await code(directory.addExtension({ number: '101', name: 'A' }, ACTOR)), 'DIRECTORY_EXTENSION_EXISTS')
})

test('two who add the same number at once: one of them is refused', async () => {
  const both = await Promise.all([1, 2].map(() => directory.addExtension({ number: '101', name: 'A' }, ACTOR)))
  assert.deepEqual(
    both.map(result => result.ok),
    [true, false],
  )
  assert.equal(memory.state.extensions.length, 1)
})

test('the longest reason that toll-fraud control gives is taken', async () => {
  await added('101')
  const reason = `FRAUD_MACHINE_DURATIONS: ${'what it saw, in a sentence '.repeat(4)}(decision 01a2078f-426d-7f32-9100-c31aee2c883f)`
  assert.ok((await directory.suspend({ number: '101', reason }, ACTOR)).ok)
  assert.equal(directory.extensionByNumber(directory.primary.id, '101')?.suspendedReason, reason)
})

test('suspend and restore keep the reason, publish with the actor, and are idempotent', async () => {
  await added('101')
  for (let round = 0; round < 2; round++) await directory.suspend({ number: '101', reason: 'stolen phone' }, ACTOR)
  const suspended = directory.extensionByNumber(directory.primary.id, '101')
  assert.deepEqual([suspended?.state, suspended?.suspendedReason], ['suspended', 'stolen phone'])
  await directory.restore({ number: '101', reason: 'found' }, ACTOR)
  const restored = (await start()).extensionByNumber(directory.primary.id, '101')
  assert.deepEqual([restored?.state, restored?.suspendedReason], ['active', undefined])
  assert.equal(await code(directory.suspend({ number: '102', reason: 'x' }, ACTOR)), 'DIRECTORY_EXTENSION_UNKNOWN')
  for (const reason of ['', ' ', 'a\nb', 'x'.repeat(501)])
    assert.equal(await code(directory.suspend({ number: '101', reason }, ACTOR)), 'DIRECTORY_NAME_INVALID')
})

test('each change is one event with its actor and organisation', async () => {
  const events = published
  await added('101')
  await directory.suspend({ number: '101', reason: 'a' }, ACTOR)
  await directory.suspend({ number: '101', reason: 'a' }, ACTOR)
  await directory.restore({ number: '101', reason: 'b' }, ACTOR)
  const device = await directory.addDevice({ extension: '101' }, ACTOR)
  assert.ok(device.ok)
  await directory.removeDevice({ username: device.value.device.username }, ACTOR)
  await directory.importDevices({ devices: [{ extension: '101', username: 'load1', password: 'p' }] }, ACTOR)
  await directory.removeExtension({ number: '101' }, ACTOR)
  assert.deepEqual(
    events.map(event => event.type),
    [
      'directory.extension-added',
      'directory.extension-suspended',
      'directory.extension-restored',
      'directory.device-added',
      'directory.device-removed',
      'directory.devices-imported',
      'directory.extension-removed',
    ],
  )
  for (const event of events) {
    assert.equal(event.organisationId, directory.primary.id)
    assert.deepEqual((event.data as { actor: unknown }).actor, ACTOR)
  }
  assert.doesNotMatch(JSON.stringify(events), new RegExp(device.value.password.reveal()))
})

test('a device gets a random name and password that is nowhere but in the answer', async () => {
  await added('101')
  const seen = new Set<string>()
  for (let number = 0; number < 10; number++) {
    const result = await directory.addDevice({ extension: '101', label: 'Desk' }, ACTOR)
    assert.ok(result.ok)
    const { device, password } = result.value
    assert.match(device.username, /^[a-km-np-z2-9]{12}$/)
    assert.match(password.reveal(), /^[a-km-np-zA-HJ-NP-Z2-9]{24,}$/)
    assert.ok(!device.username.includes('101'))
    seen.add(device.username).add(password.reveal())
    const text = `${device.username}:pbx.example.com:${password.reveal()}`
    assert.deepEqual(device.secrets, {
      'SHA-256': createHash('sha256').update(text).digest('hex'),
      MD5: createHash('md5').update(text).digest('hex'),
    })
    assert.doesNotMatch(JSON.stringify([result, memory.state]), new RegExp(password.reveal()))
    assert.equal(directory.deviceByUsername(device.username), device)
  }
  assert.equal(seen.size, 20)
  assert.equal(await code(directory.addDevice({ extension: '101' }, ACTOR)), 'DIRECTORY_LIMIT')
  assert.equal(await code(directory.addDevice({ extension: '999' }, ACTOR)), 'DIRECTORY_EXTENSION_UNKNOWN')
  assert.equal(await code(directory.removeDevice({ username: 'nobody' }, ACTOR)), 'DIRECTORY_DEVICE_UNKNOWN')
})

test('removing an extension takes its devices out of memory', async () => {
  const extension = await added('101')
  const device = await directory.addDevice({ extension: '101' }, ACTOR)
  assert.ok(device.ok)
  const removed = await directory.removeExtension({ number: '101' }, ACTOR)
  assert.deepEqual(removed.ok && removed.value.devices, [device.value.device])
  assert.equal(directory.deviceByUsername(device.value.device.username), undefined)
  assert.equal(directory.device(device.value.device.id), undefined)
  assert.deepEqual(directory.devicesOf(extension.id), [])
  assert.deepEqual(directory.extensions(directory.primary.id), [])
})

test('a change that the store did not take is not in force and not published', async () => {
  await added('101')
  const events = published.length
  memory.state.failing = true
  await assert.rejects(directory.addExtension({ number: '102', name: 'A' }, ACTOR), /away/)
  await assert.rejects(directory.suspend({ number: '101', reason: 'x' }, ACTOR), /away/)
  await assert.rejects(directory.removeExtension({ number: '101' }, ACTOR), /away/)
  memory.state.failing = false
  assert.equal(directory.extensionByNumber(directory.primary.id, '102'), undefined)
  assert.equal(directory.extensionByNumber(directory.primary.id, '101')?.state, 'active')
  assert.equal(published.length, events)
  await added('102')
})

test('an import makes what is missing, marks every device, and takes HA1 in place of a password', async () => {
  await added('101')
  const result = await directory.importDevices(
    {
      devices: [
        { extension: '101', username: 'load-1', password: 'secret' },
        { extension: '102', username: 'load-2', ha1Md5: 'A'.repeat(32) },
        { extension: '102', username: 'load-3', ha1Sha256: 'b'.repeat(64), password: '' },
      ],
    },
    ACTOR,
  )
  assert.deepEqual(result, { ok: true, value: { imported: 3, extensionsAdded: 1 } })
  assert.ok(memory.state.devices.every(device => device.allowInsecureImportedSecret))
  assert.deepEqual(directory.deviceByUsername('load-2')?.secrets, { 'SHA-256': undefined, MD5: 'a'.repeat(32) })
  assert.deepEqual(directory.deviceByUsername('load-3')?.secrets, { 'SHA-256': 'b'.repeat(64), MD5: undefined })
})

test('one bad row refuses the whole import and is named', async () => {
  const good = { extension: '101', username: 'load-1', password: 'secret' }
  const rows: readonly (readonly [object, RegExp])[] = [
    [{ ...good, extension: 'a b', username: 'x' }, /^row 2: an extension is/],
    [{ ...good }, /^row 2: the username load-1 exists already/],
    [{ extension: '101', username: 'x' }, /^row 2: a row needs a password/],
    [{ extension: '101', username: 'x', ha1Md5: 'zz' }, /^row 2: an HA1 is 32 hexadecimal/],
    [{ extension: '101', username: 'a:b', password: 'x' }, /^row 2: a username is/],
  ]
  for (const [row, message] of rows) {
    const result = await directory.importDevices({ devices: [good, row as typeof good] }, ACTOR)
    assert.ok(!result.ok)
    assert.match(result.error.message, message)
  }
  const many = Array.from({ length: 11 }, (_, number) => ({ ...good, username: `load-${number}` }))
  assert.equal(await code(directory.importDevices({ devices: many }, ACTOR)), 'DIRECTORY_LIMIT')
  assert.deepEqual([memory.state.devices.length, memory.state.extensions.length], [0, 0])
})

test('20,000 devices are imported within two seconds', async () => {
  const devices = Array.from({ length: 20_000 }, (_, number) => ({
    extension: String(10_000 + number),
    username: `load-${number}`,
    password: `password-${number}`,
  }))
  const before = performance.now()
  const result = await directory.importDevices({ devices }, ACTOR)
  assert.ok(result.ok)
  assert.ok(performance.now() - before < 2_000, `${performance.now() - before} ms`)
  assert.equal(directory.extensions(directory.primary.id).length, 20_000)
})
