/** Messages to start from: those of the RFCs' torture tests, and one of each kind that phones send. */
import { RFC4475 } from '../../conformance/vectors/rfc4475.ts'
import { RFC5118 } from '../../conformance/vectors/rfc5118.ts'
import { texts } from '../engine/target.ts'

export const SDP_SEED = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.7',
  's=-',
  'c=IN IP4 192.0.2.7',
  't=0 0',
  'm=audio 16000 RTP/SAVP 0 8 101',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=sendrecv',
  '',
].join('\r\n')

/** A whole message from a start line, further fields and a body. */
export function message(start: string, fields: readonly string[], body = ''): string {
  const method = /\d (\w+)/.exec(start)?.[1] ?? start.split(' ')[0]!
  const lines = [
    start,
    'Via: SIP/2.0/TLS 192.0.2.7:5061;branch=z9hG4bKnashds8;rport',
    'Max-Forwards: 70',
    'From: "A. Phone" <sip:201@example.com>;tag=1928301774',
    'To: <sip:202@example.com>',
    'Call-ID: a84b4c76e66710@192.0.2.7',
    `CSeq: 314159 ${start.startsWith('SIP') ? 'INVITE' : method}`,
    ...fields,
    `Content-Length: ${body.length}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

const CONTACT =
  'Contact: <sip:201@192.0.2.7:5061;transport=tls>;expires=3600;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>";reg-id=1'
const DIGEST =
  'Authorization: Digest username="dev-201-1", realm="example.com", nonce="0123456789", uri="sip:example.com", response="0123456789abcdef0123456789abcdef", cnonce="abcdef", nc=00000001, qop=auth, algorithm=MD5'
const DIALOG = ['Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>', 'Route: <sip:p1.example.com;lr>']

export const PHONE_MESSAGES: readonly string[] = [
  message('REGISTER sip:example.com SIP/2.0', [
    CONTACT,
    DIGEST,
    'Expires: 600',
    'Supported: path, outbound, gruu',
    'Path: <sip:p.example.com;lr>',
  ]),
  message('REGISTER sip:example.com SIP/2.0', ['Contact: *', 'Expires: 0']),
  message(
    'INVITE sip:202@example.com SIP/2.0',
    [
      CONTACT,
      'Supported: timer, 100rel, replaces',
      'Session-Expires: 1800;refresher=uac',
      'Min-SE: 90',
      'Allow: INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, REFER',
      'Content-Type: application/sdp',
    ],
    SDP_SEED,
  ),
  message('INVITE sip:202@example.com SIP/2.0', [
    CONTACT,
    'Replaces: 12345@192.0.2.3;to-tag=12345;from-tag=5FFE-3994;early-only',
    'Require: replaces',
  ]),
  message('ACK sip:202@example.com SIP/2.0', DIALOG),
  message('BYE sip:202@example.com SIP/2.0', [
    'Reason: Q.850;cause=16;text="Terminated"',
    DIGEST.replace('Auth', 'Proxy-Auth'),
  ]),
  message('CANCEL sip:202@example.com SIP/2.0', ['Reason: SIP;cause=200;text="Call completed elsewhere"']),
  message('OPTIONS sip:202@[2001:db8::1]:5061;transport=tls SIP/2.0', ['Accept: application/sdp, application/*;q=0.5']),
  message('PRACK sip:202@example.com SIP/2.0', ['RAck: 776656 1 INVITE']),
  message('UPDATE sip:202@example.com SIP/2.0', [CONTACT, 'Session-Expires: 90;refresher=uas', 'Require: timer']),
  message('REFER sip:202@example.com SIP/2.0', [
    CONTACT,
    'Refer-To: <sip:203@example.com?Replaces=1%40a%3Bto-tag%3Db%3Bfrom-tag%3Dc>',
    'Referred-By: <sip:201@example.com>',
  ]),
  message('SUBSCRIBE sip:202@example.com SIP/2.0', [CONTACT, 'Event: dialog;id=7', 'Expires: 60']),
  message(
    'NOTIFY sip:202@example.com SIP/2.0',
    [
      CONTACT,
      'Event: refer',
      'Subscription-State: terminated;reason=noresource',
      'Content-Type: message/sipfrag;version=2.0',
    ],
    'SIP/2.0 200 OK\r\n',
  ),
  message('INFO sip:202@example.com SIP/2.0', ['Content-Type: application/dtmf-relay'], 'Signal=5\r\nDuration=160'),
  message(
    'MESSAGE sip:202@example.com SIP/2.0',
    ['Content-Type: text/plain;charset=utf-8', 'Date: Sat, 13 Nov 2010 23:29:00 GMT'],
    'Hi',
  ),
  message('SIP/2.0 200 OK', [CONTACT, ...DIALOG, 'Content-Type: application/sdp'], SDP_SEED),
  message('SIP/2.0 183 Session Progress', [CONTACT, 'Require: 100rel', 'RSeq: 813520']),
  message('SIP/2.0 407 Proxy Authentication Required', [
    'Proxy-Authenticate: Digest realm="example.com", nonce="84a4cc6f", qop="auth,auth-int", algorithm=SHA-256, opaque=""',
  ]),
  message('SIP/2.0 422 Session Interval Too Small', ['Min-SE: 120', 'Warning: 399 example.com "too \\"small\\""']),
  message('SIP/2.0 503 Service Unavailable', ['Retry-After: 18000;duration=3600 (maintenance)']),
]

export const MESSAGE_SEEDS: readonly Buffer[] = [
  ...[...RFC4475, ...RFC5118].map(vector => vector.bytes).filter(bytes => bytes.length < 4000),
  ...texts(...PHONE_MESSAGES),
]
