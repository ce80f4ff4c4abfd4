import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { createEventBus } from '../events/bus.ts'
import { BUILT_IN_SIGNATURES } from '../firewall/signatures/signatures.ts'
import type { Core } from './core.ts'
import { createRunningSignatures } from './firewall-signatures.ts'

test('a file of signatures is read anew when it changes; a broken one changes nothing, and is said once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signatures-'))
  const path = join(folder, 'signatures.json')
  try {
    const clock = new ManualClock()
    const bus = createEventBus(clock, error => assert.fail(String(error)))
    const told: string[] = []
    bus.subscribe(({ type, data }) => void told.push(`${type} ${'problem' in data ? data.problem : ''}`))
    const core = { clock, bus, configuration: { firewall: { signaturesFile: path } } } as unknown as Core
    const signatures = createRunningSignatures(core)
    signatures.start()
    assert.equal(signatures.count, BUILT_IN_SIGNATURES.signatures.length)
    assert.match(told[0] ?? '', /^firewall\.list-problem ENOENT/)
    const one = { id: 'x', tool: 'X', field: 'user-agent', match: 'contains', value: 'xx', source: 'here' }
    writeFileSync(path, JSON.stringify({ version: '7', signatures: [one] }))
    clock.advance(60_000)
    assert.deepEqual([signatures.version, signatures.count], ['7', 1])
    writeFileSync(path, '{"version": "8", "signatures": [')
    clock.advance(60_000)
    clock.advance(60_000)
    assert.deepEqual([signatures.version, signatures.count], ['7', 1])
    assert.deepEqual(
      told.map(each => each.split(' ')[0]),
      ['firewall.list-problem', 'firewall.list-changed', 'firewall.list-problem'],
    )
    signatures.stop()
    assert.equal(clock.pendingCount, 0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
