/** Decisions about sources on the real embedded PostgreSQL, with two nodes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { newId } from '../base/ids.ts'
import { createSourceTable } from '../guard/sources/source-table.ts'
import type { SourceDecision, Spared, Target } from '../guard/sources/types.ts'
import { openTestStore, temporaryFolder } from './test-support/fixtures.ts'
import type { Store } from './types.ts'

const NOW = Date.now()
const HOUR = 3_600_000
const folders = [temporaryFolder(), temporaryFolder()] as const
const NOBODY: Spared = {
  isRegisteredSource: () => false,
  isRegisteredSourceOf: () => false,
  isTrunkAddress: () => false,
}
let first: Store
let second: Store

before(async () => {
  first = await openTestStore(folders[0].path)
  const password = readFileSync(join(folders[0].path, 'keys', 'database.password'), 'utf8').trim()
  const socket = encodeURIComponent(join(folders[0].path, 'database', 'run'))
  second = await openTestStore(folders[1].path, { url: `postgres://ringfence:${password}@${socket}/postgres` })
})
after(async () => {
  await second.close()
  await first.close()
  for (const folder of folders) folder.remove()
})

function decision(target: Target, change: Partial<SourceDecision> = {}): SourceDecision {
  return {
    id: newId(NOW),
    target,
    action: 'ban',
    rule: 'GUARD_TEST',
    reason: 'it was seen',
    evidence: { 'last for': 'a\n\u0000{"}' },
    origin: 'rule',
    mode: 'on',
    at: NOW,
    expiresAt: NOW + HOUR,
    repeat: 0,
    state: 'in-force',
    ...change,
  }
}

const address = (value: string): Target => ({ kind: 'address', value })

test('what is in force is loaded as it was, then what is over; the last of a target counts; what is taken back or long over is not', async () => {
  const hostile = decision({ kind: 'account', value: `{"a",\\ 'b'}\n\u0000 äé😀 NULL` }, { action: 'back-off' })
  const kept = decision(address('198.51.100.1'))
  const longer = { ...kept, expiresAt: NOW + 2 * HOUR }
  const forever = decision(address('198.51.100.2'), { expiresAt: undefined, origin: 'operator' })
  const undone = decision(address('198.51.100.3'))
  const over = decision(address('198.51.100.4'), { expiresAt: NOW - 1, repeat: 2 })
  const all = [
    hostile,
    kept,
    longer,
    forever,
    undone,
    over,
    decision(address('198.51.100.5'), { at: NOW - 800 * HOUR, expiresAt: NOW - 31 * 24 * HOUR }),
    decision({ kind: 'socket', value: '198.51.100.6 5060' }),
    decision({ kind: 'flow', value: 'f1' }),
    { ...undone, state: 'undone', undoneBy: 'ann' } as const,
  ]
  await Promise.all(all.map(each => first.sourceDecisions.save(each)))
  const loaded = await second.sourceDecisions.load(NOW, 100)
  const byId = (a: SourceDecision, b: SourceDecision): number => (a.id < b.id ? -1 : 1)
  assert.deepEqual([...loaded].toSorted(byId), [hostile, longer, forever, over].toSorted(byId))
  assert.equal(loaded.at(-1)?.id, over.id)
  assert.equal((await first.sourceDecisions.load(NOW, 2)).length, 2)
})

test('another node reads on, and its table follows: decided, prolonged, taken back', async () => {
  const table = createSourceTable({ spared: NOBODY })
  let { cursor } = await second.sourceDecisions.changedSince(undefined)
  const follow = async (): Promise<void> => {
    const changed = await second.sourceDecisions.changedSince(cursor)
    cursor = changed.cursor
    table.adopt(changed.decisions, NOW)
  }
  const bans = () => table.banOf({ address: '203.0.113.9', port: 1, proven: true }, NOW)
  const one = decision(address('203.0.113.9'))
  await first.sourceDecisions.save(one)
  await follow()
  assert.equal(bans()?.expiresAt, NOW + HOUR)
  await first.sourceDecisions.save({ ...one, expiresAt: NOW + 3 * HOUR })
  await follow()
  assert.equal(bans()?.expiresAt, NOW + 3 * HOUR)
  await first.sourceDecisions.save({ ...one, state: 'undone' })
  await follow()
  assert.equal(bans(), undefined)
  const before = cursor
  await follow()
  assert.equal(cursor, before)
})

test('ten thousand at once are few statements and all there', async () => {
  const many = Array.from({ length: 10_000 }, (_, i) => decision(address(`10.1.${i >> 8}.${i & 255}`)))
  await Promise.all(many.map(each => first.sourceDecisions.save(each)))
  const loaded = await second.sourceDecisions.load(NOW, 100_000)
  const ids = new Set(loaded.map(({ id }) => id))
  assert.ok(many.every(({ id }) => ids.has(id)))
})

test('a decision without a proper identifier is refused, and hurts no other', async () => {
  await assert.rejects(first.sourceDecisions.save(decision(address('192.0.2.1'), { id: "x'); DROP" })), {
    code: 'STORE_WRITE_REFUSED',
  })
})

test('a restart: who was banned is, for as long; who was banned before is banned for longer; a door that was opened is open', async () => {
  const folder = temporaryFolder()
  let store = await openTestStore(folder.path)
  let kept = Promise.resolve<unknown>(undefined)
  const open = () =>
    createSourceTable({
      spared: NOBODY,
      onChanged: each => {
        kept = Promise.all([kept, store.sourceDecisions.save(each)])
      },
    })
  const finding = (value: string) =>
    ({ target: address(value), action: 'ban', rule: 'GUARD_TEST', reason: 'it was seen', evidence: {} }) as const
  const asked = (value: string) => ({ address: value, port: 1, proven: true })
  const before = open()
  before.decide(finding('198.51.100.1'), NOW - 2 * HOUR)
  const held = before.decide(finding('198.51.100.2'), NOW)
  before.decide(finding('2001:db8:1:2::3'), NOW)
  before.decide(finding('198.51.100.3'), NOW)
  before.undo(address('198.51.100.3'), 'ann', NOW)
  before.put({ target: { kind: 'network', value: '192.0.2.0/24' }, action: 'allow', reason: 'x', by: 'ann' }, NOW)
  await kept
  await store.close()
  store = await openTestStore(folder.path)
  try {
    const after = open()
    after.restoreFrom(await store.sourceDecisions.load(NOW, 100), NOW)
    assert.deepEqual(after.banOf(asked('198.51.100.2'), NOW), held)
    assert.ok(after.banOf(asked('2001:db8:1:2::9'), NOW))
    assert.equal(after.banOf(asked('198.51.100.1'), NOW), undefined)
    assert.equal(after.decide(finding('198.51.100.1'), NOW)?.repeat, 1)
    assert.equal(after.decide(finding('198.51.100.3'), NOW)?.repeat, 0)
    assert.ok(after.isAllowed('192.0.2.5'))
    await kept
  } finally {
    await store.close()
    folder.remove()
  }
})

test('a node that has not heard of it writes over neither what a person said nor what was taken back', async () => {
  const { sourceDecisions } = first
  const load = async (value: string) =>
    (await sourceDecisions.load(NOW, 100_000)).find(({ target }) => target.value === value)
  const ordered = decision(address('203.0.113.50'), {
    origin: 'operator',
    evidence: { by: 'ann', odd: '\u0000"origin":' },
  })
  const found = decision(ordered.target, { at: NOW + 1, expiresAt: NOW + 100 * HOUR })
  await sourceDecisions.save(ordered)
  await second.sourceDecisions.save(found)
  assert.equal((await load('203.0.113.50'))?.id, ordered.id)
  await second.sourceDecisions.save({ ...found, at: NOW + HOUR + 1 })
  assert.equal((await load('203.0.113.50'))?.id, found.id, 'after its end')
  await sourceDecisions.save({ ...found, state: 'undone', undoneBy: 'ann', undoneAt: NOW + HOUR + 10 })
  await second.sourceDecisions.save({ ...found, at: NOW + HOUR + 1, expiresAt: NOW + 200 * HOUR })
  assert.equal(await load('203.0.113.50'), undefined)
  const later = decision(ordered.target, { at: NOW + HOUR + 11, expiresAt: NOW + 3 * HOUR })
  await second.sourceDecisions.save(later)
  assert.equal((await load('203.0.113.50'))?.id, later.id, 'found again afterwards')
})

test('each change is read once', async () => {
  const { cursor } = await second.sourceDecisions.changedSince(undefined)
  const mine = decision(address('203.0.113.60'))
  await first.sourceDecisions.save(mine)
  const ids: string[] = []
  let from = cursor
  for (let i = 0; i < 10; i++) {
    const changed = await second.sourceDecisions.changedSince(from)
    from = changed.cursor
    ids.push(...changed.decisions.map(({ id }) => id))
  }
  assert.equal(ids.filter(id => id === mine.id).length, 1)
})
