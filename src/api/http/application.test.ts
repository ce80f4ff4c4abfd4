/** The interface from the outside: pages, conditions, keys that do once, every shape of an error. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ApiWorld, apiWorld } from '../../../test/support/api-world.ts'

let world: ApiWorld

before(async () => {
  world = await apiWorld()
  world.enter('owner', 'owner', undefined)
  world.enter('helpdesk', 'helpdesk', world.organisations.one)
})

after(() => world.close())

test('an extension is added, read, listed and removed', async () => {
  const body = { number: '100', name: 'Reception' }
  const added = await world.ask('POST', '/api/v1/extensions', { as: 'owner', body })
  assert.equal(added.status, 201, added.text)
  const read = await world.ask('GET', '/api/v1/extensions/100', { as: 'owner' })
  assert.equal(read.status, 200, read.text)
  assert.deepEqual(read.body, added.body)
  const list = await world.ask('GET', '/api/v1/extensions', { as: 'owner' })
  assert.deepEqual(list.body, { items: [read.body], next: null })
  assert.equal((await world.ask('DELETE', '/api/v1/extensions/100', { as: 'owner' })).status, 200)
  const gone = await world.ask('GET', '/api/v1/extensions/100', { as: 'owner' })
  assert.equal(gone.status, 404)
  assert.equal(gone.body['code'], 'API_UNKNOWN')
})
