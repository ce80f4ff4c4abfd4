/** Detections at a running system: a real guesser and a real scanner are found in the log, and an operator's own rules with them. */
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { DetectionRunView, DetectionStatusView } from '../../src/api/detection-operations.ts'
import type { EventOf } from '../../src/events/catalogue.ts'
import { openGuesser } from '../support/guesser.ts'
import { eventually, temporaryFolder } from '../support/places.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { accepted, type Ringfence, startRingfence } from '../support/ringfence.ts'

type Found = EventOf<'detection.found'>

const GUESSING = '192bea9c-e2ef-47bf-81f4-cea301a6c40d'
const SPRAYING = 'acee18e0-eee4-4445-8c35-6a17df36b7f3'
const SCANNING = '26417497-099e-4d94-8ebb-494413774e41'
const FORWARD = 'd89fdb91-35a0-4c72-8880-f728fd1e7154'
const BROKEN_LOG = 'b1f0a7c4-8f0f-4d7e-8d07-6f3d1c8a2e95'

const OWN = `title: A phone was suspended by hand
id: 0c0ffee0-0000-4000-8000-000000000001
level: high
logsource: { product: ringfence }
detection:
  suspended:
    type: directory.extension-suspended
    data.reason|contains: WORD
  condition: suspended
`

const settings = temporaryFolder('detections-settings')
let system: Ringfence
let victim: PhoneCredentials

before(async () => {
  const file = join(settings.path, 'ringfence.yaml')
  writeFileSync(file, 'firewall: { decoys: [admin-1000] }\n')
  system = await startRingfence({ name: 'detections', arguments: ['--config', file] })
  victim = await system.addPhone('301')
})

after(async () => {
  await system?.stop()
  settings.remove()
})

async function found(rule: string): Promise<readonly Found[]> {
  const operations = await system.operations()
  const events = accepted(await operations.events({ types: ['detection.found'], limit: 1_000 }))
  return events.map(({ event }) => event as Found).filter(({ data }) => data.rule === rule)
}

const one = (rule: string): Promise<Found> =>
  eventually(async () => (await found(rule))[0], 15_000, `a finding of ${rule}`)

test('a guesser at five accounts is found, with what it rests on, and said once', { timeout: 120_000 }, async () => {
  const guesser = await openGuesser(system, victim.domain, '127.6.0.1')
  const accounts = [victim.username]
  for (const number of ['302', '303', '304', '305']) accounts.push((await system.addPhone(number)).username)
  for (const username of accounts) assert.equal(await guesser.guess({ username, password: 'wrong' }), 401)
  const sprayed = await one(SPRAYING)
  assert.equal(sprayed.severity, 'error')
  assert.deepEqual(sprayed.data.group, { source: '127.6.0.1' })
  assert.equal(sprayed.data.address, '127.6.0.1')
  assert.equal(sprayed.data.count, 5)
  // The evidence is in the log.
  const operations = await system.operations()
  const failures = accepted(await operations.events({ types: ['authentication.failed'], limit: 100 }))
  const ids = new Set(failures.map(({ event }) => event.id as string))
  assert.equal(sprayed.data.events.length, 5)
  for (const { id } of sprayed.data.events) assert.ok(ids.has(id))
  for (const username of accounts) await guesser.guess({ username, password: 'wrong again' })
  await one(GUESSING)
  guesser.stop()
  assert.equal((await found(SPRAYING)).length, 1)
  assert.equal((await found(GUESSING)).length, 1)
})

test('whoever asks for a name that is a decoy is found as a scanner', { timeout: 60_000 }, async () => {
  const scanner = await openGuesser(system, victim.domain, '127.6.0.2')
  await scanner.guess({ username: 'admin-1000', password: 'admin' })
  scanner.stop()
  const scanned = await one(SCANNING)
  assert.equal(scanned.severity, 'notice')
  assert.equal(scanned.data.address, '127.6.0.2')
  assert.equal(scanned.data.events[0]?.type, 'firewall.decided')
})

test('a forward to the outside, set by an operator, is found as the event really looks', {
  timeout: 60_000,
}, async () => {
  const opening = await system.run('calling', 'set', '--allow-off-net-forwarding')
  assert.equal(opening.code, 0, opening.output)
  const opened = await one(FORWARD)
  assert.equal(opened.data.level, 'high')
})

