/** Offer and answer (RFC 3264), and keys in them (RFC 4568), as two phones hear them through the running server. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { SipRequest, SipResponse } from '../../src/sip/message/types.ts'
import { answerCrypto, described, type Heard, heard, newKey, type Stream } from '../support/descriptions.ts'
import { hangUp } from '../support/early-calls.ts'
import type { IncomingInvite, OutgoingInvite, PhoneCall, ScriptedPhone } from '../support/scripted-phone.ts'
import { startWireWorld, type WireWorld } from '../support/wire-world.ts'
import { conformance } from './table/conformance.ts'

let world: WireWorld
let alice: ScriptedPhone
let bob: ScriptedPhone

before(async () => {
  world = await startWireWorld({ name: 'rfc3264' })
  alice = await world.phone('101')
  bob = await world.phone('102')
})
after(() => world?.stop())

interface Exchange {
  readonly invite: OutgoingInvite
  readonly ring: IncomingInvite
  /** What the callee was offered, and what the caller was answered. */
  readonly offered: Heard
  readonly answered: Heard
  readonly caller: PhoneCall
  readonly callee: PhoneCall
}

/** For each m= line of the offer its part of the answer; the default takes what is offered. */
type Answer = (offered: Heard) => readonly Stream[]

const takeAll: Answer = ({ streams }) =>
  streams.map(({ media, port, formats, protocol, crypto, attributes, direction }) => ({
    media,
    protocol,
    formats,
    port: port === 0 ? 0 : 16_100,
    crypto: answerCrypto({ crypto } as Heard['streams'][number]),
    lines: attributes.filter(each => each.startsWith('rtpmap')).map(each => `a=${each}`),
    direction: MIRROR[direction]!,
  }))

const MIRROR: Readonly<Record<string, string>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
}

async function call(streams: readonly Stream[], answer: Answer = takeAll): Promise<Exchange> {
  alice.drain()
  bob.drain()
  const invite = await alice.call('102', { body: described(streams) })
  const ring = await bob.ringing()
  const offered = heard(ring.request.body)
  const callee = await ring.answer({ body: described(answer(offered)) })
  const caller = await invite.answered()
  return { invite, ring, offered, answered: heard(caller.response!.body), caller, callee }
}

/** A re-INVITE of one phone, answered by the other. */
async function reoffer(
  from: PhoneCall,
  to: PhoneCall,
  streams: readonly Stream[],
  { version = 2, address = '127.0.0.1', answer = takeAll } = {},
): Promise<{ readonly offered: Heard; readonly answered: Heard }> {
  const request = from.send('INVITE', { body: described(streams, { version, address }) })
  const passed: SipRequest = await to.phone.expectRequest('INVITE')
  const offered = heard(passed.body)
  to.phone.respond(passed, 200, '', { body: described(answer(offered), { version }) })
  await to.phone.expectRequest('ACK')
  const response = await from.phone.expectResponse(200)
  from.acknowledge(request.cseq.number)
  return { offered, answered: heard(response.body) }
}

async function refused(streams: readonly Stream[]): Promise<SipResponse> {
  alice.drain()
  const invite = await alice.call('102', { body: described(streams) })
  return await invite.refused(488)
}

function shape({ streams }: Heard): readonly string[] {
  return streams.map(({ media, port }) => `${media} ${port === 0 ? 'refused' : 'taken'}`)
}

const VIDEO: Stream = { media: 'video', port: 16_002, formats: '96', lines: ['a=rtpmap:96 VP8/90000'] }

conformance(
  'RFC 3264 §6',
  'order and number of m= lines',
  'one in the answer for each in the offer, in its order',
  async () => {
    const { offered, answered, caller, callee } = await call([VIDEO, {}])
    assert.deepEqual(shape(offered), ['video taken', 'audio taken'])
    assert.deepEqual(shape(answered), ['video taken', 'audio taken'])
    await hangUp(caller, callee)
  },
)

conformance('RFC 3264 §6', 'a stream that the callee refuses', 'port 0, and its m= line stays', async () => {
  const { answered, caller, callee } = await call([{}, VIDEO], offered =>
    takeAll(offered).map(stream => (stream.media === 'video' ? { ...stream, port: 0 } : stream)),
  )
  assert.deepEqual(shape(answered), ['audio taken', 'video refused'])
  await hangUp(caller, callee)
})

