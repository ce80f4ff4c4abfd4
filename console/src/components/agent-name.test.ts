import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentName } from './agent-name.ts'

const KHTML = 'AppleWebKit/537.36 (KHTML, like Gecko)'

test('browsers are named as people name them', () => {
  const cases: readonly (readonly [agent: string, name: string])[] = [
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KHTML} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
      'Edge on Windows',
    ],
    [`Mozilla/5.0 (X11; Linux x86_64) ${KHTML} HeadlessChrome/156.0.0.0 Safari/537.36`, 'Chrome on Linux'],
    [`Mozilla/5.0 (Linux; Android 16; K) ${KHTML} Chrome/140.0.0.0 Mobile Safari/537.36`, 'Chrome on Android'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
      'Safari on Mac',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0', 'Firefox on Linux'],
    ['', 'Unknown browser'],
    ['curl/8.9', 'curl/8.9'],
  ]
  for (const [agent, name] of cases) assert.equal(agentName(agent), name)
})

test('a long one of a stranger is cut', () => {
  assert.equal(agentName('x'.repeat(5_000)).length, 61)
})
