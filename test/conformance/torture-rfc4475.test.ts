/** RFC 4475 message by message against the running product, over TLS, TCP and UDP. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { conformance } from './table/conformance.ts'
import { type Ground, prepareGround, PROTOCOLS } from './torture/ground.ts'
import type { Protocol, TorturePeer } from './torture/peer.ts'
import { RFC4475_SPECIALS } from './torture/specials.ts'
import { runVectors } from './torture/vectors.ts'
import { RFC4475 } from './vectors/rfc4475.ts'

let ground: Ground
let peers: ReadonlyMap<Protocol, TorturePeer>
let stranger: TorturePeer

before(async () => {
  ground = await prepareGround('torture-4475')
  peers = new Map(PROTOCOLS.map(protocol => [protocol, ground.peer(protocol)]))
  stranger = ground.stranger('TLS')
})

after(() => ground?.stop())

runVectors({
  rfc: 'RFC 4475',
  vectors: RFC4475,
  specials: RFC4475_SPECIALS,
  peers: () => peers,
  stranger: () => stranger,
})

// §3.1.2.2 tells the two transports apart: over UDP the end of the datagram is known, "Otherwise it would wait".
conformance(
  'RFC 4475 §3.1.2.2',
  'clerr: Content Length Larger Than Message',
  'respond 400 over UDP; a stream waits for the rest',
  async () => {
    const { bytes } = RFC4475.find(vector => vector.name === 'clerr')!
    const datagram = await peers.get('UDP')!.exchange(bytes)
    assert.deepEqual(datagram.answers.map(statusLine), ['400 Bad Request'])
    const whole = Buffer.concat([bytes, Buffer.alloc(9999 - (bytes.length - bytes.indexOf('\r\n\r\n') - 4), 'x')])
    const waiting = (['TLS', 'TCP'] as const).map(async protocol => {
      const peer = peers.get(protocol)!
      const answered = await peer.exchange(whole)
      assert.deepEqual(
        [answered.answers.map(statusLine), answered.closed],
        [['407 Proxy Authentication Required'], false],
      )
      const starved = await peer.untilClosed(bytes, 40_000)
      assert.deepEqual(starved, { answers: [], closed: true })
      assert.deepEqual((await peer.exchange(Buffer.from('\r\n\r\n'))).closed, false)
    })
    await Promise.all(waiting)
    return 'UDP: 400 Bad Request; TLS, TCP: 407 when the rest comes, closed when it does not come for 20 s'
  },
)

conformance(
  'RFC 4475 §3.4.1',
  'inv2543 with a Contact',
  'accept: no branch, no From tag, no Content-Length, no Max-Forwards',
  async () => {
    const { bytes } = RFC4475.find(vector => vector.name === 'inv2543')!
    const text = bytes
      .toString('latin1')
      .replace('\r\nCSeq', '\r\nContact: <sip:+13035551111@iftgw.example.com>\r\nCSeq')
    const { answers } = await peers.get('UDP')!.exchange(Buffer.from(text, 'latin1'))
    assert.deepEqual(answers.map(statusLine), ['407 Proxy Authentication Required'])
    return 'UDP: 407, as every INVITE that proves nothing yet'
  },
)

function statusLine(response: string): string {
  return response.slice(8, response.indexOf('\r\n'))
}
