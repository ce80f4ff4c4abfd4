/** Authorization at the server: read, judged, and never right without the secret; a stranger's attempt leaves no trace. */
import assert from 'node:assert/strict'
import { ManualClock } from '../../../src/base/clock.ts'
import { createAuthenticator } from '../../../src/sip/auth/authenticator.ts'
import { readCredentials } from '../../../src/sip/auth/credentials.ts'
import { digestSecret } from '../../../src/sip/auth/digest.ts'
import { parseCredentials } from '../../../src/sip/message/challenge.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'

const REALM = 'example.com'
const URI = 'sip:example.com'
const secrets = {
  'SHA-256': digestSecret('SHA-256', 'dev-1', REALM, 'a password that nobody guesses'),
  MD5: digestSecret('MD5', 'dev-1', REALM, 'a password that nobody guesses'),
}
const authenticator = createAuthenticator({ clock: new ManualClock(), nonceKey: Buffer.alloc(32, 7) })
const nonce = /nonce="([^"]+)"/.exec(authenticator.challenge(REALM, 'peer', ['SHA-256'])[0]![1])![1]!

const credentials = (more: string): string =>
  `Digest username="dev-1", realm="${REALM}", nonce="${nonce}", uri="${URI}", cnonce="abc", nc=00000001, ${more}`

export const target: FuzzTarget = {
  name: 'digest-credentials',
  covers: [
    'src/sip/auth/authenticator.ts',
    'src/sip/auth/credentials.ts',
    'src/sip/auth/digest.ts',
    'src/sip/auth/nonce.ts',
    'src/sip/auth/uri-match.ts',
    'src/sip/message/challenge.ts',
  ],
  shape: 'text',
  seeds: texts(
    credentials(`qop=auth, algorithm=SHA-256, response="${'0'.repeat(64)}"`),
    credentials(`qop=auth-int, algorithm=MD5, response="${'a'.repeat(32)}", opaque="x"`),
    credentials(`response="${'a'.repeat(32)}"`),
    credentials(`qop=auth, response="${'a'.repeat(32)}"`).replace('username="dev-1"', "username*=UTF-8''dev%2d1"),
    'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    'Digest username="a\\"b", realm=""',
  ),
  maximumLength: 8_192,
  check(input) {
    const value = input.toString('latin1')
    const read = readCredentials(value)
    if (typeof read === 'object') assert.ok(read.username.length <= 256 && read.nc.length === 8)
    const parameters = parseCredentials(value)?.parameters
    assert.ok((parameters?.size ?? 0) <= 64)
    for (const algorithms of [['SHA-256', 'MD5'], ['MD5']] as const) {
      const judged = authenticator.verify({
        credentials: [value, value],
        method: 'REGISTER',
        requestUri: URI,
        realm: REALM,
        binding: 'peer',
        lookup: username => (username === 'dev-1' ? { secrets } : undefined),
        algorithms,
        body: input,
        server: { address: '192.0.2.1', port: 5061 },
      })
      assert.equal(judged.ok, false, 'credentials without the secret were taken')
    }
    assert.equal(authenticator.nonceCount, 0, 'a failed attempt is remembered')
  },
}
