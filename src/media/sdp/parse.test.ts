import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parse as oracle } from 'sdp-transform'
import { formatSdp } from './build.ts'
import type { SdpErrorCode } from './errors.ts'
import { parseSdp, SDP_LIMITS } from './parse.ts'
import type { SessionDescription } from './types.ts'

const BARE = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'

/** RFC 8866 §5, its example, with the multicast address. */
const RFC_8866 = `v=0
o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1
s=Call to John Smith
i=SDP Offer #1
u=http://www.jdoe.example.com/home.html
e=Jane Doe <jane@jdoe.example.com>
p=+1 617 555-6011
c=IN IP4 198.51.100.1
t=0 0
m=audio 49170 RTP/AVP 0
m=audio 49180 RTP/AVP 0
m=video 51372 RTP/AVP 99
c=IN IP6 2001:db8::2
a=rtpmap:99 h263-1998/90000
`

const YEALINK = `v=0
o=- 20011 20011 IN IP4 10.0.0.5
s=SDP data
c=IN IP4 10.0.0.5
t=0 0
m=audio 11780 RTP/SAVP 9 0 8 18 101
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=fmtp:101 0-15
a=rtpmap:101 telephone-event/8000
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj
a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw
a=ptime:20
a=sendrecv
`

function parsed(text: string): SessionDescription {
  const result = parseSdp(text)
  assert.ok(result.ok, result.ok ? '' : `${result.error.code} ${result.error.detail}`)
  return result.value
}

function errorOf(text: string): SdpErrorCode {
  const result = parseSdp(text)
  assert.ok(!result.ok, 'was accepted')
  return result.error.code
}

/** The same, as sdp-transform sees it. */
function agrees(text: string): void {
  const ours = parsed(text)
  const theirs = oracle(text)
  assert.equal(ours.origin.sessionId, String(theirs.origin?.sessionId))
  assert.equal(ours.origin.address, theirs.origin?.address)
  assert.equal(ours.connection?.address, theirs.connection?.ip)
  assert.equal(ours.media.length, theirs.media.length)
  for (const [i, media] of ours.media.entries()) {
    const other = theirs.media[i]!
    assert.equal(media.media, other.type)
    assert.equal(media.port, other.port)
    assert.equal(media.protocol, other.protocol)
    assert.equal(media.formats.join(' '), String(other.payloads))
    assert.equal(media.connection?.address, other.connection?.ip)
    const count = (name: string): number => media.attributes.filter(attribute => attribute.name === name).length
    assert.equal(count('rtpmap'), other.rtp.length)
    assert.equal(count('fmtp'), other.fmtp.length)
    assert.equal(count('crypto'), other.crypto?.length ?? 0)
  }
}

