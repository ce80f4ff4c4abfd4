/** SRTP and SRTCP receivers: nothing without the key is taken or remembered, and both cipher backends say the same. */
import assert from 'node:assert/strict'
import { buildRtp, buildSenderReport } from '../../../src/media/rtp/index.ts'
import { nativeBackend, nodeBackend } from '../../../src/media/srtp/cipher-backend.ts'
import { createSrtpReceiver, createSrtpSender, SUITES, type Suite } from '../../../src/media/srtp/index.ts'
import type { FuzzTarget } from '../engine/target.ts'

const MKI = Buffer.from('abcd', 'hex')
const BACKENDS = [nodeBackend, nativeBackend()].flatMap(backend => backend?.create ?? [])
const output = Buffer.alloc(2_048)

interface Genuine {
  readonly rtp: Buffer
  readonly rtcp: Buffer
}

function keyOf(suite: Suite): Buffer {
  return Buffer.alloc(suite.keyAndSaltLength, 10)
}

function genuine(suite: Suite): Genuine {
  const sender = createSrtpSender(suite, keyOf(suite), nodeBackend.create)
  const packet = buildRtp({ marker: false, payloadType: 0, sequence: 7, timestamp: 0, ssrc: 9 }, Buffer.alloc(40, 3))
  const report = buildSenderReport({ ssrc: 9, rtpTimestamp: 0, packetCount: 1, octetCount: 160 }, [], 0, 'x')
  const rtp = Buffer.from(output.subarray(0, sender.protect(packet, packet.length, output)))
  return { rtp, rtcp: Buffer.from(output.subarray(0, sender.protectRtcp(report, report.length, output))) }
}

const GENUINE = new Map(SUITES.map(suite => [suite, genuine(suite)]))

/** Receivers are made once: a packet that is refused leaves no trace in them, which is what is checked. */
const RECEIVERS = SUITES.flatMap(suite =>
  BACKENDS.map(create => ({
    suite,
    plain: createSrtpReceiver(suite, [{ keyAndSalt: keyOf(suite) }], create),
    marked: createSrtpReceiver(suite, [{ keyAndSalt: Buffer.alloc(suite.keyAndSaltLength, 11), mki: MKI }], create),
  })),
)

export const target: FuzzTarget = {
  name: 'srtp',
  covers: ['src/media/srtp/', 'src/media/rtp/packet.ts'],
  shape: 'octets',
  seeds: [...GENUINE.values()]
    .flatMap(({ rtp, rtcp }) => [rtp, rtcp, Buffer.concat([rtp, MKI])])
    .concat(Buffer.alloc(40, 0x80)),
  maximumLength: 2_100,
  check(input) {
    for (const { rtp, rtcp } of GENUINE.values()) {
      // The true packets are no attack.
      if (input.equals(rtp) || input.equals(rtcp)) return
    }
    const place =
      input.length <= output.length ? Buffer.concat([input, Buffer.alloc(output.length - input.length)]) : input
    const verdicts = new Map<Suite, string>()
    for (const { suite, plain, marked } of RECEIVERS) {
      const refusals = [plain, marked].flatMap(each => [
        each.unprotect(input, output),
        each.unprotectRtcp(input, output),
      ])
      for (const refusal of refusals) assert.ok(refusal < 0, `${suite.name} took a packet without its key: ${refusal}`)
      if (place !== input) {
        const again = [plain.unprotect(place, place, input.length), plain.unprotectRtcp(place, place, input.length)]
        assert.deepEqual(again, refusals.slice(0, 2), 'in its place a packet is judged otherwise')
        assert.ok(place.subarray(0, input.length).equals(input), 'a refused packet is not what it was')
      }
      assert.equal(plain.sourceCount + marked.sourceCount, 0, 'an unverified source is remembered')
      const verdict = refusals.join(' ')
      assert.equal(verdicts.get(suite) ?? verdict, verdict, `the backends disagree under ${suite.name}`)
      verdicts.set(suite, verdict)
    }
  },
}
