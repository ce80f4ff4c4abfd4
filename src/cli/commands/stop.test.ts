import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAKE_STATUS } from '../../api/fake-operations.ts'
import { createFakeTerminal } from '../fake-ports.ts'

test('it says how many calls are waited for, and waits until the process is gone', async () => {
  let looks = 0
  const terminal = createFakeTerminal({ ports: { processLives: pid => pid === 4711 && ++looks < 3 } })
  terminal.state.status = { ...FAKE_STATUS, liveCalls: 2 }
  const { operations } = await terminal.ports.openOperations('/d')
  operations.status = async () => ({ ok: false, error: { code: 'OPERATION_NEEDS_SERVER', message: 'gone' } })
  const { exit, out, err } = await terminal.run('stop', '--drain-time', '600')
  assert.equal(exit, 0, err)
  assert.deepEqual(terminal.state.asked, [['systemStop', { drainSeconds: 600 }]])
  assert.match(err, /^No new calls; 2 live calls may go on for 10:00\.$/m)
  assert.equal(out, 'Stopped.\n')
  assert.equal(looks, 3)
})

test('without waiting it only asks; 0 seconds are a drain time, too', async () => {
  const terminal = createFakeTerminal({ ports: { processLives: () => true } })
  const { exit, out } = await terminal.run('stop', '--no-wait', '--drain-time', '0', '--json')
  assert.equal(exit, 0)
  assert.deepEqual(terminal.state.asked, [['systemStop', { drainSeconds: 0 }]])
  assert.equal(JSON.parse(out).pid, 4711)
})

test('without a server there is nothing to stop', async () => {
  const { exit, err } = await createFakeTerminal({ live: false }).run('stop')
  assert.equal(exit, 3)
  assert.match(err, /no server runs/)
})

test('the status of a server that stops says so', async () => {
  const terminal = createFakeTerminal()
  const now = terminal.clock.now()
  terminal.state.status = { ...FAKE_STATUS, liveCalls: 7, draining: { since: now - 5_000, endsAt: now + 55_000 } }
  const { out } = await terminal.run('status')
  assert.match(out, /^Live calls +7, stopping: no new ones; those left are ended in 0:55$/m)
})
