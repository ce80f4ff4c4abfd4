/** The valid messages of RFC 4475 and RFC 5118 with the credentials of the device that they name: what they are taken for. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { accepted } from '../support/ringfence.ts'
import { conformance } from './table/conformance.ts'
import { acknowledge, assertEchoes, headerValues } from './torture/echo.ts'
import { type Ground, prepareGround, PROTOCOLS } from './torture/ground.ts'
import { digestHeader, type Protocol, type TorturePeer } from './torture/peer.ts'
import { describeOutcome } from './torture/vectors.ts'
import type { Vector } from './vectors/load.ts'
import { RFC4475 } from './vectors/rfc4475.ts'
import { RFC5118 } from './vectors/rfc5118.ts'

const PASSWORD = 'correct-horse-battery'
/** The user parts of the messages' From. */
const USERS = ['user', 'j.user', 'watson', 'jdrosen', '+13035551111']

let sequence = 0
let ground: Ground
let peers: ReadonlyMap<Protocol, TorturePeer>

before(async () => {
  ground = await prepareGround('torture-accepted')
  peers = new Map(PROTOCOLS.map(protocol => [protocol, ground.peer(protocol)]))
  const devices = USERS.map(username => ({ extension: '701', username, password: PASSWORD }))
  accepted(await (await ground.system.operations()).deviceImport({ devices }))
})

after(() => ground?.stop())

function vector(vectors: readonly Vector[], name: string): Vector {
  return vectors.find(each => each.name === name)!
}

/** Sent as it is and challenged, then with credentials and the next CSeq; returns the final answer, the same over each transport. */
async function proven({ bytes, name }: Vector, user: string, extra = ''): Promise<string> {
  const answers = new Map<string, Protocol>()
  let last = ''
  // A stream cannot be framed without Content-Length.
  for (const protocol of name === 'inv2543' ? (['UDP'] as const) : PROTOCOLS) {
    const peer = peers.get(protocol)!
    const text = bytes.toString('latin1').replace(/^CSeq:/im, `${extra}CSeq:`)
    const [challenge = ''] = (await peer.exchange(Buffer.from(text, 'latin1'))).answers
    assert.match(challenge, /^SIP\/2\.0 40[17] /)
    if (challenge.startsWith('SIP/2.0 407')) await peer.tell(acknowledge(text, challenge))
    const [method = '', uri = ''] = text.split(' ', 2)
    const proof = digestHeader(challenge, { username: user, password: PASSWORD }, method, uri)
    // A transaction of its own each time, and a number above all others of its Call-ID.
    sequence++
    const again = text
      .replace(/^CSeq:\s*\d+/im, `${proof}\r\nCSeq: ${900_000_000 + sequence}`)
      .replace(/branch=z9hG4bK/i, `branch=z9hG4bK${sequence}-`)
    const outcome = await peer.exchange(Buffer.from(again, 'latin1'))
    last = outcome.answers.at(-1) ?? ''
    assertEchoes(again, last)
    if (method === 'INVITE') await peer.tell(acknowledge(again, last))
    answers.set(describeOutcome({ answers: [last], closed: outcome.closed }), protocol)
  }
  assert.equal(answers.size, 1, [...answers].join('; '))
  return last
}

/** URIs of the bindings in a 200, with what follows the bracket. */
function bindings(response: string): readonly string[] {
  assert.match(response, /^SIP\/2\.0 200 /)
  return headerValues(response, 'contact').filter(value => !value.includes('127.0.0.2'))
}

conformance('RFC 4475 §3.1.1.8', 'dblreq with credentials of j.user', 'a REGISTER and nothing else', async () => {
  const datagram = peers.get('UDP')!
  assert.equal(datagram.protocol, 'UDP')
  const whole = vector(RFC4475, 'dblreq')
  const end = whole.bytes.indexOf('\r\n\r\n') + 4
  const answer = await proven({ ...whole, bytes: whole.bytes.subarray(0, end) }, 'j.user')
  assert.match(bindings(answer).join(), /<sip:j\.user@host\.example\.com>/)
  return '200 with the binding sip:j.user@host.example.com'
})

