/** Cases of the contract: packets. Each forged packet is followed by a true one on the same path, so that nothing waits for time to pass. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { buildRtp, ntpMiddle, walkRtcp } from '../rtp/index.ts'
import { createSrtpSender, newKeyAndSalt, suiteNamed } from '../srtp/index.ts'
import { accepted, connect, type EngineFactory, staged, talk } from './harness.ts'
import type { MediaPhone } from './phone.ts'

/** Packets as somebody without keys makes them. */
function forgeries(phone: MediaPhone): Buffer[] {
  const plain = buildRtp(
    { marker: true, payloadType: 0, sequence: 1001, timestamp: 160, ssrc: phone.ssrc },
    Buffer.alloc(160, 1),
  )
  const suite = suiteNamed('AES_CM_128_HMAC_SHA1_80')!
  const output = Buffer.alloc(2048)
  const length = createSrtpSender(suite, newKeyAndSalt(suite)).protect(plain, plain.length, output)
  return [
    plain,
    output.subarray(0, length),
    Buffer.alloc(0),
    Buffer.alloc(5),
    Buffer.alloc(1400, 0x80),
    Buffer.from('INVITE sip:x SIP/2.0'),
  ]
}

async function inject(packets: readonly Buffer[], to: { address: string; port: number }): Promise<Buffer[]> {
  const heard: Buffer[] = []
  const socket = createSocket('udp4')
  socket.on('message', packet => heard.push(packet))
  for (const packet of packets) {
    await new Promise<void>(resolve => socket.send(packet, to.port, to.address, () => resolve()))
  }
  await new Promise<void>(resolve => socket.close(() => resolve()))
  return heard
}

