import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeTerminal } from '../fake-ports.ts'

test('a question is kept, listed and removed; told of only with both figures', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('search', 'list')).out, /No search is saved/)
  const saved = await run('search', 'save', 'guesses', 'type:authentication.failed', '--more', '20', '--minutes', '5')
  assert.match(saved.out, /^saved guesses; people are told of more than 20 in 5 min$/m)
  const input = { name: 'guesses', q: 'type:authentication.failed', tell: { more: 20, minutes: 5 } }
  assert.deepEqual(state.asked.at(-1), ['searchSave', input])
  assert.match((await run('search', 'list')).out, /^guesses +more than 20 in 5 min .* type:authentication\.failed$/m)
  assert.equal((await run('search', 'save', 'x', 'a', '--more', '3')).exit, 2)
  assert.equal((await run('search', 'remove', 'guesses')).exit, 0)
  const gone = await run('search', 'remove', 'guesses')
  assert.equal(gone.exit, 1)
  assert.match(gone.err, /no search is saved as guesses/)
})
