/** An endless row of hostile messages and packets for the doors of the server. */
import { loadCorpus } from '../engine/corpus.ts'
import { mutateMessage } from '../engine/mutate-message.ts'
import { mutateOctets } from '../engine/mutate-octets.ts'
import type { Random } from '../engine/random.ts'
import { message, MESSAGE_SEEDS, SDP_SEED } from '../targets/message-seeds.ts'
import { target as rtp } from '../targets/rtp.ts'
import { target as stun } from '../targets/stun.ts'

const STORED = ['sip-message', 'sip-inbound', 'signalling', 'websocket'].flatMap(loadCorpus)

/** A message in the categories of PROTOS c07. */
export function hostileMessage(random: Random): Buffer {
  const from = random.oneIn(3) && STORED.length > 0 ? STORED : MESSAGE_SEEDS
  const text = mutateMessage(
    random.pick(from).toString('latin1'),
    random.pick(MESSAGE_SEEDS).toString('latin1'),
    random,
  )
  return Buffer.from(text.slice(0, 60_000), 'latin1')
}

const PACKETS = [...rtp.seeds, ...stun.seeds, Buffer.from('16feff0000000000000000', 'hex'), Buffer.alloc(0)]

/** RTP, RTCP, STUN, the beginning of DTLS; `genuine`: what the phone itself sent, to be changed and sent again. */
export function hostilePacket(random: Random, genuine: readonly Buffer[]): Buffer {
  const from = genuine.length > 0 && random.oneIn(2) ? genuine : PACKETS
  return mutateOctets(random.pick(from), random.pick(PACKETS), random).subarray(0, 2_000)
}

const CONTACT = 'Contact: <sip:201@127.0.0.1:5999;transport=tls>'
const OFFER = ['Content-Type: application/sdp', CONTACT, 'Supported: timer, 100rel, replaces', 'Session-Expires: 1800']

/** Requests that an account may send, its own registration among them. */
const OWN: readonly string[] = [
  message('REGISTER sip:example.com SIP/2.0', [CONTACT, 'Expires: 600', 'Supported: path, outbound']),
  message('REGISTER sip:example.com SIP/2.0', ['Contact: *', 'Expires: 0']),
  message('INVITE sip:202@example.com SIP/2.0', OFFER, SDP_SEED),
  message('INVITE sip:999@example.com SIP/2.0', OFFER, SDP_SEED),
  message('INVITE sip:202@example.com SIP/2.0', [...OFFER, 'Replaces: a;to-tag=b;from-tag=c'], SDP_SEED),
  message('OPTIONS sip:202@example.com SIP/2.0', ['Accept: application/sdp']),
  message('SUBSCRIBE sip:202@example.com SIP/2.0', [CONTACT, 'Event: dialog', 'Expires: 60']),
  message('MESSAGE sip:202@example.com SIP/2.0', ['Content-Type: text/plain'], 'Hi'),
  message('REFER sip:202@example.com SIP/2.0', [CONTACT, 'Refer-To: <sip:302@example.com>']),
].map(text => (text.startsWith('REGISTER') ? text.replace('To: <sip:202@', 'To: <sip:201@') : text))

/** Within a dialog: what the account may send to its call. */
const WITHIN: readonly string[] = [
  message('INVITE sip:x SIP/2.0', OFFER, SDP_SEED),
  message('INVITE sip:x SIP/2.0', [CONTACT]),
  message('UPDATE sip:x SIP/2.0', OFFER, SDP_SEED),
  message('UPDATE sip:x SIP/2.0', [CONTACT, 'Session-Expires: 90;refresher=uac']),
  message('INFO sip:x SIP/2.0', ['Content-Type: application/dtmf-relay'], 'Signal=5\r\nDuration=160'),
  message('REFER sip:x SIP/2.0', [CONTACT, 'Refer-To: <sip:302@example.com>']),
  message('PRACK sip:x SIP/2.0', ['RAck: 1 1 INVITE']),
  message('ACK sip:x SIP/2.0', []),
  message(
    'NOTIFY sip:x SIP/2.0',
    ['Event: refer', 'Subscription-State: active', 'Content-Type: message/sipfrag'],
    'SIP/2.0 200 OK',
  ),
  message('BYE sip:x SIP/2.0', ['Reason: Q.850;cause=16']),
]

/** An ordinary call. */
export const INVITE: string = OWN[2]!

export function ownRequest(random: Random): string {
  return random.pick(OWN)
}

export function requestWithin(random: Random): string {
  return random.pick(WITHIN)
}

/** Changed by the grammar; four times of five it keeps what makes it a request of this account. */
export function disturb(text: string, random: Random): string {
  return random.oneIn(5) ? text : mutateMessage(text, random.pick(OWN), random)
}
