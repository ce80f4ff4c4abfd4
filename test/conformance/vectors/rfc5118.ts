/** RFC 5118, SIP Torture Test Messages for IPv6: all twelve. */
import { loadVectors } from './load.ts'

export const RFC5118 = loadVectors('rfc5118.txt', [
  ['4.1', 'ipv6-good', 'Valid SIP Message with an IPv6 Reference', 'valid', 'accept', 'any'],
  [
    '4.2',
    'ipv6-bad',
    'Invalid SIP Message with an IPv6 Reference',
    'respond 400: no brackets',
    '400 SIP_PARSE_REQUEST_URI',
    [400],
  ],
  ['4.3', 'port-ambiguous', 'Port Ambiguous in a SIP URI', 'valid: all of it is the address', 'accept', 'any'],
  ['4.4', 'port-unambiguous', 'Port Unambiguous in a SIP URI', 'valid: address and port', 'accept', 'any'],
  [
    '4.5',
    'via-received-param-with-delim',
    'IPv6 Reference Delimiters in Via Header',
    'must be parsed',
    'accept',
    'any',
  ],
  ['4.5', 'via-received-param-no-delim', 'IPv6 Reference Delimiters in Via Header', 'must be parsed', 'accept', 'any'],
  ['4.6', 'ipv6-in-sdp', 'SIP Request with IPv6 Addresses in SDP Body', 'valid', 'accept', 'any'],
  [
    '4.7',
    'mult-ip-in-header',
    'Multiple IP Addresses in SIP Headers',
    'valid: each Via of its own family',
    'accept',
    'any',
  ],
  ['4.8', 'mult-ip-in-sdp', 'Multiple IP Addresses in SDP', 'valid', 'accept', 'any'],
  ['4.9', 'ipv4-mapped-ipv6', 'IPv4-Mapped IPv6 Addresses', 'must be parsed', 'accept', 'any'],
  ['4.10', 'ipv6-bug-abnf-3-colons', 'IPv6 Reference Bug in RFC 3261 ABNF', 'must be tolerated', 'accept', 'any'],
  ['4.10', 'ipv6-correct-abnf-2-colons', 'IPv6 Reference Bug in RFC 3261 ABNF', 'valid', 'accept', 'any'],
])
