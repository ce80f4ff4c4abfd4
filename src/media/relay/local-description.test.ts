/** What of a phone's session description the other side may see. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatSdp, parseSdp } from '../sdp/index.ts'
import { CROSSING_ATTRIBUTES, hiddenMedia, localMedia } from './local-description.ts'

const LOCAL = {
  port: 40_000,
  protocol: 'RTP/SAVPF',
  direction: 'sendrecv',
  rtcpMux: true,
  crypto: ['1 X inline:y'],
} as const

/** The attributes that are left of these. */
function crossed(attributes: readonly string[]): readonly string[] {
  const lines = [
    'v=0',
    'o=SECRET 1 1 IN IP4 10.9.8.7',
    's=SECRET',
    'i=SECRET',
    'c=IN IP4 10.9.8.7',
    't=0 0',
    'a=tool:SECRET',
    'm=audio 5004 RTP/SAVPF 0 96 101',
    'i=SECRET',
    'b=AS:64',
    'b=X-SECRET:1',
  ]
  const parsed = parseSdp([...lines, ...attributes.map(each => `a=${each}`), ''].join('\r\n'))
  assert.ok(parsed.ok)
  const media = localMedia(parsed.value.media[0]!, LOCAL)
  const session = {
    ...parsed.value,
    origin: { ...parsed.value.origin, username: '-', address: '192.0.2.1' },
    sessionName: '-',
    connection: undefined,
    attributes: [],
    media: [media],
  }
  const text = formatSdp(session)
  assert.equal(text.includes('SECRET') || text.includes('10.9.8.7'), false, text)
  const ours = new Set(['crypto', 'sendrecv', 'rtcp-mux'])
  return media.attributes.filter(({ name }) => !ours.has(name)).map(({ name, value }) => `${name}:${value}`)
}

test('codecs, their parameters and sizes cross', () => {
  const real = [
    'rtpmap:0 PCMU/8000',
    'rtpmap:96 opus/48000/2',
    'rtpmap:101 telephone-event/8000',
    'fmtp:101 0-15',
    'fmtp:101 0-11,16',
    'fmtp:96 useinbandfec=1; stereo=0; sprop-stereo=0',
    'fmtp:96 profile-level-id=42e01f;packetization-mode=1;sprop-parameter-sets=Z0IAH5WoFAFuQA==,aM48gA==',
    'fmtp:96 mode-set=0,2,4;octet-align=1',
    'fmtp:18 annexb=no',
    'ptime:20',
    'maxptime:150',
    'framerate:29.97',
    'framesize:96 1280-720',
    'imageattr:96 send [x=800,y=640] recv [x=330,y=250]',
    'content:slides',
    'rtcp-fb:96 nack pli',
    'rtcp-fb:* ccm fir',
  ]
  assert.deepEqual(crossed(real), real)
})

test('what tells of a network, a phone or a person stays, and so does what is none of these in their place', () => {
  const hidden = [
    'candidate:1 1 UDP 2130706431 10.9.8.7 5004 typ host',
    'ice-ufrag:SECRET',
    'rtcp:5005 IN IP4 10.9.8.7',
    'ssrc:1 cname:SECRET@10.9.8.7',
    'mid:SECRET',
    'msid:SECRET',
    'label:SECRET',
    'setup:actpass',
    'fingerprint:sha-256 AA',
    'identity:SECRET',
    'x-vendor:SECRET',
    'tool:SECRET',
    'content:SECRET',
    'ptime:SECRET',
    'fmtp:96 SECRET 10.9.8.7',
    'fmtp:96 <SECRET>',
    'fmtp:96 host=10.9.8.7',
    'fmtp:96 host=fe80::1',
    'rtpmap:96 SECRET NAME/8000',
    'imageattr:96 SECRET',
    'framesize:SECRET',
    'rtcp-fb:96 SECRET',
    `fmtp:96 x=${'a'.repeat(600)}`,
  ]
  assert.deepEqual(crossed(hidden), [])
})

test('no value makes a line of its own, whatever it is', () => {
  const name = fc.constantFrom(...CROSSING_ATTRIBUTES.keys())
  const value = fc.string({ unit: 'binary', maxLength: 80 })
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), pairs => {
      const source = {
        media: 'audio',
        port: 1,
        portCount: 1,
        protocol: 'RTP/SAVPF',
        formats: ['0'],
        connection: undefined,
        bandwidths: [],
        attributes: pairs.map(([each, text]) => ({ name: each, value: text })),
      }
      for (const { value: kept = '' } of localMedia(source, LOCAL).attributes) assert.doesNotMatch(kept, /[\r\n\0]/)
    }),
  )
})

test('a stream that is not for the other side is a line that says nothing', () => {
  const source = {
    media: 'SECRET',
    port: 5,
    portCount: 2,
    protocol: 'SECRET/1',
    formats: ['SECRET', '1'],
    connection: { addressType: 'IP4', address: '10.9.8.7' },
    bandwidths: [],
    attributes: [{ name: 'x', value: 'SECRET' }],
  } as const
  const { media, port, protocol, formats, connection, attributes } = hiddenMedia(source)
  const nothing = {
    media: 'application',
    port: 0,
    protocol: 'RTP/AVP',
    formats: ['0'],
    connection: undefined,
    attributes: [],
  }
  assert.deepEqual({ media, port, protocol, formats, connection, attributes }, nothing)
})