export function mediaCases(create: EngineFactory): void {
  staged('payload, header and order arrive unchanged in both directions', create, async stage => {
    const { a, b } = await stage.call()
    const payload = Buffer.from('a frame of speech, as it was spoken')
    const atB = b.next()
    a.send(a.packet(payload, 4711))
    const heard = await atB
    assert.deepEqual(heard.subarray(12), payload)
    assert.equal(heard.readUInt16BE(2), 4711)
    assert.equal(heard.readUInt32BE(8), a.ssrc)
    a.sequence = 4712
    await talk(a, b)
  })

  staged('who sends first without the key teaches the engine nothing and is heard by nobody', create, async stage => {
    const { bridge, a, b } = await stage.call()
    const stolen = await inject(forgeries(a), a.target!)
    await talk(b, a)
    assert.equal(a.raw.length, 1)
    assert.equal(b.raw.length, 1)
    assert.deepEqual(stolen, [])
    const report = await bridge.report()
    assert.equal(report.a.packetsUnauthenticated, forgeries(a).length)
    assert.equal(report.a.remote?.port, a.port)
  })

  staged('a copied packet from elsewhere neither passes nor moves the address', create, async stage => {
    const { bridge, a, b } = await stage.call()
    const packet = a.packet()
    const first = b.next()
    a.send(packet)
    await first
    await inject([packet, packet], a.target!)
    await talk(b, a)
    await talk(a, b)
    const report = await bridge.report()
    assert.equal(report.a.packetsReplayed, 2)
    assert.equal(report.a.remote?.port, a.port)
    assert.equal(b.raw.length, 3)
  })

  staged('a phone whose network changed is followed as soon as its packets verify', create, async stage => {
    const { bridge, a, b } = await stage.call()
    await talk(a, b)
    await a.move()
    await talk(a, b)
    assert.equal((await bridge.report()).a.remote?.port, a.port)
  })

  staged('a phone is found behind an address that its SDP does not know', create, async stage => {
    const a = await stage.phone({ ssrc: 1 })
    const b = await stage.phone({ ssrc: 2 })
    const bridge = await stage.bridge()
    await connect(bridge, 'a', a, b, { offer: { address: '192.0.2.1', port: 4000 } })
    await talk(a, b)
  })

  staged('nothing is sent to a side on hold, nor taken from one that may not speak', create, async stage => {
    const { bridge, a, b } = await stage.call()
    await connect(bridge, 'a', a, b, { offer: { direction: 'sendonly' }, answer: { direction: 'recvonly' } })
    b.send()
    b.sendSenderReport(1_700_000_000_000)
    await a.until(() => a.rtcpHeard().length === 1)
    assert.equal(a.rtpHeard().length, 0)
    const music = b.next()
    a.send()
    await music
  })

  staged('a new key of a phone is followed; packets under the old one still pass for a moment', create, async stage => {
    const { bridge, a, b } = await stage.call()
    await talk(a, b)
    const late = a.packet()
    const latest = a.packet()
    a.newKeys()
    await connect(bridge, 'a', a, b)
    await talk(a, b)
    const old = b.next(2)
    a.send(late)
    a.send(latest)
    await old
  })

  staged('a re-offer with the same keys keeps roll-over counter and replay window', create, async stage => {
    const { bridge, a, b } = await stage.call({ suites: ['AES_CM_128_HMAC_SHA1_80'] })
    const packets: Buffer[] = []
    // Over the edge of the sequence number, so that a fresh context would not know the roll-over counter.
    for (const sequence of [65_534, 65_535, 65_536, 65_537]) {
      const arrived = b.next()
      const packet = a.packet(undefined, sequence)
      packets.push(packet)
      a.send(packet)
      await arrived
    }
    await connect(bridge, 'a', a, b)
    a.sequence = 65_538
    a.send(packets[3])
    await talk(a, b)
    assert.equal((await bridge.report()).a.packetsReplayed, 1)
  })

  for (const [muxA, muxB] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    staged(
      `RTCP passes with multiplexing ${muxA ? 'on' : 'off'} at a and ${muxB ? 'on' : 'off'} at b`,
      create,
      async stage => {
        const { a, b } = await stage.call({ rtcpMux: muxA }, { rtcpMux: muxB })
        await talk(a, b)
        a.sendSenderReport(1_700_000_000_000)
        await b.until(() => b.rtcpHeard().length === 1)
        b.sendSenderReport(1_700_000_000_000)
        await a.until(() => a.rtcpHeard().length === 1)
        let ssrc = 0
        const { plain } = b.rtcpHeard()[0]!
        assert.ok(walkRtcp(plain, plain.length, { senderReport: report => (ssrc = report.ssrc) }))
        assert.equal(ssrc, a.ssrc)
        // What a phone calls itself is not the other's to know.
        assert.equal(plain.includes('example.invalid'), false)
      },
    )
  }

  staged('reports: packets, octets, loss, codec, round trip and opinion score', create, async stage => {
    const { bridge, a, b } = await stage.call()
    const all = b.next(9)
    for (const sequence of [1, 2, 3, 5, 6, 7, 8, 9, 10]) a.send(a.packet(Buffer.alloc(160), sequence))
    await all
    const now = 1_700_000_000_000
    b.sendSenderReport(now)
    await a.until(() => a.rtcpHeard().length === 1)
    a.sendReceiverReport({
      ssrc: b.ssrc,
      fractionLost: 0,
      packetsLost: 0,
      highestSequence: 0,
      jitter: 0,
      lastSenderReport: ntpMiddle(now + 2_208_988_800_000),
      delaySinceLastSenderReport: 0,
    })
    await b.until(() => b.rtcpHeard().length === 1)
    const report = await bridge.report()
    assert.equal(report.a.packetsReceived, 9)
    assert.equal(report.a.octetsReceived, 9 * 160)
    assert.equal(report.b.packetsSent, 9)
    assert.equal(report.a.packetsLost, 1)
    assert.equal(report.a.codec, 'PCMU')
    assert.ok(report.a.roundTrip !== undefined && report.a.roundTrip < 1000, `${report.a.roundTrip}`)
    assert.ok(report.a.mos !== undefined && report.a.mos > 2 && report.a.mos < 4.4, `${report.a.mos}`)
    assert.ok(report.a.lastPacketAt !== undefined)
  })

  staged(
    'a phone that goes on with a key past the lifetime that it declared is not heard, and that is told',
    create,
    async stage => {
      const a = await stage.phone({ ssrc: 0xaaaa_aaaa })
      const b = await stage.phone({ ssrc: 0xbbbb_bbbb })
      const bridge = await stage.bridge()
      const offer = a.offer().replace(/^(a=crypto:.*)$/gm, '$1|4')
      const offered = accepted(await bridge.offer('a', offer))
      a.take(accepted(await bridge.answer('b', b.answer(offered.sdp))).sdp)
      const heard = b.next(4)
      for (let sequence = 1; sequence <= 4; sequence++) a.send(a.packet(Buffer.alloc(160), sequence))
      await heard
      assert.equal(stage.observed.expired.length, 0)
      a.send(a.packet(Buffer.alloc(160), 5))
      await stage.observed.until(() => stage.observed.expired.length > 0)
      assert.equal(stage.observed.expired[0]!.bridge, bridge)
      assert.equal(stage.observed.expired[0]!.side, 'a')
      assert.equal((await bridge.report()).a.packetsReceived, 4)
    },
  )

  staged('two offers that meet: each phone has an answer, and they talk', create, async stage => {
    const a = await stage.phone({ ssrc: 0xaaaa_aaaa, rtcpMux: true })
    const b = await stage.phone({ ssrc: 0xbbbb_bbbb, suites: ['AES_256_CM_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_80'] })
    const bridge = await stage.bridge()
    const met = await bridge.meet(a.offer(), b.offer())
    assert.ok(met.ok)
    a.take(met.a)
    b.take(met.b)
    assert.equal(b.suite, 'AES_256_CM_HMAC_SHA1_80')
    await talk(a, b)
    // What was agreed is a session like any other.
    await connect(bridge, 'b', b, a)
    await talk(a, b)
  })

  staged('two offers with nothing in common do not meet; the second phone is at fault', create, async stage => {
    const a = await stage.phone()
    const b = await stage.phone()
    const bridge = await stage.bridge()
    const met = await bridge.meet(
      a.offer(),
      b.offer().replaceAll(' 0 101', ' 18').replaceAll('rtpmap:0 PCMU', 'rtpmap:18 G729'),
    )
    assert.deepEqual(met.ok ? undefined : [met.side, met.refusal.reason], ['b', 'no-common-suite'])
  })
}
