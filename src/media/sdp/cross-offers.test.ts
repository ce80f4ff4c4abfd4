/** Two offers that meet: what each side hears as its answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossOffers } from './cross-offers.ts'

function offer(name: string, media: string): string {
  return `v=0\r\no=${name} 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n${media}`
}

const AUDIO =
  'm=audio 4000 RTP/SAVP 0 101 9\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n' +
  'a=crypto:1 AEAD_AES_256_GCM inline:AAAA\r\na=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:BBBB\r\na=rtcp-mux\r\na=sendrecv\r\n'
const OTHER =
  'm=audio 5000 RTP/SAVP 8 9 101 0\r\na=rtpmap:101 telephone-event/8000\r\n' +
  'a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:CCCC\r\na=sendrecv\r\n'

test('each answer has the formats and the suite of both, its own port and key, and the tag of the offer', () => {
  const crossed = crossOffers(offer('a', AUDIO), offer('b', OTHER))!
  assert.match(crossed.one, /^m=audio 4000 RTP\/SAVP 9 101 0\r$/m)
  assert.match(crossed.one, /^a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:BBBB\r$/m)
  assert.match(crossed.other, /^m=audio 5000 RTP\/SAVP 0 101 9\r$/m)
  assert.match(crossed.other, /^a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:CCCC\r$/m)
  assert.equal(crossed.one.match(/a=crypto/g)?.length, 1)
  assert.doesNotMatch(crossed.one, /rtcp-mux/, 'only where both offer it (RFC 5761 §5.1.1)')
})

test('streams are paired by their place; what has no pair is refused with port 0', () => {
  const video = 'm=video 6000 RTP/SAVP 96\r\na=rtpmap:96 VP8/90000\r\na=crypto:1 AEAD_AES_256_GCM inline:DDDD\r\n'
  const crossed = crossOffers(offer('a', AUDIO), offer('b', OTHER + video))!
  assert.deepEqual(crossed.one.match(/^m=\w+ \d+/gm), ['m=audio 4000', 'm=video 0'])
  assert.deepEqual(crossed.other.match(/^m=\w+ \d+/gm), ['m=audio 5000'])
})

test('who is held answers recvonly (RFC 3264 §6.1)', () => {
  const crossed = crossOffers(offer('a', AUDIO), offer('b', OTHER.replace('sendrecv', 'sendonly')))!
  assert.match(crossed.one, /^a=recvonly\r$/m)
  assert.match(crossed.other, /^a=sendonly\r$/m)
})

test('nothing in common: no codec, no suite, another number for the codec, no session description', () => {
  const dynamic = (number: number): string =>
    `m=audio 4000 RTP/SAVP ${number}\r\na=rtpmap:${number} opus/48000/2\r\na=crypto:1 AEAD_AES_256_GCM inline:AAAA\r\n`
  for (const [one, other] of [
    [offer('a', AUDIO), offer('b', OTHER.replace('AES_CM_128_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80'))],
    [offer('a', dynamic(96)), offer('b', dynamic(97))],
    [offer('a', AUDIO), offer('b', 'm=audio 0 RTP/SAVP 0\r\n')],
    [offer('a', AUDIO), 'nonsense'],
  ] as const) {
    assert.equal(crossOffers(one, other), undefined)
  }
})
