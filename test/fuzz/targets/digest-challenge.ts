/** WWW-Authenticate at the client: a hostile server gets at most one answer, which can be read, and never the password. */
import assert from 'node:assert/strict'
import { answerChallenge, challengeNonce } from '../../../src/sip/auth/answer.ts'
import { parseChallenge, parseCredentials } from '../../../src/sip/message/challenge.ts'
import { decodeText } from '../../../src/sip/message/text.ts'
import { type FuzzTarget, texts } from '../engine/target.ts'

const PASSWORD = 'correct-horse-battery-staple'

export const target: FuzzTarget = {
  name: 'digest-challenge',
  covers: [
    'src/sip/auth/answer.ts',
    'src/sip/auth/digest.ts',
    'src/sip/message/challenge.ts',
    'src/sip/message/text.ts',
  ],
  shape: 'text',
  seeds: texts(
    'Digest realm="example.com", nonce="84a4cc6f", qop="auth", algorithm=SHA-256',
    'Digest realm="example.com", domain="sip:boxesbybob.com", nonce="1cec4341ae6cbe5a359ea9c8e88df84f", opaque="", stale=FALSE, algorithm=MD5',
    'Digest realm="a \\"b\\"", nonce="x", qop="auth-int, auth", algorithm=SHA-512-256, userhash=true',
    'Basic realm="x"',
    'Digest qop="auth-int",realm="",nonce="",algorithm=md5',
  ),
  maximumLength: 8_192,
  check(input) {
    const value = input.toString('latin1')
    const parsed = parseChallenge(value)
    assert.ok((parsed?.parameters.size ?? 0) <= 64)
    challengeNonce(value)
    const answer = answerChallenge({
      challengeHeaders: [value, value],
      username: 'j\u00f6rg "x"',
      password: PASSWORD,
      method: 'INVITE',
      uri: 'sip:202@example.com',
      body: input,
      cnonce: 'abcdef',
    })
    if (answer === undefined || /[\r\n]/.test(value)) return
    assert.ok(!answer.includes(PASSWORD))
    assert.ok(!/[\r\n\0]/.test(answer) || /\0/.test(value), 'a line end in a header of ours')
    const read = parseCredentials(answer)?.parameters
    assert.ok(read !== undefined, 'an answer that nobody can read')
    // What is echoed is what was said, whatever it held.
    for (const name of ['nonce', 'opaque']) assert.equal(read.get(name), parsed?.parameters.get(name), name)
    assert.equal(decodeText(read.get('username') ?? ''), 'j\u00f6rg "x"')
    assert.equal(decodeText(read.get('realm') ?? ''), decodeText(parsed?.parameters.get('realm') ?? ''))
  },
}
