/** The commands of the firewall on operations in memory: what they ask, what they print, how they end. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFakeTerminal } from '../fake-ports.ts'

test('status says what was stopped, by which rule, from where, and how old the lists are', async () => {
  const { exit, out } = await createFakeTerminal().run('firewall', 'status')
  assert.equal(exit, 0)
  assert.match(out, /12 messages in the last hour, 345 in the last day/)
  assert.match(out, /dropScanner +12 +345/)
  assert.match(out, /198\.51\.100\.7 +XX +300 +dropBanned/)
  assert.match(out, /drop +1200 /)
})

test('decisions and explain say who, why, how long, and which command takes it back', async () => {
  const { run, state } = createFakeTerminal()
  const { out } = await run('firewall', 'decisions', '--limit', '7')
  assert.match(out, /address 198\.51\.100\.7 +ban .*GUARD_SOURCE_GUESSING +20 wrong credentials/)
  const explained = await run('firewall', 'explain', '198.51.100.7')
  assert.match(explained.out, /198\.51\.100\.7 is kept out\n {2}- address/)
  assert.match(explained.out, /To let it in: ringfence firewall unban 198\.51\.100\.7/)
  await run('firewall', 'explain', '101', '--undo', '--reason', 'ours')
  assert.deepEqual(state.asked, [
    ['firewallDecisions', { limit: 7 }],
    ['firewallExplain', { subject: '198.51.100.7' }],
    ['firewallExplain', { subject: '101' }],
    ['firewallUndo', { target: '01a20000-0000-7000-8000-000000000001', reason: 'ours' }],
    ['firewallExplain', { subject: '101' }],
  ])
})

test('orders carry a time in minutes, a reason, and whom they may hit', async () => {
  const { run, state } = createFakeTerminal()
  const banned = await run(
    'firewall',
    'ban',
    '198.51.100.0/24',
    '--for',
    '90s',
    '--reason',
    'scans',
    '--even-registered',
  )
  assert.match(banned.out, /Kept out: address 198\.51\.100\.0\/24, until 2026/)
  await run('firewall', 'allow', '203.0.113.9')
  await run('firewall', 'unban', '198.51.100.7', '--json')
  assert.equal((await run('firewall', 'ban', 'x', '--for', 'soon')).exit, 2)
  assert.deepEqual(state.asked, [
    ['firewallBan', { target: '198.51.100.0/24', minutes: 2, reason: 'scans', evenRegistered: true }],
    ['firewallAllow', { target: '203.0.113.9', minutes: null, reason: 'by the operator' }],
    ['firewallUndo', { target: '198.51.100.7', reason: 'by the operator' }],
  ])
})

test('test reads a file, turns line ends, and ends with 1 when the message would not pass', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'firewall-test-'))
  const file = join(folder, 'message.sip')
  try {
    writeFileSync(file, 'OPTIONS sip:a SIP/2.0\nVia: x\n')
    const { run, state } = createFakeTerminal()
    const { exit, out, err } = await run(
      'firewall',
      'test',
      file,
      '--from',
      '198.51.100.7',
      '--transport',
      'udp',
      '--json',
    )
    assert.equal(exit, 1)
    assert.deepEqual(Object.keys(JSON.parse(out)), ['verdict', 'rule', 'reason', 'status'])
    assert.equal(err, '')
    const message = Buffer.from('OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n').toString('base64')
    assert.deepEqual(state.asked, [['firewallTry', { message, address: '198.51.100.7', transport: 'UDP' }]])
    state.firewall.tried = { verdict: 'pass', rule: null, reason: 'no check has anything against it', status: null }
    assert.deepEqual((await run('firewall', 'test', file)).exit, 0)
    assert.equal((await run('firewall', 'test', file, '--transport', 'sctp')).exit, 2)
    assert.match((await run('firewall', 'test', join(folder, 'none'))).err, /cannot be read/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('lists are shown, and read anew by name or all', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('firewall', 'lists')).out, /drop +1200 +2026-11-23 03:04:05 +https:\/\/lists\.example/)
  await run('firewall', 'lists', '--refresh')
  await run('firewall', 'lists', '--refresh', 'drop')
  await run('firewall', 'lists', '--refresh', 'drop', '--force')
  assert.deepEqual(state.asked, [
    ['firewallListsRefresh', { name: null, force: false }],
    ['firewallListsRefresh', { name: 'drop', force: false }],
    ['firewallListsRefresh', { name: 'drop', force: true }],
  ])
})

test('explain --undo does what it names: a listed address is allowed, and nothing is done where nothing holds', async () => {
  const { run, state } = createFakeTerminal()
  state.firewall.explanation = { ...state.firewall.explanation, verdict: 'listed', decisions: [] }
  await run('firewall', 'explain', '198.51.100.7', '--undo', '--reason', 'ours')
  state.firewall.explanation = { ...state.firewall.explanation, verdict: 'spared' }
  await run('firewall', 'explain', '198.51.100.7', '--undo')
  assert.deepEqual(
    state.asked.filter(([name]) => name !== 'firewallExplain'),
    [['firewallAllow', { target: '198.51.100.7', minutes: null, reason: 'ours' }]],
  )
})

test('watch counts a second over all the time since it counted last', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const terminal = createFakeTerminal()
  const { state, clock } = terminal
  const { operations } = await terminal.ports.openOperations('x')
  const event = { position: 1, event: { id: '1', type: 'firewall.kernel', at: 0, data: { state: 'on', detail: 'x' } } }
  const stop = (lastDay: number): void => {
    state.firewall.status = { ...state.firewall.status, stopped: [{ rule: 'dropScanner', lastHour: 0, lastDay }] }
  }
  stop(100)
  let asked = 0
  operations.eventsFollow = async () => {
    asked++
    if (asked === 1) {
      setImmediate(() => {
        stop(1_100)
        clock.advance(2_000)
        t.mock.timers.tick(2_000)
      })
      return { ok: true, value: [event as never] }
    }
    if (asked === 2) return { ok: true, value: [] }
    setImmediate(() => terminal.signal('SIGINT'))
    return new Promise(() => {})
  }
  const { exit, out } = await terminal.run('firewall', 'watch')
  assert.equal(exit, 0)
  assert.deepEqual(out.match(/\d+ stopped a second/g), ['0 stopped a second', '500 stopped a second'])
})
