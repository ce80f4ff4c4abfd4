/** Cases of the contract: what is offered, answered and refused. */
import assert from 'node:assert/strict'
import { attribute, findAttribute, type MediaDescription, parseSdp, type SessionDescription } from '../sdp/index.ts'
import { SUITES } from '../srtp/index.ts'
import { accepted, connect, type EngineFactory, refused, staged, talk } from './harness.ts'

function read(text: string): SessionDescription {
  const parsed = parseSdp(text)
  assert.ok(parsed.ok, text)
  return parsed.value
}

function audio(text: string): MediaDescription {
  return read(text).media[0]!
}

function cryptoLines(text: string): string[] {
  return audio(text)
    .attributes.filter(({ name }) => name === 'crypto')
    .map(({ value }) => value!)
}

const PLAIN_OFFER =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n'

export function negotiationCases(create: EngineFactory): void {
  staged(
    'the offer to the other side has our address, keys and every suite, and none of the phone',
    create,
    async stage => {
      const phone = await stage.phone()
      const bridge = await stage.bridge()
      const extra = [
        attribute('candidate', '1 1 UDP 1 10.9.8.7 9 typ host'),
        attribute('ice-ufrag', 'abcd'),
        attribute('x-secret', 'y'),
      ]
      const offer = phone.offer({ attributes: extra })
      const { sdp } = accepted(await bridge.offer('a', offer))
      const suites = cryptoLines(sdp).map(line => line.split(' ')[1])
      assert.deepEqual(
        suites,
        SUITES.map(suite => suite.name),
      )
      for (const key of phone.keys.values()) assert.ok(!sdp.includes(key.toString('base64')))
      assert.ok(!/candidate|ice-|x-secret|private name/.test(sdp), sdp)
      const description = read(sdp)
      assert.notEqual(description.media[0]!.port, phone.port)
      assert.equal(description.media[0]!.port % 2, 0)
      assert.equal(description.sessionName, '-')
      assert.notEqual(description.origin.sessionId, '77')
      assert.equal(description.media[0]!.protocol, 'RTP/SAVP')
      assert.equal(findAttribute(description.media[0]!.attributes, 'fmtp')?.value, '101 0-16')
      assert.equal(findAttribute(description.media[0]!.attributes, 'ptime')?.value, '20')
    },
  )

  staged('the answer echoes the tag of the best suite that was offered', create, async stage => {
    const a = await stage.phone({ suites: ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'] })
    const b = await stage.phone({ suites: ['AES_256_CM_HMAC_SHA1_80'] })
    const bridge = await stage.bridge()
    const { answered } = await connect(bridge, 'a', a, b)
    assert.equal(cryptoLines(answered).length, 1)
    assert.match(cryptoLines(answered)[0]!, /^2 AEAD_AES_128_GCM inline:/)
    const report = await bridge.report()
    assert.deepEqual([report.a.suite, report.b.suite], ['AEAD_AES_128_GCM', 'AES_256_CM_HMAC_SHA1_80'])
  })

  for (const suite of SUITES) {
    staged(`a call with ${suite.name} on both legs, each with its own keys`, create, async stage => {
      const { a, b } = await stage.call({ suites: [suite.name] }, { suites: [suite.name] })
      await talk(a, b)
      assert.notDeepEqual(a.raw[0], b.raw[0])
    })
  }

  staged('plain RTP is refused with words that name the setting', create, async stage => {
    const bridge = await stage.bridge()
    for (const offer of [PLAIN_OFFER, PLAIN_OFFER.replace('RTP/AVP', 'RTP/AVPF')]) {
      const refusal = refused(await bridge.offer('a', offer))
      assert.equal(refusal.reason, 'plain-rtp')
      assert.match(refusal.explanation, /mandatory/)
      assert.match(refusal.explanation, /srtp-mand.*Compulsory.*Enabled and forced/)
    }
  })

  staged('SRTP as an option only is refused: no call is downgraded in silence', create, async stage => {
    const phone = await stage.phone()
    const bridge = await stage.bridge()
    const refusal = refused(await bridge.offer('a', phone.offer({ protocol: 'RTP/AVP' })))
    assert.equal(refusal.reason, 'plain-rtp')
    assert.match(refusal.explanation, /only as an option/)
  })

  staged('a plain answer to our secure offer is refused', create, async stage => {
    const phone = await stage.phone()
    const bridge = await stage.bridge()
    accepted(await bridge.offer('a', phone.offer()))
    assert.equal(refused(await bridge.answer('b', PLAIN_OFFER)).reason, 'plain-rtp')
  })

  staged('SRTP without a usable key, and DTLS-SRTP, are refused', create, async stage => {
    const bridge = await stage.bridge()
    const offers = [
      PLAIN_OFFER.replace('RTP/AVP', 'RTP/SAVP'),
      `${PLAIN_OFFER.replace('RTP/AVP', 'RTP/SAVP')}a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${Buffer.alloc(30).toString('base64')}\r\n`,
      `${PLAIN_OFFER.replace('RTP/AVP', 'RTP/SAVP')}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30).toString('base64')} UNENCRYPTED_SRTP\r\n`,
      `${PLAIN_OFFER.replace('RTP/AVP', 'RTP/SAVP')}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(20).toString('base64')}\r\n`,
      `${PLAIN_OFFER.replace('RTP/AVP', 'UDP/TLS/RTP/SAVPF')}a=fingerprint:sha-256 AB\r\n`,
    ]
    for (const offer of offers) assert.equal(refused(await bridge.offer('a', offer)).reason, 'no-common-suite', offer)
  })

  staged('what is no SDP, or has no media, is refused', create, async stage => {
    const bridge = await stage.bridge()
    for (const offer of [
      '',
      'hello',
      'v=0\r\n',
      'v=1\r\no=x\r\n',
      'v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nm=audio 99999 RTP/SAVP 0\r\n',
    ]) {
      assert.equal(refused(await bridge.offer('a', offer)).reason, 'malformed-sdp', offer)
    }
    const none = PLAIN_OFFER.replace('m=audio 30000 RTP/AVP 0', 'm=application 30000 UDP/BFCP *')
    assert.equal(refused(await bridge.offer('a', none)).reason, 'no-media')
  })

  staged('other media than audio and video is answered with port 0, in its place', create, async stage => {
    const a = await stage.phone()
    const b = await stage.phone()
    const bridge = await stage.bridge()
    const extraMedia = ['m=application 5000 UDP/BFCP *', 'm=image 5002 udptl t38']
    const { offered, answered } = await connect(bridge, 'a', a, b, { offer: { extraMedia } })
    for (const text of [offered, answered]) {
      assert.deepEqual(
        read(text).media.map(({ media, port }) => [media, port === 0]),
        [
          ['audio', false],
          ['application', true],
          ['image', true],
        ],
      )
    }
    await talk(a, b)
  })

  staged('a plain stream beside a secure one is answered with port 0', create, async stage => {
    const a = await stage.phone()
    const b = await stage.phone()
    const bridge = await stage.bridge()
    const { answered } = await connect(bridge, 'a', a, b, {
      offer: { extraMedia: ['m=video 5000 RTP/AVP 96', 'a=rtpmap:96 H264/90000'] },
    })
    assert.deepEqual(
      read(answered).media.map(({ port }) => port === 0),
      [false, true],
    )
  })

  staged('too many streams are refused', create, async stage => {
    const phone = await stage.phone()
    const bridge = await stage.bridge()
    const extraMedia = Array.from({ length: 9 }, () => 'm=video 0 RTP/SAVP 96')
    assert.equal(refused(await bridge.offer('a', phone.offer({ extraMedia }))).reason, 'malformed-sdp')
  })

  staged('an answer that chooses what was not offered is refused', create, async stage => {
    const a = await stage.phone()
    const b = await stage.phone()
    const bridge = await stage.bridge()
    const { sdp } = accepted(await bridge.offer('a', a.offer()))
    const answer = b.answer(sdp)
    const unoffered = answer.replace(/a=crypto:1 \w+/, 'a=crypto:1 AES_CM_128_HMAC_SHA1_32')
    assert.equal(refused(await bridge.answer('b', unoffered)).reason, 'no-common-suite')
    assert.notEqual(unoffered, answer)
    assert.equal(refused(await bridge.answer('b', answer.replace(/a=crypto:1 .*\r\n/, ''))).reason, 'no-common-suite')
    assert.equal(refused(await bridge.answer('b', `${answer}m=audio 4000 RTP/SAVP 0\r\n`)).reason, 'malformed-sdp')
    accepted(await bridge.answer('b', answer))
  })

  staged('an answer that counts its tags by itself is understood by the name of the suite', create, async stage => {
    const { a, b } = { a: await stage.phone(), b: await stage.phone({ suites: ['AES_CM_128_HMAC_SHA1_80'] }) }
    const bridge = await stage.bridge()
    const { sdp } = accepted(await bridge.offer('a', a.offer()))
    const answer = b.answer(sdp)
    const counted = answer.replace(/a=crypto:\d+ /, 'a=crypto:1 ')
    assert.notEqual(counted, answer)
    a.take(accepted(await bridge.answer('b', counted)).sdp)
    await talk(a, b)
  })

  staged('the same answer twice says the same twice', create, async stage => {
    const a = await stage.phone()
    const b = await stage.phone()
    const bridge = await stage.bridge()
    const { sdp } = accepted(await bridge.offer('a', a.offer()))
    const answer = b.answer(sdp)
    const first = accepted(await bridge.answer('b', answer))
    assert.deepEqual(await bridge.answer('b', answer), { ok: true, ...first })
  })

  staged('hold and resume: directions cross, keys and ports stay, the version grows', create, async stage => {
    const { bridge, a, b } = await stage.call()
    await talk(a, b)
    const before = accepted(await bridge.offer('a', a.offer({ direction: 'sendrecv' })))
    const hold = await connect(bridge, 'a', a, b, {
      offer: { direction: 'sendonly' },
      answer: { direction: 'recvonly' },
    })
    assert.equal(hold.held, true)
    assert.ok(hold.offered.includes('a=sendonly') && hold.answered.includes('a=recvonly'))
    assert.deepEqual(cryptoLines(hold.offered), cryptoLines(before.sdp))
    assert.equal(audio(hold.offered).port, audio(before.sdp).port)
    assert.equal(Number(read(hold.offered).origin.sessionVersion), Number(read(before.sdp).origin.sessionVersion) + 1)
    assert.equal(read(hold.offered).origin.sessionId, read(before.sdp).origin.sessionId)
    const resumed = await connect(bridge, 'a', a, b)
    assert.equal(resumed.held, false)
    await talk(a, b)
  })

  staged('hold as RFC 2543 said it, and inactive', create, async stage => {
    const { bridge, a, b } = await stage.call()
    const old = await connect(bridge, 'b', b, a, { offer: { address: '0.0.0.0' }, answer: { direction: 'recvonly' } })
    assert.equal(old.held, true)
    assert.ok(old.offered.includes('a=sendonly'))
    assert.ok(!old.offered.includes('0.0.0.0'))
    const inactive = await connect(bridge, 'b', b, a, {
      offer: { direction: 'inactive' },
      answer: { direction: 'inactive' },
    })
    assert.equal(inactive.held, true)
    await connect(bridge, 'b', b, a)
    await talk(a, b)
  })

  staged('a refused re-offer is rolled back: the call goes on as it was', create, async stage => {
    const { bridge, a, b } = await stage.call()
    accepted(await bridge.offer('a', a.offer({ direction: 'inactive', extraMedia: ['m=video 6000 RTP/AVP 96'] })))
    await bridge.rollback()
    await talk(a, b)
    assert.equal(refused(await bridge.offer('b', PLAIN_OFFER)).reason, 'plain-rtp')
    await talk(a, b)
    await connect(bridge, 'b', b, a)
    await talk(a, b)
  })

  staged('a re-offer may not leave out streams', create, async stage => {
    const a = await stage.phone()
    const b = await stage.phone()
    const bridge = await stage.bridge()
    await connect(bridge, 'a', a, b, { offer: { extraMedia: ['m=image 0 udptl t38'] } })
    assert.equal(refused(await bridge.offer('a', a.offer())).reason, 'malformed-sdp')
  })
}
