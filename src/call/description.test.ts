/** What calls read and write of descriptions and headers themselves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildRequest } from '../sip/message/build.ts'
import type { Leg } from './call.ts'
import { describeTo, mediaFacts, resumed } from './description.ts'
import { warning } from './headers.ts'
import { crossingReason } from './passing/may-cross.ts'

const ANSWER =
  'v=0\r\no=x 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/SAVP 96\r\na=crypto:9 WRONG inline:x\r\n' +
  'm=audio 4000 RTP/SAVP 9 0\r\na=crypto:2 AEAD_AES_128_GCM inline:abc\r\na=rtpmap:9 G722/8000\r\n'

test('suite and codec of the first stream that is not refused', () => {
  assert.deepEqual(mediaFacts(ANSWER), { suite: 'AEAD_AES_128_GCM', codec: 'G722/8000' })
  assert.deepEqual(mediaFacts('m=audio 4000 RTP/SAVP 8\n'), { suite: undefined, codec: 'PCMA/8000' })
  assert.deepEqual(mediaFacts('m=audio 0 RTP/SAVP 8\n'), { suite: undefined, codec: undefined })
  assert.deepEqual(mediaFacts('garbage'), { suite: undefined, codec: undefined })
  assert.deepEqual(mediaFacts(undefined), { suite: undefined, codec: undefined })
})

test('one origin over the dialog, its version up by one with other words (RFC 3264 §8)', () => {
  const leg = { origin: undefined, said: undefined } as unknown as Leg
  const first = 'v=0\r\no=ringfence 11 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 1\r\n'
  assert.equal(describeTo(leg, first), first)
  assert.equal(describeTo(leg, first), first)
  const other = 'v=0\r\no=ringfence 77 5 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 2\r\n'
  assert.equal(describeTo(leg, other), 'v=0\r\no=ringfence 11 2 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 2\r\n')
  assert.equal(describeTo(leg, first), 'v=0\r\no=ringfence 11 3 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 1\r\n')
  assert.equal(leg.said, 'v=0\r\no=ringfence 11 3 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 1\r\n')
})

test('what was silent because it was asked to be may speak to a third party; its own hold stays', () => {
  assert.equal(resumed('a=recvonly\r\na=inactive\r\na=sendonly\r\n'), 'a=sendrecv\r\na=sendrecv\r\na=sendonly\r\n')
})

function withReason(value: string) {
  return buildRequest({ method: 'BYE', uri: 'sip:a@b', headers: [['Reason', value]] })
}

test('of a Reason only protocol and number cross (RFC 3326)', () => {
  assert.equal(crossingReason(withReason('Q.850 ; cause=16 ;text="secret"')), 'Q.850;cause=16')
  assert.equal(crossingReason(withReason('SIP;cause=200;text="x"')), 'SIP;cause=200')
  assert.equal(crossingReason(withReason('X-Own;cause=1')), undefined)
  assert.equal(crossingReason(withReason('SIP;text="cause=1"')), undefined)
})

test('a Warning cannot be broken out of', () => {
  assert.deepEqual(warning('2001:db8::1', 'a "b" \\ c\r\nEvil: x é'), [
    'Warning',
    `399 [2001:db8::1] "a 'b' ' c  Evil: x  "`,
  ])
})
