/** The log on the real database: taken over, chained, sealed, searched, forgotten. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ManualClock, systemClock } from '../../base/clock.ts'
import { newId } from '../../base/ids.ts'
import { silentLogger } from '../../base/logger.ts'
import type { EventType, RingfenceEvent } from '../../events/catalogue.ts'
import type { EventArchive } from '../../events/chain/event-archive.ts'
import { readPublicKey } from '../../events/chain/statement.ts'
import type { Verdict } from '../../events/chain/types.ts'
import { createVerifier } from '../../events/chain/verify.ts'
import { eventFields } from '../../events/query/event-fields.ts'
import { matches } from '../../events/query/matches.ts'
import { parseQuery } from '../../events/query/parse.ts'
import type { Query } from '../../events/query/types.ts'
import { createDatabase, type Database } from '../database.ts'
import { migrate, readMigrations } from '../migrate.ts'
import { openSealer, openTestStore, temporaryFolder } from '../test-support/fixtures.ts'
import type { Store } from '../types.ts'
import { createEventLog, DEFAULT_RETENTION } from './event-log.ts'

const folder = temporaryFolder()
const ORGANISATION = newId<'OrganisationId'>(Date.now())
const OTHER = newId<'OrganisationId'>(Date.now())
const START = Date.UTC(2026, 9, 5, 12)
let store: Store
let host: string
let password: string

before(async () => {
  store = await openTestStore(folder.path)
  password = readFileSync(join(folder.path, 'keys', 'database.password'), 'utf8').trim()
  host = join(folder.path, 'database', 'run')
})
after(async () => {
  await store.close()
  folder.remove()
})

/** A database of its own for each test. */
async function freshDatabase(name: string): Promise<Database> {
  const connection = { host, port: 5432, user: 'ringfence', password }
  const admin = createDatabase({
    connection: { ...connection, database: 'postgres' },
    clock: systemClock,
    logger: silentLogger,
  })
  await admin.query({ text: `CREATE DATABASE ${name}` })
  await admin.close()
  return createDatabase({ connection: { ...connection, database: name }, clock: systemClock, logger: silentLogger })
}

async function freshLog(name: string, clock = new ManualClock(START)) {
  const database = await freshDatabase(name)
  await migrate(database, silentLogger)
  const home = newId<'NodeId'>(Date.now())
  const log = await createEventLog({ database, clock, logger: silentLogger, sealer: openSealer, home })
  const add = async (events: readonly RingfenceEvent[]): Promise<void> => {
    const appended = events.map(event => log.append(event))
    await log.writer.flush()
    await Promise.all(appended)
  }
  const close = async (): Promise<void> => {
    log.writer.stop()
    await database.close()
  }
  return { database, log, add, clock, close }
}

function make(type: EventType, data: object, at = START, organisationId = ORGANISATION): RingfenceEvent {
  return { id: newId<'EventId'>(at), type, at, severity: 'info', organisationId, data } as unknown as RingfenceEvent
}

const held = (by: string, at = START): RingfenceEvent =>
  make('call.held', { callId: `call-of-${by}`, by, held: true }, at)

async function verify(log: EventArchive): Promise<Verdict> {
  const verifier = createVerifier({ publicKey: readPublicKey(log.publicKey)! })
  for (const each of await log.statements(0, 1_000)) verifier.statement(each)
  for (const row of await log.proven(0, 5_000)) verifier.row(row, row.event)
  return verifier.end()
}

const kinds = (verdict: Verdict) => [...new Set(verdict.problems.map(each => each.kind))]

function query(text: string): Query {
  const parsed = parseQuery(text)
  assert.ok(parsed.ok, text)
  return parsed.value
}

test('what the log held before it was a chain is taken over under its positions, and verifies', async () => {
  const database = await freshDatabase('takeover')
  const migrations = readMigrations()
  await migrate(
    database,
    silentLogger,
    migrations.filter(each => each.version < 11),
  )
  const old = Array.from({ length: 2_500 }, (_, index) =>
    held(String(100 + (index % 7)), Date.UTC(2026, 4 + Math.floor(index / 700), 3) + index),
  )
  for (const [index, each] of old.entries()) {
    await database.query({
      text: 'INSERT INTO events (position, at, organisation_id, type, event) VALUES ($1, $2, $3, $4, $5)',
      values: [index + 1, each.at, each.organisationId, each.type, JSON.stringify(each)],
    })
  }
  await database.query({ text: 'UPDATE event_counter SET last = 2500' })
  await migrate(database, silentLogger, migrations)
  const clock = new ManualClock(START)
  const open = () =>
    createEventLog({ database, clock, logger: silentLogger, sealer: openSealer, home: newId<'NodeId'>(START) })
  const log = await open()
  const logged = await log.query({ after: 0, limit: 10_000 })
  assert.deepEqual(
    logged.map(each => each.position),
    old.map((_, index) => index + 1),
  )
  assert.deepEqual(JSON.parse(JSON.stringify(logged.map(each => each.event))), JSON.parse(JSON.stringify(old)))
  await log.checkpoint()
  assert.deepEqual((await verify(log)).problems, [])
  assert.equal((await (await open()).query({ limit: 1 }))[0]?.position, 2_500)
  assert.equal(await log.retain({ ...DEFAULT_RETENTION, calls: 100 * 86_400_000 }), 700)
  assert.deepEqual((await verify(log)).problems, [])
  await database.close()
})

