/** RFC 5118 message by message against the running product, over TLS, TCP and UDP. */
import { after, before } from 'node:test'
import { type Ground, prepareGround, PROTOCOLS } from './torture/ground.ts'
import type { Protocol, TorturePeer } from './torture/peer.ts'
import { runVectors, type Special } from './torture/vectors.ts'
import { RFC5118 } from './vectors/rfc5118.ts'

let ground: Ground
let peers: ReadonlyMap<Protocol, TorturePeer>
let stranger: TorturePeer

before(async () => {
  ground = await prepareGround('torture-5118')
  peers = new Map(PROTOCOLS.map(protocol => [protocol, ground.peer(protocol)]))
  stranger = ground.stranger('TLS')
})

after(() => ground?.stop())

const SPECIALS: Readonly<Record<string, Special>> = {
  // The RFC prints both OPTIONS of §4.10 with one branch and one CSeq: over UDP, where an answer is kept for
  // retransmissions, the first gets others, so that the second is no retransmission of it.
  'ipv6-bug-abnf-3-colons': {
    datagram: text => text.replace('z9hG4bKas3-111', 'z9hG4bKas3-112').replace('CSeq: 689', 'CSeq: 690'),
  },
}

runVectors({
  rfc: 'RFC 5118',
  vectors: RFC5118,
  specials: SPECIALS,
  peers: () => peers,
  stranger: () => stranger,
})
