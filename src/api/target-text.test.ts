import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTarget, parseTarget, TARGET_EXAMPLES } from './target-text.ts'

test('a target is read and written alike', () => {
  for (const text of TARGET_EXAMPLES.split(', ')) {
    const target = parseTarget(text)
    assert.ok(target !== undefined, text)
    assert.equal(formatTarget(target), text)
  }
})

test('what is no target is none', () => {
  const wrong = [
    '',
    '101',
    'extension:',
    'extension:1 2',
    'external:030',
    'external:+0',
    'trunk:PBX',
    'reject:',
    'voicemail:1',
  ]
  for (const text of [...wrong, `external:+${'1'.repeat(16)}`, 'extension:1\n', `trunk:${'a'.repeat(33)}`]) {
    assert.equal(parseTarget(text), undefined, text)
  }
})