conformance('RFC 3264 §6', 'a stream of a kind that is not carried', 'port 0, and its m= line stays', async () => {
  const fax: Stream = { media: 'image', port: 16_004, protocol: 'udptl', formats: 't38', crypto: [] }
  const { offered, answered, caller, callee } = await call([fax, {}])
  assert.deepEqual(shape(offered), ['image refused', 'audio taken'])
  assert.deepEqual(shape(answered), ['image refused', 'audio taken'])
  await hangUp(caller, callee)
})

conformance('RFC 3264 §5.1', 'a stream offered with port 0', 'is answered with port 0', async () => {
  const { offered, answered, caller, callee } = await call([{}, { ...VIDEO, port: 0 }])
  assert.deepEqual(shape(offered), ['audio taken', 'video refused'])
  assert.deepEqual(shape(answered), ['audio taken', 'video refused'])
  await hangUp(caller, callee)
})

conformance('RFC 3264 §5.1', 'payload types of the offer', 'mean the same codecs on both sides', async () => {
  const lines = ['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 useinbandfec=1', 'a=rtpmap:97 telephone-event/8000']
  const { offered, answered, caller, callee } = await call([{ formats: '111 0 97', lines }], heardOffer =>
    takeAll(heardOffer).map(stream => ({ ...stream, formats: '0 97', lines: ['a=rtpmap:97 telephone-event/8000'] })),
  )
  assert.equal(offered.streams[0]!.formats, '111 0 97')
  for (const line of lines) assert.ok(offered.streams[0]!.attributes.includes(line.slice(2)), line)
  assert.equal(answered.streams[0]!.formats, '0 97')
  assert.ok(answered.streams[0]!.attributes.includes('rtpmap:97 telephone-event/8000'))
  await hangUp(caller, callee)
  return 'numbers, rtpmap and fmtp cross unchanged'
})

for (const [offer, answer] of Object.entries(MIRROR)) {
  conformance('RFC 3264 §6.1', `an offer with a=${offer}`, `is passed as such, and answered ${answer}`, async () => {
    const { offered, answered, caller, callee } = await call([{ direction: offer }])
    assert.equal(offered.streams[0]!.direction, offer)
    assert.equal(answered.streams[0]!.direction, answer)
    await hangUp(caller, callee)
  })
}

conformance(
  'RFC 3264 §6.1',
  'a callee that answers sendonly with sendrecv',
  'the answer to sendonly is recvonly or inactive',
  async () => {
    const { answered, caller, callee } = await call([{ direction: 'sendonly' }], offered =>
      takeAll(offered).map(stream => ({ ...stream, direction: 'sendrecv' })),
    )
    assert.equal(answered.streams[0]!.direction, 'recvonly')
    await hangUp(caller, callee)
    return 'put right: the caller hears recvonly'
  },
)

for (const [what, answer] of [
  ['too few m= lines', () => []],
  ['no format of the offer', offered => takeAll(offered).map(stream => ({ ...stream, formats: '18' }))],
] as const satisfies readonly (readonly [string, Answer])[]) {
  conformance('RFC 3264 §6', `a callee whose answer has ${what}`, 'is no answer to the offer', async () => {
    alice.drain()
    bob.drain()
    const invite = await alice.call('102', { body: described([{}]) })
    const ring = await bob.ringing()
    ring.respond(200, { body: described(answer(heard(ring.request.body))) })
    await bob.expectRequest('ACK')
    bob.respond(await bob.expectRequest('BYE'), 200, '')
    await invite.refused(488)
    return 'ACK and BYE to the callee, 488 to the caller'
  })
}

conformance(
  'RFC 3264 §8',
  'a new offer with other words',
  'o= keeps its session, the version counts up by one',
  async () => {
    const { offered, answered, caller, callee } = await call([{}])
    const held = await reoffer(caller, callee, [{ direction: 'sendonly' }])
    assert.equal(held.offered.sessionId, offered.sessionId)
    assert.equal(held.offered.version, offered.version + 1)
    assert.equal(held.answered.sessionId, answered.sessionId)
    assert.equal(held.answered.version, answered.version + 1)
    await hangUp(caller, callee)
  },
)

