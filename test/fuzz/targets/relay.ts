/** A bridge of two legs that talk, and datagrams of a stranger among it: nothing of them passes, nothing is learned, the talk goes on. */
import assert from 'node:assert/strict'
import { ManualClock } from '../../../src/base/clock.ts'
import { MediaLeg } from '../../../src/media/relay/media-leg.ts'
import type { LegConfiguration } from '../../../src/media/relay/protocol.ts'
import type { SocketPair } from '../../../src/media/relay/socket-pair.ts'
import { buildRtp, buildSenderReport } from '../../../src/media/rtp/index.ts'
import { createSrtpSender, type Suite, suiteNamed } from '../../../src/media/srtp/index.ts'
import type { FuzzTarget } from '../engine/target.ts'

const STRANGER = { address: '198.51.100.66', port: 6666 }
const PHONE = { address: '192.0.2.9', port: 4000 }
const suite: Suite = suiteNamed('AES_CM_128_HMAC_SHA1_80')!
const output = Buffer.alloc(2_048)
let forwarded = 0

function pair(port: number): SocketPair {
  return {
    name: { address: '127.0.0.1', port },
    sink: undefined,
    send: () => void forwarded++,
    outgoing: length => Buffer.alloc(length),
    mark: () => false,
    close() {},
  }
}

function configuration(port: number, key: number): LegConfiguration {
  return {
    pair: { address: '127.0.0.1', port },
    rtcpMux: true,
    suite: suite.name,
    remoteKeys: [
      { keyAndSalt: Buffer.alloc(suite.keyAndSaltLength, key).toString('base64'), mki: undefined, lifetime: undefined },
    ],
    localKey: Buffer.alloc(suite.keyAndSaltLength, key + 1).toString('base64'),
    target: { address: '192.0.2.1', port: 4000 },
    rtcpTarget: { address: '192.0.2.1', port: 4001 },
    maySend: true,
    expectedToSend: true,
    codecs: [{ payloadType: 0, name: 'PCMU', clockRate: 8000 }],
  }
}

const clock = new ManualClock()
const legs = [
  new MediaLeg(configuration(20_000, 10), pair(20_000), clock),
  new MediaLeg(configuration(20_002, 20), pair(20_002), clock),
] as const
legs[0].peer = legs[1]
legs[1].peer = legs[0]
const phone = createSrtpSender(suite, Buffer.alloc(suite.keyAndSaltLength, 10))
let sequence = 0

function talk(): Buffer {
  const header = { marker: false, payloadType: 0, sequence: sequence++ % 65_536, timestamp: 0, ssrc: 9 }
  const packet = buildRtp(header, Buffer.alloc(20, 3))
  return Buffer.from(output.subarray(0, phone.protect(packet, packet.length, output)))
}

/** What the phone sent is on record when a stranger sends it again. */
function heard(packet: Buffer): Buffer {
  legs[0].onDatagram('rtp', packet, PHONE)
  return packet
}

const report = buildSenderReport({ ssrc: 9, rtpTimestamp: 0, packetCount: 1, octetCount: 160 }, [], 0, 'x')
const control = Buffer.from(output.subarray(0, phone.protectRtcp(report, report.length, output)))

export const target: FuzzTarget = {
  name: 'relay',
  covers: ['src/media/relay/media-leg.ts', 'src/media/relay/leg-statistics.ts', 'src/media/srtp/', 'src/media/rtp/'],
  shape: 'octets',
  seeds: [
    heard(talk()),
    heard(control),
    Buffer.alloc(172, 0xd5),
    Buffer.from('80c8000100000001', 'hex'),
    Buffer.alloc(1),
  ],
  maximumLength: 2_100,
  check(input) {
    forwarded = 0
    const before = legs[0].report()
    for (const leg of legs) {
      leg.onDatagram('rtp', input, STRANGER)
      leg.onDatagram('rtcp', input, STRANGER)
    }
    assert.equal(forwarded, 0, 'a datagram without the key passed, or one that was heard before')
    const after = legs[0].report()
    assert.deepEqual(after.remote, before.remote, 'a stranger moved the media')
    forwarded = 0
    legs[0].onDatagram('rtp', talk(), PHONE)
    assert.equal(forwarded, 1, 'the phone is no longer heard')
    assert.deepEqual(legs[0].report().remote, PHONE)
  },
}
