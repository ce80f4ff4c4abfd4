/** Octets that no SIP message may have, and sizes beyond reason, over each transport: a clear error or a close, nobody hangs. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { conformance } from './table/conformance.ts'
import { assertEchoes } from './torture/echo.ts'
import { HOSTILE, type Hostile, hostileOctets } from './torture/hostile.ts'
import { type Ground, prepareGround, PROTOCOLS } from './torture/ground.ts'
import type { Outcome, Protocol, TorturePeer } from './torture/peer.ts'
import { describeOutcome, summary } from './torture/vectors.ts'

let ground: Ground
let peers: ReadonlyMap<Protocol, TorturePeer>
let stranger: TorturePeer

before(async () => {
  ground = await prepareGround('torture-framing')
  peers = new Map(PROTOCOLS.map(protocol => [protocol, ground.peer(protocol)]))
  stranger = ground.stranger('TLS')
})

after(() => ground?.stop())

for (const hostile of HOSTILE) {
  const { section, scenario, demanded } = hostile
  conformance(`RFC 3261 ${section}`, `hostile octets: ${scenario}`, demanded, async () => {
    const seen = new Map<string, string>()
    for (const protocol of PROTOCOLS) seen.set(protocol, await send(hostile, protocol, peers.get(protocol)!))
    seen.set('a stranger', await send(hostile, 'TLS', stranger))
    return summary(seen)
  })
}

async function send(hostile: Hostile, protocol: Protocol, peer: TorturePeer): Promise<string> {
  const text = hostileOctets(hostile, protocol)
  const outcome = await peer.exchange(Buffer.from(text, 'latin1'))
  check(hostile, text, outcome, protocol)
  return describeOutcome(outcome)
}

function check({ scenario, unanswerable, status }: Hostile, text: string, outcome: Outcome, protocol: Protocol): void {
  const where = `${scenario} over ${protocol}: ${describeOutcome(outcome)}`
  if (unanswerable === true) {
    assert.deepEqual(outcome.answers, [], where)
    assert.equal(outcome.closed, protocol !== 'UDP', where)
    return
  }
  assert.equal(outcome.answers.length, 1, where)
  const answered = Number(outcome.answers[0]!.slice(8, 11))
  if (status !== undefined) assert.equal(answered, status, where)
  assert.ok([400, 413, 414, 513].includes(answered), where)
  assertEchoes(text, outcome.answers[0]!)
}
