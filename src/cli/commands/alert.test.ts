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
