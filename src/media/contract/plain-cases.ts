/** Cases of the contract: RTP in clear on one side that says so, and on no other. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { buildRtp } from '../rtp/index.ts'
import { accepted, connect, type EngineFactory, LOCAL, refused, staged, type Stage, talk } from './harness.ts'
import type { MediaPhone } from './phone.ts'

interface Pair {
  readonly phone: MediaPhone
  readonly trunk: MediaPhone
}

async function pair(stage: Stage): Promise<Pair> {
  return {
    phone: await stage.phone({ ssrc: 0xaaaa_aaaa }),
    trunk: await stage.phone({ ssrc: 0xbbbb_bbbb, plain: true }),
  }
}

const PAYLOAD = Buffer.alloc(160, 0x5a)

export function plainCases(create: EngineFactory): void {
  staged('`offer`: the side is offered RTP/AVP without a key; SRTP on the other', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const bridge = await stage.bridge('call', 'offer')
    const { offered, answered } = await connect(bridge, 'a', phone, trunk)
    assert.match(offered, /^m=audio \d+ RTP\/AVP /m)
    assert.doesNotMatch(offered, /a=crypto|a=rtcp-mux/)
    assert.match(answered, /^m=audio \d+ RTP\/SAVP /m)
    assert.match(answered, /a=crypto/)
    await talk(phone, trunk)
    phone.send(phone.packet(PAYLOAD))
    await trunk.until(() => trunk.raw.some(packet => packet.includes(PAYLOAD)))
    trunk.send(trunk.packet(PAYLOAD))
    await phone.next()
    assert.ok(!phone.raw.some(packet => packet.includes(PAYLOAD)), 'nothing in clear reaches the other side')
    const report = await bridge.report()
    assert.notEqual(report.a.suite, undefined)
    assert.equal(report.b.suite, undefined)
    assert.ok(report.b.packetsReceived >= 2 && report.b.packetsSent >= 2)
  })

  staged('`offer`: an offer in clear is answered in clear, and RTCP has a port of its own', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const bridge = await stage.bridge('call', 'offer')
    const { offered, answered } = await connect(bridge, 'b', trunk, phone)
    assert.match(offered, /RTP\/SAVP /)
    assert.match(answered, /RTP\/AVP /)
    assert.doesNotMatch(answered, /a=crypto|a=rtcp-mux/)
    await talk(phone, trunk)
    trunk.sendSenderReport(Date.now())
    await phone.until(() => phone.rtcpHeard().length > 0)
  })

  staged('`answer`: an offer in clear is answered, and what is offered to it is SRTP', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const first = await stage.bridge('first', 'answer')
    const { answered } = await connect(first, 'b', trunk, phone)
    assert.match(answered, /RTP\/AVP /)
    await talk(phone, trunk)
    const second = await stage.bridge('second', 'answer')
    const { sdp } = accepted(await second.offer('a', phone.offer()))
    assert.match(sdp, /RTP\/SAVP /)
    assert.equal(refused(await second.answer('b', trunk.answer(sdp))).reason, 'plain-rtp')
  })

  staged('a side that says nothing is neither answered nor offered in clear', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const bridge = await stage.bridge('call', 'offer')
    assert.equal(refused(await bridge.offer('a', trunk.offer())).reason, 'plain-rtp')
    const { sdp } = accepted(await bridge.offer('b', trunk.offer()))
    assert.match(sdp, /RTP\/SAVP /)
    assert.equal(refused(await bridge.answer('a', trunk.answer(sdp))).reason, 'plain-rtp')
    accepted(await bridge.answer('a', phone.answer(sdp)))
  })

  staged('a key in the answer to an offer in clear is no answer', create, async stage => {
    const { phone } = await pair(stage)
    const bridge = await stage.bridge('call', 'offer')
    const { sdp } = accepted(await bridge.offer('a', phone.offer()))
    const other = await stage.phone()
    assert.equal(refused(await bridge.answer('b', other.offer())).reason === 'plain-rtp', false)
    assert.match(sdp, /RTP\/AVP /)
  })

  staged('a leg that was encrypted stays so, whoever asks and whatever its side may speak', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const secure = await stage.phone({ ssrc: 0xcccc_cccc })
    const bridge = await stage.bridge('call', 'offer')
    await connect(bridge, 'b', secure, phone)
    await talk(secure, phone)
    assert.equal(refused(await bridge.offer('b', trunk.offer())).reason, 'plain-rtp')
    const { sdp } = accepted(await bridge.offer('a', phone.offer()))
    assert.match(sdp, /RTP\/SAVP /, 'nor do we ask for less')
    await bridge.rollback()
    await talk(secure, phone)
  })

  staged('a leg in clear stays in clear over a new offer, and both still hear each other', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const bridge = await stage.bridge('call', 'offer')
    await connect(bridge, 'a', phone, trunk)
    await talk(phone, trunk)
    await connect(bridge, 'b', trunk, phone, { offer: { direction: 'sendonly' } })
    await connect(bridge, 'a', phone, trunk)
    await talk(phone, trunk)
  })

  staged('packets in clear towards the encrypted side are counted and go nowhere', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const bridge = await stage.bridge('call', 'offer')
    await connect(bridge, 'a', phone, trunk)
    await talk(phone, trunk)
    const header = { marker: false, payloadType: 0, sequence: 2000, timestamp: 9, ssrc: 0xaaaa_aaaa }
    phone.send(buildRtp(header, PAYLOAD))
    await talk(phone, trunk)
    assert.ok(!trunk.raw.some(packet => packet.includes(PAYLOAD)))
    assert.equal((await bridge.report()).a.packetsUnauthenticated, 1)
  })

  staged(
    'in clear only the address of the description counts, and nobody takes it over while it is heard',
    create,
    async stage => {
      const { phone, trunk } = await pair(stage)
      const bridge = await stage.bridge('call', 'offer')
      await connect(bridge, 'a', phone, trunk)
      await talk(phone, trunk)
      const foreign = createSocket('udp4')
      const packet = trunk.packet(PAYLOAD)
      await new Promise<void>(done => foreign.bind(0, '127.0.0.2', done))
      for (const address of ['127.0.0.2', '127.0.0.1']) {
        const sender = address === '127.0.0.2' ? foreign : createSocket('udp4')
        await new Promise<void>(done => sender.send(packet, trunk.target!.port, trunk.target!.address, () => done()))
        if (sender !== foreign) sender.close()
      }
      foreign.close()
      await talk(trunk, phone)
      await talk(phone, trunk)
      const report = await bridge.report()
      assert.equal(report.b.packetsUnauthenticated, 2)
      assert.deepEqual(report.b.remote, { address: '127.0.0.1', port: trunk.port })
    },
  )

  staged('from clear to encrypted in a call: from then on nothing in clear is taken any more', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const bridge = await stage.bridge('call', 'offer')
    await connect(bridge, 'b', trunk, phone)
    await talk(phone, trunk)
    assert.equal((await bridge.report()).b.transport, 'RTP')
    const secure = await stage.phone({ ssrc: 0xcccc_cccc, rtcpMux: false })
    await connect(bridge, 'b', secure, phone)
    await talk(phone, secure)
    const heard = phone.raw.length
    trunk.send(trunk.packet(PAYLOAD))
    await talk(secure, phone)
    assert.equal(phone.raw.length, heard + 1)
    const report = await bridge.report()
    assert.equal(report.b.packetsUnauthenticated, 1)
    assert.equal(report.b.transport, 'SRTP')
    assert.equal(refused(await bridge.offer('b', trunk.offer())).reason, 'plain-rtp')
  })

  staged(
    'what was encrypted does not come back in clear by another line, nor after it was removed',
    create,
    async stage => {
      const { phone, trunk } = await pair(stage)
      const secure = await stage.phone({ ssrc: 0xcccc_cccc })
      const bridge = await stage.bridge('call', 'offer')
      await connect(bridge, 'b', secure, phone)
      await talk(secure, phone)
      const line = /^m=audio [\s\S]*/m.exec(trunk.offer())![0]
      const moved = secure.offer().replace(/^m=audio \d+/m, 'm=audio 0') + line
      assert.equal(refused(await bridge.offer('b', moved)).reason, 'plain-rtp')
      const both = secure.offer() + line
      const { sdp } = accepted(await bridge.offer('b', both))
      assert.equal(/^m=audio 0 /m.test(sdp), true, 'the line in clear is refused')
      await bridge.rollback()
      // The phone takes the stream away; the trunk brings it back, in clear.
      const video = 'm=video 40000 RTP/SAVP 96'
      const crypto = /^a=crypto:.*/m.exec(secure.offer())![0]
      const withVideo = `${secure.offer()}${video}\r\na=rtpmap:96 H264/90000\r\n${crypto}\r\n`
      const offered = accepted(await bridge.offer('b', withVideo)).sdp
      const answeredVideo = (text: string): string => phone.answer(offered).replace(/^m=video 0.*$/m, text)
      const key = /^a=crypto:.*/m.exec(/^m=video[\s\S]*/m.exec(offered)![0])![0]
      const lines = `m=video 40002 RTP/SAVP 96\r\na=rtpmap:96 H264/90000\r\n${key}`
      const gone = answeredVideo(lines).replace(/^m=audio \d+/m, 'm=audio 0')
      accepted(await bridge.answer('a', gone))
      const back = `${trunk.offer()}${video}\r\na=rtpmap:96 H264/90000\r\n${crypto}\r\n`
      const again = accepted(await bridge.offer('b', back)).sdp
      assert.match(again, /^m=audio 0 /m)
    },
  )

  staged('a leg in clear that goes on in another call is in clear there only by leave', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const bridge = await stage.bridge('call', 'offer')
    await connect(bridge, 'a', phone, trunk)
    await talk(phone, trunk)
    const continues = { bridge, side: 'b' } as const
    const strict = await stage.engine.openBridge({ callId: 'strict', a: LOCAL, b: { ...LOCAL, continues } })
    const { sdp } = accepted(await strict.offer('a', phone.offer()))
    assert.match(sdp, /RTP\/SAVP /)
    assert.equal(refused(await strict.answer('b', trunk.answer(sdp))).reason, 'plain-rtp')
    await strict.close()
    const named = { ...LOCAL, continues, allowInsecureRtp: 'offer' } as const
    const next = await stage.engine.openBridge({ callId: 'next', a: LOCAL, b: named })
    const { offered } = await connect(next, 'a', phone, trunk)
    assert.match(offered, /RTP\/AVP /)
    await talk(phone, trunk)
  })

  staged('encrypted in one call, a leg stays so in the next', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const secure = await stage.phone({ ssrc: 0xcccc_cccc })
    const bridge = await stage.bridge('call', 'offer')
    await connect(bridge, 'b', secure, phone)
    const continues = { bridge, side: 'b' } as const
    const named = { ...LOCAL, continues, allowInsecureRtp: 'offer' } as const
    const next = await stage.engine.openBridge({ callId: 'next', a: LOCAL, b: named })
    assert.equal(refused(await next.offer('b', trunk.offer())).reason, 'plain-rtp')
    assert.match(accepted(await next.offer('a', phone.offer())).sdp, /RTP\/SAVP /)
  })

  staged(
    'in clear nobody wears out the other side with sources: one is heard at a time, and not many',
    create,
    async stage => {
      const { phone, trunk } = await pair(stage)
      const bridge = await stage.bridge('call', 'offer')
      await connect(bridge, 'a', phone, trunk)
      await talk(trunk, phone)
      const packet = (ssrc: number, sequence: number): Buffer =>
        buildRtp({ marker: false, payloadType: 0, sequence, timestamp: 160 * sequence, ssrc }, PAYLOAD)
      const before = phone.rtpHeard().length
      // One packet of a source is no source yet (RFC 3550 appendix A.1).
      for (let ssrc = 1; ssrc <= 100; ssrc++) trunk.send(packet(ssrc, 7))
      await talk(trunk, phone)
      assert.equal(phone.rtpHeard().length, before + 1)
      assert.equal((await bridge.report()).b.packetsUnauthenticated, 100)
      // A source that goes on is taken, as when an announcement gives way to a person.
      const next = phone.next()
      for (const sequence of [100, 101]) trunk.send(packet(0xd00d, sequence))
      assert.equal((await next).readUInt32BE(8), 0xd00d)
      for (let ssrc = 0xe000; ssrc < 0xe100; ssrc++) for (const sequence of [1, 2]) trunk.send(packet(ssrc, sequence))
      const spoken = phone.next()
      trunk.send(packet(0xd00d, 102))
      await spoken
      const sources = new Set(phone.rtpHeard().map(({ plain }) => plain.readUInt32BE(8)))
      assert.ok(sources.size <= 34, `${sources.size}`)
    },
  )

  staged('what is no RTP is not passed on', create, async stage => {
    const { phone, trunk } = await pair(stage)
    const bridge = await stage.bridge('call', 'offer')
    await connect(bridge, 'a', phone, trunk)
    await talk(phone, trunk)
    const heard = phone.raw.length
    for (const junk of [Buffer.alloc(11), Buffer.alloc(12), Buffer.alloc(200, 0xff), Buffer.alloc(3000, 0x80)])
      trunk.send(junk)
    await talk(trunk, phone)
    assert.equal(phone.raw.length, heard + 1)
  })
}
