import { repeat, succeeded, handshakeFailed, ATTACKER, OFFICE, SECOND, type SourceFixture } from '../story.ts'

export const attacks: readonly SourceFixture[] = [
  {
    name: 'handshakes that are left open',
    foundWithin: 122,
    target: 'address 203.0.113.9',
    observations: repeat(200, SECOND, (_, at) => [
      { kind: 'connected', at, source: ATTACKER },
      handshakeFailed(at + 5, ATTACKER, 'handshake timeout'),
    ]),
  },
  {
    name: 'old protocols and no TLS at all',
    foundWithin: 120,
    target: 'address 203.0.113.9',
    observations: repeat(200, SECOND, (i, at) =>
      handshakeFailed(at, ATTACKER, i % 2 === 0 ? 'not TLS' : 'TLS handshake failed: ERR_SSL_UNSUPPORTED_PROTOCOL'),
    ),
  },
  {
    name: 'renegotiation',
    foundWithin: 120,
    target: 'address 203.0.113.9',
    observations: repeat(200, SECOND, (_, at) => handshakeFailed(at, ATTACKER, 'renegotiation')),
  },
  {
    name: 'connections by the thousand that say nothing',
    foundWithin: 3_100,
    target: 'address 203.0.113.9',
    observations: repeat(6_000, 100, (_, at) => ({ kind: 'connected', at, source: ATTACKER })),
  },
]

export const benign: readonly SourceFixture[] = [
  {
    name: 'the power comes back: half of 5,000 handshakes time out before the first comes about',
    observations: repeat(5_000, 12, (i, at) =>
      i % 2 === 0
        ? [{ kind: 'connected', at, source: OFFICE }, handshakeFailed(at + 10 * SECOND, OFFICE, 'handshake timeout')]
        : [{ kind: 'connected', at, source: OFFICE }, succeeded(at + 20 * SECOND, OFFICE, `phone${i}`)],
    ),
  },
  {
    name: 'a hundred phones with a wrong clock do not accept our certificate',
    observations: repeat(5_000, 300, (_, at) =>
      handshakeFailed(at, OFFICE, 'TLS handshake failed: ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'),
    ),
  },
  {
    name: 'we have too much to do',
    observations: repeat(5_000, 300, (i, at) =>
      handshakeFailed(at, OFFICE, i % 2 === 0 ? 'too many handshakes' : 'too many connections'),
    ),
  },
]
