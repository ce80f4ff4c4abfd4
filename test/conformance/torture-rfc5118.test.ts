/** RFC 5118 message by message against the running product, over TLS, TCP and UDP. */
import { after, before } from 'node:test'
import { type Ground, prepareGround, PROTOCOLS } from './torture/ground.ts'
import type { Protocol, TorturePeer } from './torture/peer.ts'
import { RFC5118_SPECIALS } from './torture/specials.ts'
import { runVectors } from './torture/vectors.ts'
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

runVectors({
  rfc: 'RFC 5118',
  vectors: RFC5118,
  specials: RFC5118_SPECIALS,
  peers: () => peers,
  stranger: () => stranger,
})
