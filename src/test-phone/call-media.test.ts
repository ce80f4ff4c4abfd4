import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Direction } from '../media/sdp/index.ts'
import { SUITES, suiteNamed } from '../media/srtp/index.ts'
import type { AgreedAudio } from './audio-session.ts'
import { type CallMedia, createCallMedia } from './call-media.ts'
import { CODECS, PCMA } from './g711.ts'

interface Side {
  readonly media: CallMedia
  readonly agreements: AgreedAudio[]
}

function side(port: number, suites = SUITES, codecs = CODECS): Side {
  const agreements: AgreedAudio[] = []
  const session = { address: '127.0.0.1', port, agree: (agreed: AgreedAudio) => void agreements.push(agreed) }
  return { media: createCallMedia({ session, suites, codecs }), agreements }
}

function exchange(from: Side, to: Side, offered: Direction, wished: Direction = 'sendrecv'): void {
  const answer = to.media.answer(from.media.offer(offered), wished)
  assert.ok(answer.ok, JSON.stringify(answer))
  assert.equal(from.media.takeAnswer(answer.value), undefined)
}

test('both sides end with each other address, one suite and crossed keys', () => {
  const a = side(4000)
  const b = side(5000, [suiteNamed('AES_CM_128_HMAC_SHA1_80')!], [PCMA])
  exchange(a, b, 'sendrecv')
  const [atA] = a.agreements
  const [atB] = b.agreements
  assert.deepEqual(atA!.remote, { address: '127.0.0.1', port: 5000 })
  assert.deepEqual(atB!.remote, { address: '127.0.0.1', port: 4000 })
  assert.equal(atA!.codec, PCMA)
  assert.equal(atA!.send!.suite.name, 'AES_CM_128_HMAC_SHA1_80')
  assert.deepEqual(atA!.send, { ...atB!.receive, tag: 4 })
  assert.deepEqual(atB!.send!.keyAndSalt, atA!.receive!.keyAndSalt)
})

test('hold and resume change the direction and keep the keys', () => {
  const a = side(4000)
  const b = side(5000)
  exchange(a, b, 'sendrecv')
  exchange(a, b, 'sendonly')
  assert.equal(b.media.direction, 'recvonly')
  assert.equal(b.agreements[1]!.sending, false)
  assert.equal(a.agreements[1]!.sending, true)
  exchange(b, a, 'inactive')
  assert.equal(a.media.direction, 'inactive')
  exchange(a, b, 'sendrecv')
  assert.equal(b.media.direction, 'sendrecv')
  for (const { send, receive } of b.agreements) {
    assert.deepEqual(send!.keyAndSalt, b.agreements[0]!.send!.keyAndSalt)
    assert.deepEqual(receive!.keyAndSalt, b.agreements[0]!.receive!.keyAndSalt)
  }
})

test('a plain offer is refused by a secure phone, and taken by a plain one', () => {
  const plain = side(4000, [])
  assert.deepEqual(side(5000).media.answer(plain.media.offer('sendrecv'), 'sendrecv'), {
    ok: false,
    error: 'the offer is plain RTP',
  })
  exchange(plain, side(5000, []), 'sendrecv')
  assert.equal(plain.agreements[0]!.send, undefined)
})

test('an answer that does not fit its offer is refused', () => {
  const a = side(4000)
  assert.equal(a.media.takeAnswer('v=0'), 'an answer without an offer')
  const offer = a.media.offer('sendrecv')
  assert.equal(a.media.takeAnswer('nonsense'), 'the answer has no audio')
  const other = side(5000).media.answer(offer, 'sendrecv')
  assert.ok(other.ok)
  a.media.offer('sendrecv')
  assert.equal(a.media.takeAnswer(other.value.replace('crypto:1', 'crypto:9')), 'the answer chose no key of the offer')
  a.media.offer('sendrecv')
  assert.equal(a.media.takeAnswer(other.value.replace('RTP/SAVP', 'RTP/AVP')), 'the answer chose no key of the offer')
  assert.equal(a.agreements.length, 0)
})