conformance('RFC 3264 §8', 'a new offer with the same words', 'the version stays', async () => {
  const { caller, callee } = await call([{}])
  // The first offer after the answer has the suite in use first: other words.
  const first = await reoffer(caller, callee, [{}])
  const again = await reoffer(caller, callee, [{}], { version: 3 })
  assert.equal(again.offered.version, first.offered.version)
  await hangUp(caller, callee)
})

conformance('RFC 3264 §8.1', 'a new offer with one stream more', 'it stands last', async () => {
  const { caller, callee } = await call([{}])
  const { offered, answered } = await reoffer(caller, callee, [{}, VIDEO])
  assert.deepEqual(shape(offered), ['audio taken', 'video taken'])
  assert.deepEqual(shape(answered), ['audio taken', 'video taken'])
  await hangUp(caller, callee)
})

conformance(
  'RFC 3264 §8.2',
  'a new offer that removes a stream',
  'port 0 on both sides; the m= line stays',
  async () => {
    const { caller, callee } = await call([{}, VIDEO])
    const { offered, answered } = await reoffer(caller, callee, [{}, { ...VIDEO, port: 0 }])
    assert.deepEqual(shape(offered), ['audio taken', 'video refused'])
    assert.deepEqual(shape(answered), ['audio taken', 'video refused'])
    const later = await reoffer(callee, caller, [{}, { ...VIDEO, port: 0 }], { version: 3 })
    assert.deepEqual(shape(later.offered), ['audio taken', 'video refused'])
    await hangUp(caller, callee)
  },
)

conformance(
  'RFC 3264 §8.2',
  'a removed stream is offered again in its place',
  'its m= line may be reused',
  async () => {
    const { caller, callee } = await call([{}, VIDEO])
    await reoffer(caller, callee, [{}, { ...VIDEO, port: 0 }])
    const { offered, answered } = await reoffer(caller, callee, [{}, VIDEO], { version: 3 })
    assert.deepEqual(shape(offered), ['audio taken', 'video taken'])
    assert.deepEqual(shape(answered), ['audio taken', 'video taken'])
    await hangUp(caller, callee)
  },
)

conformance('RFC 3264 §8', 'a new offer with fewer m= lines', 'MUST NOT be: refused', async () => {
  const { caller, callee } = await call([{}, VIDEO])
  await caller.exchange('INVITE', 488, { body: described([{}], { version: 2 }) })
  await bob.expectSilence()
  await hangUp(caller, callee)
  return '488; the session stays as it was'
})

for (const [what, hold, address, expected] of [
  ['sendonly', { direction: 'sendonly' }, '127.0.0.1', 'sendonly'],
  ['inactive', { direction: 'inactive' }, '127.0.0.1', 'inactive'],
  ['c=0.0.0.0, as RFC 2543 did it', {}, '0.0.0.0', 'sendonly'],
] as const) {
  conformance(
    'RFC 3264 §8.4',
    `hold by ${what}, and resumed`,
    `the other phone hears ${expected}, then sendrecv`,
    async () => {
      const { caller, callee } = await call([{}])
      const held = await reoffer(caller, callee, [hold], { address })
      assert.equal(held.offered.streams[0]!.direction, expected)
      assert.ok(held.offered.streams[0]!.port > 0)
      const resumed = await reoffer(caller, callee, [{}], { version: 3 })
      assert.equal(resumed.offered.streams[0]!.direction, 'sendrecv')
      await hangUp(caller, callee)
    },
  )
}

conformance(
  'RFC 3264 §8.4',
  'both phones hold',
  'inactive; the first to resume hears sendonly of the other',
  async () => {
    const { caller, callee } = await call([{}])
    await reoffer(caller, callee, [{ direction: 'sendonly' }])
    const both = await reoffer(callee, caller, [{ direction: 'inactive' }])
    assert.equal(both.answered.streams[0]!.direction, 'inactive')
    const answer: Answer = offered => takeAll(offered).map(stream => ({ ...stream, direction: 'sendonly' }))
    const { answered } = await reoffer(callee, caller, [{}], { version: 3, answer })
    assert.equal(answered.streams[0]!.direction, 'sendonly')
    await hangUp(caller, callee)
  },
)

conformance('RFC 3264 §5', 'an offer without any m= line', 'is allowed: "zero or more"', async () => {
  const invite = await alice.call('102', { body: described([]) })
  const response = await invite.refused(488)
  assert.ok(response.header('Warning') !== undefined)
  return 'deviation: 488 with a Warning, because a call is nothing without media'
})

