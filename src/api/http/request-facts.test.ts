import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { credentialsOf } from './request-facts.ts'

function request(method: string, headers: Record<string, string | string[]>): FastifyRequest {
  return { method, headers, socket: { remoteAddress: '::ffff:192.0.2.7' } } as unknown as FastifyRequest
}

test('a page that nobody touches keeps no session from being idle', () => {
  assert.equal(credentialsOf(request('GET', { 'ringfence-background': '1' })).background, true)
  assert.equal(credentialsOf(request('GET', {})).background, false)
  assert.equal(credentialsOf(request('GET', {}), true).background, true)
})

test('a change is always somebody who is there', () => {
  for (const method of ['POST', 'PATCH', 'PUT', 'DELETE']) {
    assert.equal(credentialsOf(request(method, { 'ringfence-background': '1' })).background, false)
  }
})

test('the address is the one of the connection, written in one way', () => {
  const { address } = credentialsOf(request('GET', { 'x-forwarded-for': '203.0.113.9' }))
  assert.equal(address, '192.0.2.7')
})
