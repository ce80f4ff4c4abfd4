/** What a hostile provider does with a call, and what has to come of it. */
import type { EndCause } from '../../../src/call/call-record.ts'
import { decentAnswer, type Heard, type HostilePeer, type Script, sessionDescription } from './hostile-peer.ts'

export interface HostileCase {
  readonly name: string
  readonly script: Script
  /** `refused`: the caller hears a final answer. `answered`: the call stands, and the caller ends it. `ended`: by the provider. */
  readonly call: 'refused' | 'refused or ended' | 'answered' | 'ended' | 'cancelled'
  /** Which of these the record may name. */
  readonly causes: readonly EndCause[]
  /** What the provider should have heard of us in the end and did not; undefined: nothing is missing. */
  readonly missing?: (peer: HostilePeer) => string | undefined
}

const heardMethod = (peer: HostilePeer, method: string): readonly Heard[] =>
  peer.heard.filter(heard => heard.method === method)

const acknowledgedAndEnded = (peer: HostilePeer): string | undefined => {
  if (heardMethod(peer, 'ACK').length === 0) return 'no ACK'
  return heardMethod(peer, 'BYE').length === 0 ? 'no BYE' : undefined
}

const atMost = (method: string, count: number) => (peer: HostilePeer) => {
  const branches = new Set(heardMethod(peer, method).map(heard => /branch=([^;\r\n]+)/.exec(heard.text)?.[1]))
  return branches.size > count ? `${branches.size} times ${method}` : undefined
}

const answerBody = (invite: Heard, peer: HostilePeer): string => decentAnswer(invite, peer.address)

/** Answers as it should, then does what `after` says once that is acknowledged. */
function answeredThen(after: (invite: Heard, peer: HostilePeer) => void): Script {
  let invite: Heard | undefined
  return {
    INVITE(heard, peer) {
      invite = heard
      peer.answer(heard, 200, { body: answerBody(heard, peer) })
    },
    ACK(_heard, peer) {
      if (invite !== undefined) after(invite, peer)
      invite = undefined
    },
  }
}

const statusOf = (peer: HostilePeer, method: string): number | undefined =>
  peer.heard.find(heard => (heard.status ?? 0) >= 200 && heard.header('CSeq')?.endsWith(method) === true)?.status

const refusedRequest = (method: string) => (peer: HostilePeer) => {
  const status = statusOf(peer, method)
  return status === undefined || status < 400 ? `${method} got ${status}` : undefined
}

const CHALLENGE = (nonce: number): string =>
  `WWW-Authenticate: Digest realm="hostile", nonce="${nonce}", algorithm=MD5, qop="auth"`

/** Address that a redirection names; the test listens there. */
export const ELSEWHERE = { address: '127.0.0.49', port: 45_061 }

const DESCRIPTIONS: readonly HostileCase[] = [
  {
    name: '200 without a description',
    script: { INVITE: (heard, peer) => peer.answer(heard, 200) },
    call: 'refused',
    causes: ['protocol-error', 'media-refused', 'trunk-failed'],
    missing: acknowledgedAndEnded,
  },
  {
    name: '200 with RTP in clear where SRTP was offered',
    script: {
      INVITE: (heard, peer) => peer.answer(heard, 200, { body: sessionDescription(peer.address, 'RTP/AVP') }),
    },
    call: 'refused',
    causes: ['media-refused'],
    missing: acknowledgedAndEnded,
  },
  {
    name: '200 with SRTP and no key',
    script: {
      INVITE: (heard, peer) => peer.answer(heard, 200, { body: sessionDescription(peer.address, 'RTP/SAVP') }),
    },
    call: 'refused',
    causes: ['media-refused', 'protocol-error'],
    missing: acknowledgedAndEnded,
  },
  {
    name: '200 with a key that is too short',
    script: {
      INVITE: (heard, peer) =>
        peer.answer(heard, 200, { body: answerBody(heard, peer).replace(/inline:\S+/, 'inline:AAAA') }),
    },
    call: 'refused',
    causes: ['media-refused', 'protocol-error'],
    missing: acknowledgedAndEnded,
  },
  {
    name: '200 with a description that is none',
    script: { INVITE: (heard, peer) => peer.answer(heard, 200, { body: 'm=\0\x01\x02 v=0' }) },
    call: 'refused',
    causes: ['media-refused', 'protocol-error'],
    missing: acknowledgedAndEnded,
  },
  {
    name: 're-INVITE that asks for RTP in clear',
    script: answeredThen((invite, peer) =>
      peer.request(invite, 'INVITE', { body: sessionDescription(peer.address, 'RTP/AVP') }),
    ),
    call: 'answered',
    causes: ['normal'],
    missing: refusedRequest('INVITE'),
  },
]

