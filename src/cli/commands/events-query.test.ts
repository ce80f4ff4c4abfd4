import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeTerminal } from '../fake-ports.ts'

function terminal() {
  const fake = createFakeTerminal()
  const envelope = { id: 'e1', at: 1_700_000_000_000, severity: 'info', organisationId: undefined } as const
  const data = { callId: 'c1', from: '101', to: '102', sipCode: 403, rule: 'R', reason: '\u001b[31mred' }
  fake.state.log = [{ position: 7, event: { ...envelope, type: 'call.refused', data } as never }]
  return fake
}

test('a question is asked as it stands, its words together; events come as lines or JSON', async () => {
  const { run, state } = terminal()
  const plain = await run('events', 'query', 'type:call.*', 'last', '1h', '--limit', '20')
  assert.equal(plain.exit, 0)
  assert.match(plain.out, /call\.refused +101 to 102: 403, R, .*red$/m)
  assert.doesNotMatch(plain.out, /\u001b\[31m/)
  assert.deepEqual(state.asked.at(-1), ['eventsSearch', { q: 'type:call.* last 1h', limit: 20 }])
  const lines = await run('events', 'query', 'type:call.*', '--json')
  assert.equal((JSON.parse(lines.out) as { position: number }).position, 7)
})

test('counts are a table with their sum', async () => {
  const { run, state } = terminal()
  const counted = await run('events', 'query', 'last 1h | count by type')
  assert.match(counted.out, /^TYPE +COUNT$/m)
  assert.match(counted.out, /^call\.ended +1$/m)
  assert.match(counted.out, /^1 events in all$/m)
  assert.deepEqual(state.asked.at(-1), ['eventsCount', { q: 'last 1h | count by type' }])
})

test('of what cannot be read it is said where, and nothing is asked', async () => {
  const { run, state } = terminal()
  const wrong = await run('events', 'query', 'type:call.* nonsense:1')
  assert.equal(wrong.exit, 2)
  assert.match(wrong.err, /at character 13: found "nonsense", expected a field/)
  assert.deepEqual(state.asked, [])
})

test('options behind a subcommand of events are its own, though events has some of the same name', async () => {
  const { run, state } = terminal()
  const since = await run('events', 'export', '--since', 'nonsense')
  assert.equal(since.exit, 2)
  assert.match(since.err, /--since nonsense/)
  await run('events', 'query', 'type:call.*', '--limit', '3')
  assert.deepEqual(state.asked.at(-1), ['eventsSearch', { q: 'type:call.*', limit: 3 }])
  await run('events', '--limit', '4')
  assert.deepEqual(state.asked.at(-1), ['events', { limit: 4 }])
})
