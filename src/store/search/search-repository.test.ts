/** Saved searches in the real database. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newId } from '../../base/ids.ts'
import type { SavedSearch } from '../../search/types.ts'
import { openTestStore, temporaryFolder } from '../test-support/fixtures.ts'
import type { Store } from '../types.ts'

const folder = temporaryFolder()
let store: Store

before(async () => {
  store = await openTestStore(folder.path)
})
after(async () => {
  await store.close()
  folder.remove()
})

test('one for each name and organisation; the last one that was saved counts', async () => {
  const [one, other] = [newId<'OrganisationId'>(1), newId<'OrganisationId'>(2)]
  const search: SavedSearch = {
    organisationId: one,
    name: 'guesses',
    q: 'type:authentication.failed extension:101',
    tell: { more: 5, minutes: 10 },
    machine: true,
    changedAt: 7,
    changedBy: 'ada@example.com',
  }
  await store.searches.put({ ...search, q: 'type:call.*' })
  await store.searches.put(search)
  await store.searches.put({ ...search, organisationId: other, tell: undefined })
  assert.deepEqual(await store.searches.list(one), [search])
  assert.equal((await store.searches.list()).length, 2)
  assert.equal(await store.searches.remove(one, 'nothing'), false)
  assert.equal(await store.searches.remove(one, 'guesses'), true)
  assert.deepEqual(await store.searches.list(one), [])
  assert.equal((await store.searches.list(other))[0]?.tell, undefined)
})
