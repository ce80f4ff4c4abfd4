import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeTerminal } from '../fake-ports.ts'

test('each channel is named with what came of it; one that failed is an exit code', async () => {
  const { run, state } = createFakeTerminal()
  const mail = { channel: 'mail owner@example.com', ok: true, detail: '', milliseconds: 120 }
  state.alertTests = [mail]
  const good = await run('alert', 'test')
  assert.equal(good.exit, 0)
  assert.match(good.out, /^mail owner@example\.com {2}taken {3}120 ms {2}-$/m)
  state.alertTests = [mail, { channel: 'webhook x.example', ok: false, detail: 'answered 500', milliseconds: 9 }]
  const bad = await run('alert', 'test')
  assert.equal(bad.exit, 1)
  assert.match(bad.out, /^webhook x\.example +FAILED +9 ms +answered 500$/m)
  assert.deepEqual(JSON.parse((await run('alert', 'test', '--json')).out), state.alertTests)
})

test('without a channel, or a server, that is said', async () => {
  const none = await createFakeTerminal().run('alert', 'test')
  assert.equal(none.exit, 1)
  assert.match(none.out, /No channel is configured/)
  const away = await createFakeTerminal({ live: false }).run('alert', 'test')
  assert.deepEqual([away.exit, away.out], [3, ''])
})

const OPEN = {
  id: '0190a1b2-0000-7000-8000-5d0c8e61a2f4',
  type: 'fraud.suspended',
  at: 1_700_000_000_000,
  urgency: 'critical',
  title: 'Extension 101 was suspended',
  happened: 'Twenty calls.',
  who: 'extension 101',
  done: 'It was suspended.',
  advice: null,
  details: { rule: 'FRAUD_BURST' },
  state: 'open',
  answeredAt: null,
  answeredBy: null,
  comment: null,
  escalatedAt: null,
  sent: ['mail owner@example.com'],
} as const

test('what is open is listed, shown, and seen to with a comment', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('alert', 'list')).out, /nothing to see to/)
  state.alerts = [OPEN, { ...OPEN, id: 'x'.repeat(36), state: 'told', title: 'The fraud policy was changed' }]
  const list = await run('alert', 'list')
  assert.match(list.out, /^5d0c8e61a2f4 .* critical +open +Extension 101 was suspended$/m)
  assert.doesNotMatch(list.out, /policy/)
  assert.match((await run('alert', 'list', '--all')).out, /policy/)
  assert.match((await run('alert', 'show', '5d0c8e61a2f4')).out, /^rule +FRAUD_BURST$/m)
  const done = await run('alert', 'acknowledge', '5d0c8e61a2f4', '--comment', 'a test of ours')
  assert.match(done.out, /^root saw to it, .*: Extension 101 was suspended$/m)
  assert.deepEqual(state.asked.at(-1), ['alertAcknowledge', { id: '5d0c8e61a2f4', comment: 'a test of ours' }])
  assert.match((await run('alert', 'list')).out, /nothing to see to/)
})

test('all that is open is seen to at once; neither ids nor --all is an error, and so are both', async () => {
  const { run, state } = createFakeTerminal()
  state.alerts = [OPEN, { ...OPEN, id: `${OPEN.id.slice(0, -1)}5` }]
  assert.equal((await run('alert', 'acknowledge')).exit, 2)
  assert.equal((await run('alert', 'acknowledge', '--all', 'x')).exit, 2)
  const done = await run('alert', 'acknowledge', '--all')
  assert.equal(done.out.split('\n').filter(line => /saw to it/.test(line)).length, 2)
  const unknown = await run('alert', 'acknowledge', 'nothere')
  assert.equal(unknown.exit, 1)
  assert.match(unknown.err, /there is no alert nothere/)
})