conformance('RFC 3264 §6', 'no stream of an offer is acceptable', '488', async () => {
  const response = await refused([{ media: 'application', protocol: 'TCP/MSRP', formats: '*', crypto: [] }])
  assert.match(response.header('Warning')!, /^399 /)
})

conformance(
  'RFC 4568 §5.1.2',
  'the answer to several a=crypto',
  'exactly one, of the offer, under its tag; a key of its own',
  async () => {
    const keys = [newKey(), newKey(46), newKey()]
    const crypto = [
      `3 AES_CM_128_HMAC_SHA1_32 inline:${keys[0]!}`,
      `5 AES_256_CM_HMAC_SHA1_80 inline:${keys[1]!}`,
      `9 AES_CM_128_HMAC_SHA1_80 inline:${keys[2]!}`,
    ]
    const { offered, answered, caller, callee } = await call([{ crypto }])
    const [line] = answered.streams[0]!.crypto
    assert.equal(answered.streams[0]!.crypto.length, 1)
    assert.match(line!, /^5 AES_256_CM_HMAC_SHA1_80 inline:/)
    const all = [...offered.streams[0]!.crypto, line!].join(' ')
    for (const key of keys) assert.ok(!all.includes(key), 'no key crosses')
    assert.ok(
      new Set(offered.streams[0]!.crypto.map(each => each.split('inline:')[1])).size ===
        offered.streams[0]!.crypto.length,
    )
    await hangUp(caller, callee)
  },
)

for (const [what, crypto] of [
  ['no a=crypto', []],
  ['only a suite that is not known', [`1 AES_CM_128_HMAC_SHA1_32 inline:${newKey()}`]],
  ['a key of the wrong length', [`1 AES_CM_128_HMAC_SHA1_80 inline:${newKey(20)}`]],
  ['UNENCRYPTED_SRTP', [`1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()} UNENCRYPTED_SRTP`]],
  ['UNAUTHENTICATED_SRTP', [`1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()} UNAUTHENTICATED_SRTP`]],
  ['a session parameter that is not known', [`1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()} NEW=1`]],
  ['a lifetime of 0', [`1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()}|0`]],
  ['a lifetime above 2^48', [`1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()}|2^49`]],
  ['several keys without MKI', [`1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()};inline:${newKey()}`]],
] as const) {
  conformance(
    'RFC 4568 §5.1.1',
    `RTP/SAVP with ${what}`,
    'the attribute is invalid: the stream is refused',
    async () => {
      const response = await refused([{ crypto }])
      assert.match(response.header('Warning')!, /^399 /)
      return '488 with a Warning that says what to switch on'
    },
  )
}

for (const [what, crypto] of [
  ['a lifetime', `1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()}|2^20`],
  ['a lifetime and an MKI', `1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()}|2^20|1:4`],
  ['an MKI alone', `1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()}|1:4`],
  ['two keys by MKI', `1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()}|1:1;inline:${newKey()}|2:1`],
  ['WSH', `1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()} WSH=64`],
  ['an unknown parameter with "-"', `1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()} -NEW=1`],
] as const) {
  conformance('RFC 4568 §6', `a=crypto with ${what}`, 'is understood', async () => {
    const { caller, callee } = await call([{ crypto: [crypto] }])
    await hangUp(caller, callee)
  })
}

conformance(
  'RFC 4568 §7.1.4',
  'a new offer with a new key',
  'is taken; the contexts of that leg begin anew',
  async () => {
    const { answered, offered, caller, callee } = await call([{}])
    const again = await reoffer(caller, callee, [{ crypto: [`1 AES_CM_128_HMAC_SHA1_80 inline:${newKey()}`] }])
    assert.notDeepEqual(again.answered.streams[0]!.crypto, answered.streams[0]!.crypto)
    assert.deepEqual(again.offered.streams[0]!.crypto.toSorted(), offered.streams[0]!.crypto.toSorted())
    await hangUp(caller, callee)
    return 'a new key of ours to that phone, whose roll-over counter begins anew; the keys to the other phone stay'
  },
)

conformance('RFC 4568 §5.1.1', 'RTP/AVP with a=crypto', 'SRTP needs RTP/SAVP', async () => {
  const response = await refused([{ protocol: 'RTP/AVP' }])
  assert.match(response.header('Warning')!, /SRTP/)
  return '488 with a Warning: nothing is downgraded in silence'
})