test('what the database holds: nothing that names a person, a number or a place, not in any form that is searched for', async () => {
  const { database, add, close } = await freshLog('sealed')
  const actor = { kind: 'person', name: 'ada@example.com', address: '198.51.100.7', session: 's1' }
  await add([
    make('directory.extension-added', { actor, extension: '4711', name: 'Grace Hopper' }),
    make('call.started', {
      callId: 'c1',
      from: '4711',
      to: '+4930123456',
      caller: { number: '4711', username: 'u-4711', signalling: 'TLS' },
    }),
    make('registration.refused', {
      username: 'guess',
      source: { address: '203.0.113.9', port: 5, protocol: 'TLS' },
      userAgent: 'Scanner',
      reason: 'guess is unknown',
      sipCode: 401,
    }),
  ])
  const rows = await database.query({ text: 'SELECT * FROM events' })
  const text = JSON.stringify(rows)
  for (const secret of [
    'ada@example',
    '198.51.',
    'u-4711',
    'Grace Hopper',
    '+4930123456',
    'guess is',
    '203.0.113',
    'Scanner',
  ]) {
    assert.ok(!text.includes(secret), secret)
  }
  // Four digits may stand in any ciphertext.
  assert.ok(!rows.some(row => String(row['document']).includes('"4711"')))
  await close()
})

test('rows that were altered, taken out, moved or cut off are found, and so is a sealed part', async () => {
  const tamperings: readonly (readonly [string, string])[] = [
    [`UPDATE events SET document = replace(document, '"held":true', '"held":false') WHERE position = 7`, 'altered'],
    ['DELETE FROM events WHERE position = 7', 'removed'],
    ['DELETE FROM events WHERE position > 15', 'truncated'],
    ['DELETE FROM events WHERE position = 20', 'truncated'],
    ['UPDATE events SET position = CASE position WHEN 7 THEN 8 ELSE 7 END WHERE position IN (7, 8)', 'reordered'],
    [`UPDATE events SET sealed = (SELECT sealed FROM events WHERE position = 8) WHERE position = 7`, 'withheld'],
    ['DELETE FROM event_statements WHERE number = 1', 'statement-missing'],
    ['UPDATE events SET sequence = sequence + 1 WHERE position = 20', 'removed'],
  ]
  for (const [index, [statement, kind]] of tamperings.entries()) {
    const { database, log, add, close } = await freshLog(`tampered${index}`)
    await add(Array.from({ length: 10 }, (_, number) => held(String(100 + number))))
    await log.checkpoint()
    await add(Array.from({ length: 10 }, (_, number) => held(String(100 + number))))
    await log.checkpoint()
    assert.deepEqual((await verify(log)).problems, [])
    await database.query({ text: statement })
    assert.ok(kinds(await verify(log)).includes(kind as never), `${statement}: ${kinds(await verify(log)).join()}`)
    await close()
  }
})

test('retention drops whole months of one class with a signed record, never the current one; the rest verifies', async () => {
  const clock = new ManualClock(START)
  const { log, add, close } = await freshLog('retention', clock)
  for (let month = 0; month < 4; month++) {
    await add([
      held('101', clock.now()),
      make('store.unavailable', { detail: String(month) }, clock.now()),
      held('102', clock.now()),
    ])
    await log.checkpoint()
    clock.jump(31 * 86_400_000)
  }
  await add([held('103', clock.now())])
  assert.equal(await log.retain(DEFAULT_RETENTION), 0)
  assert.equal(await log.retain({ ...DEFAULT_RETENTION, calls: 65 * 86_400_000 }), 4)
  const verdict = await verify(log)
  assert.deepEqual([verdict.problems, verdict.dropped], [[], 4])
  assert.equal((await log.query({ after: 0, limit: 100 })).length, 9)
  assert.equal(await log.retain({ ...DEFAULT_RETENTION, calls: 0 }), 4, 'all but the month of writing')
  assert.deepEqual((await verify(log)).problems, [])
  await close()
})

