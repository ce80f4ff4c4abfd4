import assert from 'node:assert/strict'
import { test } from 'node:test'
import { system } from '../../test/support/fraud-system.ts'
import { undoDecision } from './fraud-undo.ts'

test('an undone suspension restores the extension of its own organisation', async () => {
  const parts = await system()
  const { decide, directory } = parts
  const actor = { kind: 'operator', name: 'test' } as const
  const added = await directory.addOrganisation({ name: 'Second', domain: 'two.example.org' }, actor)
  assert.ok(added.ok)
  const organisationId = added.value.id
  const extension = await directory.addExtension({ organisationId, number: '101', name: 'theirs' }, actor)
  assert.ok(extension.ok)
  const { id, rule, reason } = decide({ organisationId, subject: extension.value.id })
  const text = `${rule}: ${reason} (decision ${id})`
  const primary = directory.primary.id
  for (const each of [primary, organisationId]) {
    await directory.suspend({ organisationId: each, number: '101', reason: text }, actor)
  }
  const bus = { publish: () => undefined as never }
  await undoDecision({ ...parts, bus }, id, actor, 'it was us')
  assert.equal(directory.extensionByNumber(organisationId, '101')?.state, 'active')
  assert.equal(directory.extensionByNumber(primary, '101')?.state, 'suspended')
})