conformance(
  'RFC 4475 §3.3.12',
  'cparam01 with credentials of watson',
  'succeeds; unknownparam is no url-parameter of the binding',
  async () => {
    const answer = await proven(vector(RFC4475, 'cparam01'), 'watson')
    assert.match(bindings(answer).join(), /^<sip:\+19725552222@gw1\.example\.net>;expires=\d+$/)
    return '200; the binding is sip:+19725552222@gw1.example.net'
  },
)

conformance(
  'RFC 4475 §3.3.13',
  'cparam02 with credentials of watson',
  'succeeds; unknownparam is a url-parameter of the binding',
  async () => {
    const answer = await proven(vector(RFC4475, 'cparam02'), 'watson')
    // A parameter that only one of two URIs has does not make them two (RFC 3261 §19.1.4): cparam01's binding is replaced.
    assert.match(bindings(answer).join(), /^<sip:\+19725552222@gw1\.example\.net;unknownparam>;expires=\d+$/)
    return '200; the one binding is sip:+19725552222@gw1.example.net;unknownparam, equal to that of cparam01 (RFC 3261 §19.1.4)'
  },
)

conformance(
  'RFC 4475 §3.3.14',
  'regescrt with credentials of user',
  'succeeds; the escaped Route stays in the contact URI',
  async () => {
    const answer = await proven(vector(RFC4475, 'regescrt'), 'user')
    assert.ok(
      bindings(answer).some(value =>
        value.startsWith('<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;expires='),
      ),
    )
    return '200; the binding is sip:user@example.com?Route=%3Csip:sip.example.com%3E, of which nothing after ? is sent to anybody'
  },
)

conformance(
  'RFC 4475 §3.1.1.4',
  'escnull with To, From and credentials of user',
  'the two contacts are different URIs',
  async () => {
    const escnull = vector(RFC4475, 'escnull')
    const text = escnull.bytes.toString('latin1').replaceAll('sip:null-%00-null@', 'sip:user@')
    const answer = await proven({ ...escnull, bytes: Buffer.from(text, 'latin1') }, 'user')
    for (const user of ['%00', '%00%00']) {
      assert.equal(bindings(answer).filter(value => value.startsWith(`<sip:${user}@host5.example.com>`)).length, 1)
    }
    return '200 with two bindings, sip:%00@host5.example.com and sip:%00%00@host5.example.com'
  },
)

for (const [section, name] of [
  ['§4.1', 'ipv6-good'],
  ['§4.3', 'port-ambiguous'],
  ['§4.4', 'port-unambiguous'],
] as const) {
  conformance(`RFC 5118 ${section}`, `${name} with credentials of user`, 'a valid REGISTER', async () => {
    const answer = await proven(vector(RFC5118, name), 'user')
    assert.ok(bindings(answer).some(value => value.startsWith('<sip:caller@[2001:db8::1]>')))
    return '200 with the binding sip:caller@[2001:db8::1]'
  })
}

const CONTACT = 'Contact: <sip:+13035551111@iftgw.example.com>\r\n'
const INVITES: readonly (readonly [
  rfc: string,
  vectors: readonly Vector[],
  name: string,
  user: string,
  extra?: string,
])[] = [
  ['RFC 4475', RFC4475, 'inv2543', '+13035551111', CONTACT],
  ['RFC 5118', RFC5118, 'ipv6-in-sdp', 'user'],
  ['RFC 5118', RFC5118, 'mult-ip-in-sdp', 'user'],
  ['RFC 5118', RFC5118, 'ipv4-mapped-ipv6', 'user'],
]

for (const [rfc, vectors, name, user, extra] of INVITES) {
  const { section } = vector(vectors, name)
  const demanded = 'a valid INVITE: taken as one'
  conformance(`${rfc} §${section}`, `${name} with credentials of ${user}`, demanded, async () => {
    const answer = await proven(vector(vectors, name), user, extra)
    assert.match(answer, /^SIP\/2\.0 404 /)
    return '404: proven, admitted and routed; nobody has that number'
  })
}
