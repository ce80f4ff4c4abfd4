/** Trunks, numbers, groups and calling on the real embedded PostgreSQL. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ManualClock, systemClock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import { silentLogger } from '../base/logger.ts'
import { Secret } from '../base/secret.ts'
import { defaultExtensionCalling } from '../directory/calling.ts'
import { defaultOrganisationCalling } from '../directory/default-calling.ts'
import { createDirectoryService, type DirectoryService } from '../directory/directory-service.ts'
import { fakeGroup, fakeNumber, fakeTrunk } from '../directory/fake-directory.ts'
import type { OwnedNumber } from '../directory/number.ts'
import { MAXIMUM_NUMBERS } from '../directory/outside-rules.ts'
import { createEventBus } from '../events/bus.ts'
import { createSealer } from '../keys/sealer.ts'
import type { Database } from './database.ts'
import { createDatabase } from './database.ts'
import { extension, openTestStore, organisation, temporaryFolder } from './test-support/fixtures.ts'
import type { Store } from './types.ts'

const PASSWORD = 'the password of the trunk'
const folder = temporaryFolder()
const owner = organisation()
const reception = extension(owner.id, '101')
const sealer = createSealer(new Uint8Array(32).fill(7))
let store: Store
let raw: Database

before(async () => {
  await open()
  await store.directory.insertOrganisation(owner)
  await store.directory.insertExtension(reception)
})
after(async () => {
  await close()
  folder.remove()
})

async function open(): Promise<void> {
  store = await openTestStore(folder.path, { sealer })
  const password = readFileSync(join(folder.path, 'keys', 'database.password'), 'utf8').trim()
  const host = join(folder.path, 'database', 'run')
  const connection = { host, port: 5432, user: 'ringfence', password, database: 'postgres' }
  raw = createDatabase({ connection, clock: systemClock, logger: silentLogger })
}

async function close(): Promise<void> {
  await raw.close()
  await store.close()
}

async function reopen(): Promise<void> {
  await close()
  await open()
}

async function service(): Promise<DirectoryService> {
  const events = createEventBus(new ManualClock(), error => assert.fail(String(error)))
  const domain = owner.domain
  const directory = createDirectoryService({ repository: store.directory, clock: systemClock, events, domain })
  await directory.load()
  return directory
}

const external = { kind: 'external', e164: '+4917612345678' } as const

test('everything comes back as it was written last', async () => {
  const trunk = fakeTrunk(owner.id, { name: 'carrier', sources: ['192.0.2.0/24'], password: new Secret(PASSWORD) })
  const silent = fakeTrunk(owner.id, { name: 'silent', port: 5071, callsPerSecond: 0.5 })
  const number = fakeNumber(owner.id, { e164: '+4930123456', label: 'quote " \\ \n', target: external })
  const group = fakeGroup(owner.id, { number: '200', members: ['101'], otherwise: external })
  const calling = { ...defaultOrganisationCalling(owner.id, 'DE', 'Europe/Berlin'), offNetForwarding: true }
  const own = { ...defaultExtensionCalling(reception.id), callerId: number.e164, forwardBusy: external }
  const { directory } = store
  await directory.saveTrunk({ ...trunk, priority: 99, password: new Secret('an older one') })
  await directory.saveTrunk({ ...silent, password: new Secret('taken away') })
  await directory.saveNumber({ ...number, afterHours: external })
  await directory.saveGroup({ ...group, strategy: 'in-order' })
  await directory.saveCalling({ ...calling, outsidePrefix: '0' })
  await directory.saveExtensionCalling({ ...own, doNotDisturb: true })
  for (const each of [trunk, silent]) await directory.saveTrunk(each)
  await directory.saveNumber(number)
  await directory.saveGroup(group)
  await directory.saveCalling(calling)
  await directory.saveExtensionCalling(own)
  await reopen()
  const loaded = await store.directory.loadOutside()
  const byName = loaded.trunks.toSorted((a, b) => a.name.localeCompare(b.name))
  assert.equal(byName[0]?.password?.reveal(), PASSWORD)
  assert.deepEqual(byName, [trunk, silent])
  assert.equal(byName[1]?.password, undefined)
  assert.deepEqual(
    [loaded.numbers, loaded.groups, loaded.callings, loaded.extensionCallings],
    [[number], [group], [calling], [own]],
  )
})

test('the password of a trunk is sealed for that trunk', async () => {
  const rows = await raw.query({ text: 'SELECT * FROM trunks WHERE sealed_password IS NOT NULL' })
  const [row] = rows
  assert.equal(rows.length, 1)
  assert.doesNotMatch(JSON.stringify(row), new RegExp(PASSWORD))
  const sealed = String(row!['sealed_password'])
  assert.equal(sealer.open(sealed, `trunks.sealed_password:${row!['id']}`).toString(), PASSWORD)
  await raw.query({ text: `UPDATE trunks SET sealed_password = $1 WHERE name = 'silent'`, values: [sealed] })
  await assert.rejects(store.directory.loadOutside(), { code: 'KEYS_UNSEAL_FAILED' })
  await raw.query({ text: `UPDATE trunks SET sealed_password = NULL WHERE name = 'silent'` })
})

test('a name, a number and a group are there once, whatever the rules overlooked', async () => {
  const refused = { code: 'STORE_WRITE_REFUSED' }
  await assert.rejects(store.directory.saveTrunk(fakeTrunk(owner.id, { name: 'carrier' })), refused)
  await assert.rejects(store.directory.saveNumber(fakeNumber(owner.id, { e164: '+4930123456' })), refused)
  await assert.rejects(store.directory.saveGroup(fakeGroup(owner.id, { number: '200' })), refused)
})

test('a document of an older release has the defaults of what it does not know', async () => {
  const now = Date.now()
  const id = newId<'TrunkId'>(now)
  await raw.query({
    text: 'INSERT INTO trunks (id, organisation_id, name, created_at, document) VALUES ($1, $2, $3, $4, $5)',
    values: [id, owner.id, 'older', now, '{"host":"sip.example.net"}'],
  })
  await raw.query({ text: `UPDATE organisation_calling SET document = '{"country":"AT"}'` })
  await raw.query({ text: `UPDATE extension_calling SET document = '{"privacy":true}'` })
  const directory = await service()
  const { transport, weight, sources } = directory.trunk(id)!
  assert.deepEqual([transport, weight, sources], ['TLS', 10, []])
  const { country, offNetForwarding, emergencyNotify } = directory.callingOf(owner.id)
  assert.deepEqual([country, offNetForwarding, emergencyNotify], ['AT', false, []])
  assert.deepEqual(directory.extensionCalling(reception.id), {
    ...defaultExtensionCalling(reception.id),
    privacy: true,
  })
})

test('what was removed is gone, and the calling of an extension with it', async () => {
  const { trunks, numbers, groups } = await store.directory.loadOutside()
  for (const { id } of trunks) await store.directory.deleteTrunk(id)
  for (const { id } of numbers) await store.directory.deleteNumber(id)
  for (const { id } of groups) await store.directory.deleteGroup(id)
  await store.directory.deleteExtension(reception.id)
  await reopen()
  const left = await store.directory.loadOutside()
  assert.deepEqual([left.trunks, left.numbers, left.groups, left.extensionCallings], [[], [], [], []])
})

test('as many numbers as there may be are there after a start', async t => {
  const numbers = Array.from({ length: MAXIMUM_NUMBERS }, (_, count) =>
    fakeNumber(owner.id, { e164: `+4930${1_000_000 + count}`, label: `Extension ${count}`, target: external }),
  )
  await insert(numbers)
  const started = performance.now()
  const directory = await service()
  t.diagnostic(`${numbers.length} numbers in memory after ${Math.round(performance.now() - started)} ms`)
  assert.equal(directory.ownedNumbers(owner.id).length, MAXIMUM_NUMBERS)
  assert.deepEqual(directory.ownedNumber(numbers[4_711]!.e164), numbers[4_711])
})

/** All at once: ten thousand statements would take longer than the test is worth. */
async function insert(numbers: readonly OwnedNumber[]): Promise<void> {
  await raw.query({
    text: `INSERT INTO owned_numbers (id, organisation_id, e164, created_at, document)
      SELECT id, $2::uuid, e164, created_at, document
      FROM unnest($1::uuid[], $3::text[], $4::bigint[], $5::text[]) AS row (id, e164, created_at, document)`,
    values: [
      numbers.map(each => each.id),
      owner.id,
      numbers.map(each => each.e164),
      numbers.map(each => each.createdAt),
      numbers.map(({ label, target, anonymous }) => JSON.stringify({ label, target, anonymous, afterHours: null })),
    ],
  })
}