test('one extension is forgotten: unreadable and not found any more, others are, the chain still verifies', async () => {
  const { log, add, close } = await freshLog('shredded')
  const call = (from: string, to: string) =>
    make('call.started', { callId: 'c1', from, to, caller: { number: from, signalling: 'TLS' } })
  await add([call('101', '102'), call('102', '101'), call('103', '102'), held('101')])
  const find = async (text: string): Promise<number> =>
    (await log.search(query(text), { limit: 10, now: START })).events.length
  assert.deepEqual([await find('data.from:101'), await find('extension:101')], [1, 2])
  const subject = { kind: 'extension', organisationId: ORGANISATION, number: '101' } as const
  assert.equal(await log.shred(subject, 'asked for'), 1)
  assert.deepEqual([await find('data.from:101'), await find('extension:101'), await find('extension:102')], [0, 0, 1])
  const logged = await log.query({ after: 0, limit: 10 })
  const text = JSON.stringify(logged)
  assert.ok(!text.includes('101') || !logged.some(each => JSON.stringify(each.event.data).includes('"101"')))
  assert.ok(text.includes('102') && text.includes('103'))
  const verdict = await verify(log)
  assert.deepEqual([verdict.problems, verdict.erasedParts], [[], 3])
  assert.equal(await log.shred(subject, 'again'), 0)
  await add([held('101')])
  assert.equal(await find('extension:101'), 1)
  await close()
})

test('another node does not go on sealing with a key that was destroyed', async () => {
  const { database, log, add, clock, close } = await freshLog('twonodes')
  const other = await createEventLog({
    database,
    clock,
    logger: silentLogger,
    sealer: openSealer,
    home: newId<'NodeId'>(START),
  })
  await add([held('101')])
  const appended = other.append(held('101'))
  await other.writer.flush()
  await appended
  await log.shred({ kind: 'extension', organisationId: ORGANISATION, number: '101' }, 'asked for')
  const again = other.append(held('101'))
  await other.writer.flush()
  await again
  for (const reader of [log, other]) {
    const data = (await reader.query({ after: 0, limit: 10 })).map(each => (each.event.data as { by: string }).by)
    assert.deepEqual(data, ['[erased]', '[erased]', '101'])
  }
  assert.deepEqual((await verify(log)).problems, [])
  other.writer.stop()
  await close()
})

test('every question is answered as the filter language says, whatever the database can decide alone', async () => {
  const { log, add, close } = await freshLog('questions')
  const actor = (name: string) => ({ kind: 'person', name, address: '198.51.100.7' })
  const events: RingfenceEvent[] = []
  for (let number = 0; number < 60; number++) {
    const at = START + number * 60_000
    const owner = number % 3 === 0 ? OTHER : ORGANISATION
    const source = { address: `203.0.113.${number % 5}`, port: 5, protocol: 'TLS' }
    events.push(
      make(
        'authentication.failed',
        { username: `u${number % 4}`, source, method: 'REGISTER', userAgent: 'Scanner 1', reason: 'wrong password' },
        at,
        owner,
      ),
    )
    events.push(
      make('call.started', { callId: `c${number}`, from: `10${number % 4}`, to: `+4930${number % 6}000` }, at, owner),
    )
    events.push({
      ...make(
        'directory.extension-added',
        { actor: actor(`p${number % 2}@example.com`), extension: '104', name: 'x' },
        at,
        owner,
      ),
      severity: 'error',
    })
  }
  await add(events)
  const logged = await log.query({ after: 0, limit: 1_000 })
  const questions = [
    '',
    'type:call.*',
    'type!=call.started',
    'type~call',
    'severity>=warning',
    'outcome:failure',
    'extension:101',
    'extension!=101',
    'source:203.0.113.3',
    'source:203.0.113.0/30',
    'source:203.0.0.0/8',
    'actor:p0@example.com',
    'actor~P0',
    'target:+49300000',
    'data.from:102',
    'data.from:10*',
    'data.username:u1 or data.from:101',
    'not (data.username:u1 or actor~p1)',
    'not severity>=warning',
    'wrong',
    'call:c7',
    'position>100 and position<120',
    `id:${events[5]!.id}`,
    'client:"Scanner 1"',
    'extension:(101,102)',
    'rule:*',
    'data.held:true',
    'outcome:succ*',
    'type:call.* and not extension:101',
    'data.to:+49300000',
    'data.missing!=x',
  ]
  for (const text of questions) {
    const asked = query(text)
    const expected = logged.filter(each => matches(asked.filter, eventFields(each.event, each.position)))
    const found: number[] = []
    let before: number | undefined
    do {
      const page = await log.search(asked, { limit: 7, now: START, ...(before === undefined ? {} : { before }) })
      found.push(...page.events.map(each => each.position))
      before = page.next
    } while (before !== undefined)
    assert.deepEqual(found, expected.map(each => each.position).toReversed(), text)
    const counted = await log.count(query(`${text} | count`), { limit: 1, now: START })
    assert.equal(counted.total, expected.length, `${text} | count`)
  }
  const own = await log.search(query(''), { organisationId: ORGANISATION, limit: 1_000, now: START })
  assert.equal(own.events.length, 120)
  const bySource = await log.count(query('type:authentication.* | count by source'), { limit: 1, now: START })
  assert.deepEqual(
    bySource.groups.map(each => [each.values, each.count]).toSorted(),
    [0, 1, 2, 3, 4].map(each => [[`203.0.113.${each}`], 12]),
  )
  const byData = await log.count(query('type:call.* | count by data.from'), { limit: 1, now: START })
  assert.deepEqual(
    byData.groups.map(each => each.count),
    [15, 15, 15, 15],
  )
  await close()
})
