import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visible } from './visible.ts'

test('what cannot be seen is shown by its code point, and what can stays as it is', () => {
  assert.equal(visible('abc\u202ecba'), 'abc⟨U+202E⟩cba')
  assert.equal(visible('a\u0000b\u001b[2J'), 'a⟨U+0000⟩b⟨U+001B⟩[2J')
  assert.equal(visible('\u2066x\u2069\u200b'), '⟨U+2066⟩x⟨U+2069⟩⟨U+200B⟩')
  assert.equal(visible('line\n\tÄrger, שלום, 電話'), 'line\n\tÄrger, שלום, 電話')
})
