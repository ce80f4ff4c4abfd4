import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answerDirection, codecsOf, directionOf, offersRtcpMux, rtcpTargetOf } from './attributes.ts'
import { answerProblem } from './offer-answer.ts'
import { parseSdp } from './parse.ts'
import type { Direction, SessionDescription } from './types.ts'

function session(lines: string, address = '192.0.2.1', head = ''): SessionDescription {
  const result = parseSdp(`v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 ${address}\nt=0 0\n${head}${lines}`)
  assert.ok(result.ok)
  return result.value
}

const AUDIO = 'm=audio 4000 RTP/SAVP 0 8 96 101 77\na=rtpmap:96 opus/48000/2\na=rtpmap:101 telephone-event/8000\n'

describe('attributes of a stream', () => {
  test('codecs by rtpmap and by static number; a format without a meaning is left out', () => {
    assert.deepEqual(
      codecsOf(session(AUDIO).media[0]!).map(({ payloadType, name, clockRate, channels }) => [
        payloadType,
        name,
        clockRate,
        channels,
      ]),
      [
        [0, 'PCMU', 8000, 1],
        [8, 'PCMA', 8000, 1],
        [96, 'opus', 48000, 2],
        [101, 'telephone-event', 8000, 1],
      ],
    )
  })

  test('direction: of the stream, of the session, by default', () => {
    const of = (description: SessionDescription): Direction => directionOf(description, description.media[0]!)
    assert.equal(of(session(AUDIO)), 'sendrecv')
    assert.equal(of(session(AUDIO, undefined, 'a=recvonly\n')), 'recvonly')
    assert.equal(of(session(`${AUDIO}a=sendonly\n`, undefined, 'a=recvonly\n')), 'sendonly')
    assert.equal(of(session(AUDIO, '0.0.0.0')), 'sendonly')
    assert.equal(of(session(`${AUDIO}a=recvonly\n`, '0.0.0.0')), 'inactive')
  })

  test('RFC 3264 §6.1: what may be answered to each direction', () => {
    assert.equal(answerDirection('sendrecv', 'sendonly'), 'sendonly')
    assert.equal(answerDirection('sendonly', 'sendrecv'), 'recvonly')
    assert.equal(answerDirection('recvonly', 'sendrecv'), 'sendonly')
    assert.equal(answerDirection('inactive', 'sendrecv'), 'inactive')
    assert.equal(answerDirection('sendonly', 'sendonly'), 'inactive')
  })

  test('RTCP: the next port, or what a=rtcp says', () => {
    assert.deepEqual(rtcpTargetOf(session(AUDIO).media[0]!), { port: 4001, address: undefined })
    assert.deepEqual(rtcpTargetOf(session(`${AUDIO}a=rtcp:5000 IN IP4 192.0.2.9\n`).media[0]!), {
      port: 5000,
      address: '192.0.2.9',
    })
    assert.equal(rtcpTargetOf(session(`${AUDIO}a=rtcp:99999\n`).media[0]!).port, 0)
    assert.ok(offersRtcpMux(session(`${AUDIO}a=rtcp-mux\n`).media[0]!))
  })
})

describe('answers (RFC 3264 §6)', () => {
  const offer = session(`${AUDIO}m=video 0 RTP/SAVP 97\n`)

  test('one that fits', () => {
    assert.equal(answerProblem(offer, session('m=audio 5000 RTP/SAVP 8\nm=video 0 RTP/SAVP 97\n')), undefined)
    assert.equal(answerProblem(offer, session('m=audio 0 RTP/SAVP 99\nm=video 0 RTP/SAVP 97\n')), undefined)
  })

  for (const [name, lines, expected] of [
    ['fewer streams', 'm=audio 5000 RTP/SAVP 8\n', /1 m= lines/],
    ['other media', 'm=audio 5000 RTP/SAVP 8\nm=audio 0 RTP/SAVP 97\n', /answered as audio/],
    ['a removed stream taken up', 'm=audio 5000 RTP/SAVP 8\nm=video 5002 RTP/SAVP 97\n', /port 0/],
    ['no common format', 'm=audio 5000 RTP/SAVP 3\nm=video 0 RTP/SAVP 97\n', /no format/],
  ] as const) {
    test(name, () => assert.match(answerProblem(offer, session(lines)) ?? '', expected))
  }
})