describe('parseSdp', () => {
  test('agrees with sdp-transform', () => {
    for (const text of [RFC_8866, YEALINK, BARE, YEALINK.replaceAll('\n', '\r\n')]) agrees(text)
  })

  test('RFC 8866 §5: the example', () => {
    const session = parsed(RFC_8866)
    assert.equal(session.sessionName, 'Call to John Smith')
    assert.deepEqual(session.media[2]?.connection, { addressType: 'IP6', address: '2001:db8::2' })
    assert.equal(session.media[0]?.connection, undefined)
  })

  test('what is written is read again, and written the same', () => {
    for (const text of [RFC_8866, YEALINK, BARE]) {
      const written = formatSdp(parsed(text))
      assert.deepEqual(parsed(written), parsed(text))
      assert.equal(formatSdp(parsed(written)), written)
    }
  })

  test('line ends may be bare, the last may be missing, unknown letters are ignored', () => {
    assert.deepEqual(parsed(`${BARE}y=1\r\nm=audio 4000 RTP/SAVP 0`).media[0]?.formats, ['0'])
    assert.deepEqual(parsed(BARE.replaceAll('\r\n', '\n')), parsed(BARE))
  })

  for (const [name, text, code] of [
    ['nothing', '', 'SDP_BAD_ORDER'],
    ['no v=', BARE.slice(5), 'SDP_BAD_ORDER'],
    ['no o=', 'v=0\r\ns=-\r\nt=0 0\r\n', 'SDP_BAD_ORDER'],
    ['another version', BARE.replace('v=0', 'v=1'), 'SDP_BAD_VALUE'],
    ['v= late', `o=- 1 1 IN IP4 h\r\nv=0\r\n`, 'SDP_BAD_ORDER'],
    ['an empty line', BARE.replace('s=-', ''), 'SDP_BAD_LINE'],
    ['a NUL', BARE.replace('s=-', 's=\0'), 'SDP_BAD_LINE'],
    ['a bare CR', BARE.replace('s=-', 's=a\rb'), 'SDP_BAD_LINE'],
    ['a space before =', BARE.replace('s=-', 's =-'), 'SDP_BAD_LINE'],
    ['an o= with words for numbers', BARE.replace('1 1', 'one 1'), 'SDP_BAD_VALUE'],
    ['a c= of another network', BARE.replace('c=IN', 'c=ATM'), 'SDP_BAD_VALUE'],
    ['a port above 65535', `${BARE}m=audio 65536 RTP/SAVP 0\r\n`, 'SDP_BAD_VALUE'],
    ['a negative port', `${BARE}m=audio -1 RTP/SAVP 0\r\n`, 'SDP_BAD_VALUE'],
    ['no formats', `${BARE}m=audio 4000 RTP/SAVP\r\n`, 'SDP_BAD_VALUE'],
    ['no c= for a stream', `${BARE.replace(/c=.*\r\n/, '')}m=audio 4000 RTP/SAVP 0\r\n`, 'SDP_BAD_ORDER'],
    ['a t= that is no time', BARE.replace('t=0 0', 't=now'), 'SDP_BAD_VALUE'],
    ['a b= without a number', `${BARE}b=AS:fast\r\n`, 'SDP_BAD_VALUE'],
    ['an attribute without a name', `${BARE}a=:x\r\n`, 'SDP_BAD_VALUE'],
    ['too long', BARE + 'a=x\r\n'.repeat(SDP_LIMITS.length), 'SDP_TOO_LONG'],
    ['too many lines', BARE + 'y=\r\n'.repeat(600), 'SDP_TOO_MANY'],
    ['too many attributes', BARE + 'a=x\r\n'.repeat(161), 'SDP_TOO_MANY'],
    ['too many streams', BARE + 'm=audio 0 RTP/SAVP 0\r\n'.repeat(17), 'SDP_TOO_MANY'],
    ['too many formats', `${BARE}m=audio 4000 RTP/SAVP${' 0'.repeat(65)}\r\n`, 'SDP_TOO_MANY'],
  ] as const) {
    test(`refused: ${name}`, () => assert.equal(errorOf(text), code))
  }

  test('a key never shows in an error', () => {
    const key = 'NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj'
    for (const text of [
      `${BARE}a=crypto :1 X inline:${key}`,
      `${BARE}inline:${key}\r\n`,
      `${BARE}a=crypto 1 AES inline:${key}\r\n`,
    ]) {
      const result = parseSdp(text)
      if (!result.ok) assert.ok(!result.error.detail.includes(key), result.error.detail)
    }
  })

  test('property: whatever is accepted is written and read again to the same', () => {
    const line = fc.oneof(
      fc.constantFrom(...YEALINK.split('\n'), ...RFC_8866.split('\n')),
      fc
        .tuple(fc.constantFrom('a=', 'm=', 'c=', 'b=', 't=', 'x='), fc.string({ maxLength: 30 }))
        .map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), lines => {
        const result = parseSdp(`v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 h\nt=0 0\n${lines.join('\n')}`)
        if (!result.ok) return
        const written = formatSdp(result.value)
        assert.deepEqual(parsed(written), result.value)
      }),
    )
  })
})