test('what the past held is found again by a run, and by a command that asks for it', { timeout: 60_000 }, async () => {
  const run = await system.json<DetectionRunView>('detections', 'run', '--since', '1h')
  const counts = new Map(run.rules.map(each => [each.rule, each.found]))
  assert.equal(counts.get(SPRAYING), 1)
  assert.equal(counts.get(GUESSING), 1)
  assert.equal(counts.get(BROKEN_LOG), 0)
  assert.equal(run.partial, false)
  const missing = await system.run('detections', 'run', '--since', '1h', '--rule', 'nothing')
  assert.equal(missing.code, 1)
  assert.match(missing.output, /there is no rule nothing/)
})

test('a rule of the folder counts without a restart; a broken one is said, and stops nobody', {
  timeout: 120_000,
}, async () => {
  const folder = join(system.data.path, 'detections')
  const operations = await system.operations()
  mkdirSync(folder)
  writeFileSync(join(folder, 'own.yml'), OWN.replace('WORD', 'lost'))
  writeFileSync(
    join(folder, 'broken.yml'),
    'title: broken\nid: x\nlogsource: {}\ndetection:\n  a: { user: ada }\n  condition: a\n',
  )
  writeFileSync(join(folder, 'no.yml'), 'title: [')
  const status = await system.run('detections', 'reload')
  assert.equal(status.code, 1)
  assert.match(status.output, /PROBLEM broken\.yml, detection\.a\.user: user is no field/)
  assert.match(status.output, /PROBLEM no\.yml, line \d/)
  await operations.extensionSuspend({ number: '303', reason: 'a lost phone' })
  const mine = await one('0c0ffee0-0000-4000-8000-000000000001')
  assert.equal(mine.data.extension, '303')
  // A change is noticed by itself: a file that is put in place whole.
  writeFileSync(join(folder, 'own.yml.new'), OWN.replace('WORD', 'stolen').replace('000001', '000002'))
  renameSync(join(folder, 'own.yml.new'), join(folder, 'own.yml'))
  const changed = async (): Promise<true | undefined> => {
    const listed = await operations.detectionsList({ id: '0c0ffee0-0000-4000-8000-000000000002' })
    return listed.ok ? true : undefined
  }
  await eventually(changed, 30_000, 'the changed rule')
  await operations.extensionSuspend({ number: '304', reason: 'stolen' })
  await one('0c0ffee0-0000-4000-8000-000000000002')
  const told = accepted(
    await operations.events({ types: ['detection.rule-problem', 'detection.rules-changed'], limit: 50 }),
  )
  assert.equal(told.filter(({ event }) => event.type === 'detection.rule-problem').length, 2)
})

test('after a crash nothing is told twice, and what was counted before it counts', { timeout: 120_000 }, async () => {
  const accounts: string[] = []
  for (const number of ['311', '312', '313', '314', '315']) accounts.push((await system.addPhone(number)).username)
  const guesser = await openGuesser(system, victim.domain, '127.6.0.9')
  for (const username of accounts.slice(0, 4)) await guesser.guess({ username, password: 'wrong' })
  guesser.stop()
  const before = (await found(SPRAYING)).length
  const operations = await system.operations()
  const written = async (): Promise<true | undefined> => {
    const events = accepted(await operations.events({ types: ['authentication.failed'], limit: 100 }))
    return JSON.stringify(events).split('"127.6.0.9"').length === 5 ? true : undefined
  }
  await eventually(written, 10_000, 'four guesses in the log')
  await system.crash()
  system = await system.restart()
  const again = await openGuesser(system, victim.domain, '127.6.0.9')
  await again.guess({ username: accounts[4]!, password: 'wrong' })
  again.stop()
  await eventually(async () => ((await found(SPRAYING)).length > before ? true : undefined), 15_000, 'the fifth guess')
  const all = await found(SPRAYING)
  assert.deepEqual(
    all.map(({ data }) => data.group['source']),
    ['127.6.0.1', '127.6.0.9'],
  )
  const status = await system.json<DetectionStatusView>('detections', 'status').catch(error => error as Error)
  assert.ok(status instanceof Error, 'a broken file is still there')
})
