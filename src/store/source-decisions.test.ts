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

test('what is in force is loaded as it was; the last of a target counts; what is over or taken back is not', async () => {
  const hostile = decision({ kind: 'account', value: `{"a",\\ 'b'}\n\u0000 äé😀 NULL` }, { action: 'back-off' })
  const kept = decision(address('198.51.100.1'))
  const longer = { ...kept, expiresAt: NOW + 2 * HOUR }
  const forever = decision(address('198.51.100.2'), { expiresAt: undefined, origin: 'operator' })
  const undone = decision(address('198.51.100.3'))
  const all = [
    hostile,
    kept,
    longer,
    forever,
    undone,
    decision(address('198.51.100.4'), { expiresAt: NOW - 1 }),
    { ...undone, state: 'undone', undoneBy: 'ann' } as const,
  ]
  await Promise.all(all.map(each => first.sourceDecisions.save(each)))
  const loaded = await second.sourceDecisions.load(NOW, 100)
  const byId = (a: SourceDecision, b: SourceDecision): number => (a.id < b.id ? -1 : 1)
  assert.deepEqual([...loaded].toSorted(byId), [hostile, longer, forever].toSorted(byId))
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
