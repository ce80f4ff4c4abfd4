import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backTo } from './back-to.ts'

test('back to where somebody was', () => {
  assert.equal(backTo({ from: '/calls?search=%2B49' }), '/calls?search=%2B49')
  assert.equal(backTo({ from: '/extensions/101' }), '/extensions/101')
})

test('never to another site, to a script, or around in a circle', () => {
  for (const from of [
    '//evil.example/x',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n//evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/sign-in?from=/calls',
    '/enrol',
    '/.//evil.example',
    '/x/..//evil.example',
    '',
    7,
    undefined,
    ['/calls'],
  ]) {
    assert.equal(backTo({ from }), '/', String(from))
  }
  assert.equal(backTo(undefined), '/')
})
