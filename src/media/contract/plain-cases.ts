/** Cases of the contract: RTP in clear on one side that says so, and on no other. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { buildRtp } from '../rtp/index.ts'
import { accepted, connect, type EngineFactory, refused, staged, type Stage, talk } from './harness.ts'
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
