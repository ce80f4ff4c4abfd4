/** `ringfence export …`: what is asked for, and what is shown. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { FAKE_EXPORT } from '../../api/fake-exports.ts'
import { createFakeTerminal } from '../fake-ports.ts'

const folder = mkdtempSync(join(tmpdir(), 'ringfence-export-commands-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('add: secrets and certificates come from files', async () => {
  const secret = join(folder, 'token')
  writeFileSync(secret, 'a-secret\n')
  const words = [
    'export',
    'add',
    'siem',
    '--kind',
    'splunk',
    '--to',
    'https://splunk.example.com:8088',
    '--secret-file',
    secret,
  ]
  const { run, state } = createFakeTerminal()
  const { exit, out, err } = await run(...words, '--mask', 'names,numbers', '--filter', 'severity>=notice')
  assert.equal(exit, 0, err)
  assert.deepEqual(state.asked, [
    [
      'exportAdd',
      {
        name: 'siem',
        kind: 'splunk',
        to: 'https://splunk.example.com:8088',
        masks: ['names', 'numbers'],
        filter: 'severity>=notice',
        token: 'a-secret',
      },
    ],
  ])
  assert.doesNotMatch(`${out}${err}`, /a-secret/)
})

test('status: what waits and what went wrong; a failing one ends with 1', async () => {
  const { run, state } = createFakeTerminal()
  const fine = await run('export', 'status', 'siem')
  assert.equal(fine.exit, 0)
  assert.match(fine.out, /severity>=notice/)
  state.exports.exports = [{ ...FAKE_EXPORT, state: 'failing', lastError: 'certificate \u001b[31mhas expired' }]
  const failing = await run('export', 'status', 'siem')
  assert.equal(failing.exit, 1)
  assert.match(failing.out, /has expired/)
  assert.ok(!failing.out.includes('\u001b['))
  assert.equal((await run('export', 'status', 'other')).exit, 1)
})

test('list, test and remove; what is not known is said', async () => {
  const { run, state } = createFakeTerminal()
  assert.match((await run('export', 'list')).out, /siem .*syslog logs.example.com:6514/)
  assert.equal((await run('export', 'test', 'siem')).exit, 0)
  state.exports.test = { ok: false, detail: 'self-signed certificate' }
  const refused = await run('export', 'test', 'siem')
  assert.deepEqual([refused.exit, /self-signed certificate/.test(refused.out)], [1, true])
  assert.equal((await run('export', 'remove', 'siem')).exit, 0)
  assert.equal((await run('export', 'remove', 'other')).exit, 1)
  assert.equal((await run('export', 'add', 'x', '--kind', 'carrier-pigeon', '--to', 'x')).exit, 2)
  assert.equal((await run('export', 'add', 'x', '--kind', 'file', '--to', '/tmp/x', '--mask', 'everything')).exit, 2)
  assert.equal((await createFakeTerminal({ live: false }).run('export', 'test', 'siem')).exit, 3)
})
