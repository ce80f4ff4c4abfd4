/** Session descriptions and their crypto attributes (RFC 8866, RFC 4568). */
import assert from 'node:assert/strict'
import {
  answerProblem,
  codecsOf,
  connectionOf,
  directionOf,
  formatSdp,
  judgeMedia,
  offersRtcpMux,
  parseCrypto,
  parseSdp,
  reofferProblem,
  rtcpTargetOf,
} from '../../../src/media/sdp/index.ts'
import { SUITES } from '../../../src/media/srtp/suites.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'
import { SDP_SEED } from './message-seeds.ts'

const KEY = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz'

export const target: FuzzTarget = {
  name: 'sdp',
  covers: ['src/media/sdp/'],
  shape: 'text',
  seeds: texts(
    SDP_SEED,
    SDP_SEED.replaceAll('\r\n', '\n'),
    `v=0\r\no=jdoe 2890844526 2890842807 IN IP6 2001:db8::1\r\ns=SDP Seminar\r\ni=A Seminar\r\nu=http://example.com/s.pdf\r\ne=j@example.com\r\np=+1 617 555\r\nc=IN IP4 224.2.17.12/127\r\nb=AS:128\r\nt=2873397496 2873404696\r\nr=7d 1h 0 25h\r\nz=2882844526 -1h\r\na=recvonly\r\nm=audio 49170/2 RTP/AVP 0\r\nm=video 51372 RTP/SAVPF 99\r\nb=TIAS:64000\r\na=rtpmap:99 h263-1998/90000\r\na=crypto:1 AEAD_AES_256_GCM inline:${KEY}|2^20|1:4;inline:${KEY}|2^20|2:4 KDR=1 UNENCRYPTED_SRTP\r\na=rtcp:53020 IN IP4 126.16.64.4\r\na=rtcp-mux\r\na=ice-ufrag:8hhY\r\na=fingerprint:sha-256 AB:CD\r\n`,
    'v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=\r\nt=0 0\r\nm=audio 0 RTP/SAVP 0\r\na=inactive\r\n',
    `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|2^31|1:4 FEC_ORDER=FEC_SRTP WSH=64`,
  ),
  maximumLength: 17_000,
  check,
}

const OFFER = parseSdp(SDP_SEED)

function check(input: Buffer): void {
  const text = input.toString('latin1')
  const crypto = parseCrypto(text)
  if (crypto !== undefined) assert.ok(crypto.keys.length >= 1 && crypto.keys.length <= 4)
  const result = parseSdp(text)
  if (!result.ok) {
    assert.match(result.error.code, /^SDP_/)
    assert.ok(result.error.detail.length < 400)
    return
  }
  const session = result.value
  const written = formatSdp(session)
  const again = parseSdp(written)
  // Line ends may have become longer by one: only the bound may be passed by that.
  assert.ok(again.ok || again.error.code === 'SDP_TOO_LONG')
  if (!again.ok) return
  assert.deepEqual(again.value, session)
  assert.equal(formatSdp(again.value), written)
  if (OFFER.ok) {
    void [answerProblem(OFFER.value, session), answerProblem(session, OFFER.value)]
    assert.equal(reofferProblem(session, session), undefined, 'a description that does not follow itself')
  }
  for (const media of session.media) {
    void [codecsOf(media), connectionOf(session, media), directionOf(session, media), offersRtcpMux(media)]
    const { port } = rtcpTargetOf(media)
    assert.ok(Number.isInteger(port) && port >= 0 && port <= 65_536)
    // Nothing but SRTP is ever judged secure, however it is spelled.
    if (judgeMedia(media, SUITES).verdict === 'secure') assert.match(media.protocol, /^RTP\/SAVPF?$/i)
  }
}