const ANSWERS: readonly HostileCase[] = [
  {
    name: '200 twice, with other tags',
    script: {
      INVITE(heard, peer) {
        peer.answer(heard, 200, { body: answerBody(heard, peer), tag: 'one' })
        peer.answer(heard, 200, { body: answerBody(heard, peer), tag: 'two' })
      },
    },
    call: 'answered',
    causes: ['normal'],
    missing(peer) {
      const ended = new Set(heardMethod(peer, 'BYE').map(bye => /tag=(\w+)/.exec(bye.header('To') ?? '')?.[1]))
      return ended.has('one') && ended.has('two') ? undefined : `BYE for ${[...ended].join(', ')}`
    },
  },
  {
    name: '500 times 183, each with another tag and a description, then busy',
    script: {
      INVITE(heard, peer) {
        for (let i = 0; i < 500; i++) peer.answer(heard, 183, { tag: `storm${i}`, body: answerBody(heard, peer) })
        peer.answer(heard, 486)
      },
    },
    call: 'refused',
    causes: ['busy'],
  },
  {
    name: '200 after the CANCEL',
    script: {
      INVITE: (heard, peer) => peer.answer(heard, 180),
      CANCEL(heard, peer) {
        peer.answer(heard, 200)
        const invite = heardMethod(peer, 'INVITE').at(-1)!
        peer.answer(invite, 200, { body: answerBody(invite, peer) })
      },
    },
    call: 'cancelled',
    causes: ['cancelled'],
    missing: acknowledgedAndEnded,
  },
  {
    name: '200 with a Contact of 60,000 characters',
    script: {
      INVITE(heard, peer) {
        const contact = `Contact: <sip:${'a'.repeat(60_000)}@${peer.address}>`
        peer.answer(heard, 200, { body: answerBody(heard, peer), headers: [contact] })
      },
    },
    call: 'refused',
    causes: ['protocol-error', 'trunk-failed', 'no-answer'],
  },
  {
    // Nothing to send the BYE to but where the INVITE went: what lax providers do is borne.
    name: '200 without a Contact',
    script: {
      INVITE: (heard, peer) => peer.answer(heard, 200, { body: answerBody(heard, peer), headers: ['Contact:'] }),
    },
    call: 'answered',
    causes: ['normal'],
    missing: acknowledgedAndEnded,
  },
  {
    name: '200 for another branch, another call, another method',
    script: {
      INVITE(heard, peer) {
        const body = answerBody(heard, peer)
        peer.answer(heard, 200, { body, change: text => text.replace(/branch=[^;\r\n]+/, 'branch=z9hG4bKother') })
        peer.answer(heard, 200, { body, change: text => text.replace(/^Call-ID: .*$/m, 'Call-ID: another\r') })
        peer.answer(heard, 200, { body, change: text => text.replace(/^(CSeq: \d+) INVITE/m, '$1 BYE') })
      },
    },
    call: 'refused',
    causes: ['trunk-failed', 'no-answer', 'protocol-error'],
  },
  {
    name: 'octets that are no SIP',
    script: { INVITE: heard => heard.send(`SIP/2.0 200\0\x7f\xff\r\nVia:\r\n: \r\n\r\n${'\xfe'.repeat(5000)}`) },
    call: 'refused',
    causes: ['trunk-failed', 'no-answer', 'protocol-error', 'unreachable'],
  },
  {
    name: '200 that says it is longer than it is',
    script: {
      INVITE: (heard, peer) =>
        peer.answer(heard, 200, {
          body: answerBody(heard, peer),
          change: text => text.replace(/^Content-Length: \d+/m, 'Content-Length: 999999999'),
        }),
    },
    call: 'refused',
    causes: ['trunk-failed', 'no-answer', 'protocol-error', 'unreachable'],
  },
]

const WAYS: readonly HostileCase[] = [
  {
    name: '401 for ever',
    script: {
      INVITE: (heard, peer) => peer.answer(heard, 401, { headers: [CHALLENGE(peer.heard.length)] }),
    },
    call: 'refused',
    causes: ['trunk-failed'],
    missing: atMost('INVITE', 3),
  },
  {
    name: '302 to elsewhere',
    script: {
      INVITE(heard, peer) {
        const { address, port } = ELSEWHERE
        peer.answer(heard, 302, { headers: [`Contact: <sip:+882161234567@${address}:${port};transport=udp>`] })
      },
    },
    call: 'refused',
    causes: ['trunk-failed', 'protocol-error'],
    missing: atMost('INVITE', 1),
  },
  {
    name: 'never any answer',
    script: { INVITE() {}, CANCEL() {} },
    call: 'refused',
    causes: ['trunk-failed', 'no-answer'],
  },
  {
    name: '100, then silence',
    script: { INVITE: (heard, peer) => peer.answer(heard, 100, { tag: null }), CANCEL() {} },
    call: 'refused',
    causes: ['no-answer', 'trunk-failed'],
  },
  {
    name: 'it rings, then the connection is gone',
    script: {
      INVITE(heard, peer) {
        peer.answer(heard, 180)
        setTimeout(() => heard.close(), 200)
      },
    },
    call: 'refused',
    causes: ['trunk-failed', 'no-answer', 'unreachable'],
  },
]

const IN_DIALOG: readonly HostileCase[] = [
  {
    name: 'BYE at once, before the caller is connected',
    script: answeredThen((invite, peer) => peer.request(invite, 'BYE')),
    call: 'refused or ended',
    causes: ['normal', 'declined'],
  },
  {
    name: 'BYE after a moment',
    script: answeredThen((invite, peer) => void setTimeout(() => peer.request(invite, 'BYE'), 1000)),
    call: 'ended',
    causes: ['normal'],
  },
  {
    name: 'REFER to an expensive number',
    script: answeredThen((invite, peer) =>
      peer.request(invite, 'REFER', { headers: ['Refer-To: <sip:+882161234567@provider.example>'] }),
    ),
    call: 'answered',
    causes: ['normal'],
    missing: peer => refusedRequest('REFER')(peer) ?? atMost('INVITE', 1)(peer),
  },
  {
    name: 'BYE of another dialog',
    script: answeredThen((invite, peer) => peer.request(invite, 'BYE', { tag: 'another' })),
    call: 'answered',
    causes: ['normal'],
    missing: refusedRequest('BYE'),
  },
]

export const HOSTILE_CASES: readonly HostileCase[] = [...DESCRIPTIONS, ...ANSWERS, ...WAYS, ...IN_DIALOG]
