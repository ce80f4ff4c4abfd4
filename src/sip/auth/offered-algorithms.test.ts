import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptedAlgorithms, offeredAlgorithms } from './offered-algorithms.ts'

const overTls = { secure: true, insecureListener: false, userAgent: undefined }

test('over TLS: SHA-256 first, MD5 second', () => {
  assert.deepEqual(offeredAlgorithms(overTls), ['SHA-256', 'MD5'])
  assert.deepEqual(acceptedAlgorithms(overTls), ['SHA-256', 'MD5'])
})

test('in clear: never MD5, unless the listener is an exception, and then MD5 alone', () => {
  const inClear = { secure: false, insecureListener: false, userAgent: 'baresip v1.0.0 (x86_64/linux)' }
  assert.deepEqual(offeredAlgorithms(inClear), ['SHA-256'])
  assert.deepEqual(acceptedAlgorithms(inClear), ['SHA-256'])
  assert.deepEqual(offeredAlgorithms({ ...inClear, insecureListener: true }), ['MD5'])
})

test('a phone that gives up at SHA-256 is offered MD5 alone, over TLS', () => {
  for (const [userAgent, offered] of [
    ['baresip v1.0.0 (x86_64/linux)', ['MD5']],
    ['baresip v3.11.0 (arm64/darwin)', ['MD5']],
    ['baresip v3.12.0 (x86_64/Linux)', ['SHA-256', 'MD5']],
    ['baresip v4.1.0', ['SHA-256', 'MD5']],
    ['Linphonec/5.1.65', ['SHA-256', 'MD5']],
    ['xbaresip v1.0.0', ['SHA-256', 'MD5']],
    ['', ['SHA-256', 'MD5']],
  ] as const) {
    assert.deepEqual(offeredAlgorithms({ ...overTls, userAgent }), offered, userAgent)
  }
})
