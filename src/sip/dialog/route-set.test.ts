import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNameAddress } from '../message/name-address.ts'
import { parseUri } from '../message/uri.ts'
import { routeRequest } from './route-set.ts'

const target = parseUri('sip:bob@192.0.2.4;method=INVITE;ob?Route=%3Csip:203.0.113.9%3E&Subject=x')!

test('what a Request-URI may not have is taken off the remote target (§19.1.1 table 1)', () => {
  assert.deepEqual(routeRequest(target, []), { requestUri: 'sip:bob@192.0.2.4;ob', routes: [] })
  const loose = parseNameAddress('<sip:proxy.example.com;lr>')!
  assert.deepEqual(routeRequest(target, [loose]), {
    requestUri: 'sip:bob@192.0.2.4;ob',
    routes: ['<sip:proxy.example.com;lr>'],
  })
})
