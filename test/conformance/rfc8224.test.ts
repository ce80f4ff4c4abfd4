/** Caller identity (RFC 8224, 8225, 8226, 8588), case by case: what a verifier has to say, and what ours says. Writes docs/caller-identity.md. */
import assert from 'node:assert/strict'
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign as signRaw,
  verify as verifyRaw,
  X509Certificate,
} from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { isSignedBy, signingInput } from '../../src/stir/passport.ts'
import { createSigner } from '../../src/stir/signer.ts'
import type { Verification, VerifyInput } from '../../src/stir/types.ts'
import { createVerifier } from '../../src/stir/verifier.ts'
import { checkGenerated } from '../documentation/generated.ts'
import { issue, numberRange, oneNumber, provider, rootAuthority, type Signatory } from '../support/caller-identity.ts'

const clock = new ManualClock()
const NOW = Date.UTC(2026, 10, 20, 12)
const URL = 'https://cert.example/shaken.pem'
const [CALLER, CALLEE] = ['12155550101', '12155550102']
const ORIGIN = '123e4567-e89b-12d3-a456-426655440000'

interface Hands {
  root: Signatory
  other: Signatory
  middle: Signatory
  leaf: Signatory
}
const hands = {} as Hands
let served: string | Error
let folder = ''

before(async () => {
  clock.advance(NOW - clock.now())
  hands.root = await rootAuthority(NOW)
  hands.other = await rootAuthority(NOW, 'Somebody else')
  hands.middle = await issue(hands.root, NOW, 'Test STI-CA 2', { ca: true })
  hands.leaf = await issue(hands.middle, NOW, 'Example Telephone')
  folder = mkdtempSync(join(tmpdir(), 'ringfence-stir-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

type Parts = { readonly [name: string]: unknown }
interface Making {
  readonly header?: Parts
  readonly payload?: Parts
  readonly key?: string
  /** Changes the token after signing. */
  readonly after?: (token: string) => string
  readonly info?: string
  readonly parameters?: string
  /** The payload as text, instead. */
  readonly body?: string
}

function seconds(offset = 0): number {
  return Math.floor(clock.now() / 1_000) + offset
}

/** A header field made by hand, from Node's primitives alone: not by the code under test. */
function identity(making: Making = {}): string {
  const header = { alg: 'ES256', ppt: 'shaken', typ: 'passport', x5u: URL, ...making.header }
  const payload = {
    attest: 'A',
    dest: { tn: [CALLEE] },
    iat: seconds(),
    orig: { tn: CALLER },
    origid: ORIGIN,
    ...making.payload,
  }
  const encode = (text: string): string => Buffer.from(text).toString('base64url')
  const input = `${encode(JSON.stringify(header))}.${encode(making.body ?? JSON.stringify(payload))}`
  const key = createPrivateKey(making.key ?? hands.leaf.privateKeyPem)
  const signature = signRaw('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  const token = (making.after ?? (each => each))(`${input}.${signature}`)
  return `${token};info=<${making.info ?? URL}>${making.parameters ?? ';alg=ES256;ppt="shaken"'}`
}

function verifier() {
  return createVerifier({
    clock,
    trustAnchors: [new X509Certificate(hands.root.pem)],
    fetchCertificate: async () => {
      if (served instanceof Error) throw served
      return served
    },
  })
}

async function judge(
  headers: readonly string[],
  more: Partial<VerifyInput> = {},
  chain?: string | Error,
): Promise<Verification> {
  served = chain ?? hands.leaf.pem + hands.middle.pem
  return verifier().verify({ identityHeaders: headers, from: `+${CALLER}`, to: `+${CALLEE}`, date: undefined, ...more })
}

interface Case {
  readonly source: string
  readonly what: string
  readonly expected: string
  run(): Promise<Verification>
}

function outcomeOf(verification: Verification): string {
  if (verification.outcome === 'passed') return `passed, attestation ${verification.attestation}`
  return verification.outcome === 'none' ? 'none' : `failed: ${verification.fault}`
}

function one(source: string, what: string, expected: string, making: Making, more?: Partial<VerifyInput>): Case {
  return { source, what, expected, run: () => judge([identity(making)], more) }
}

/** The chain that the server gives. */
function chained(
  source: string,
  what: string,
  expected: string,
  chain: () => Promise<{ pem: string; key?: string }>,
): Case {
  const run = async (): Promise<Verification> => {
    const { pem, key } = await chain()
    return judge([identity(key === undefined ? {} : { key })], {}, pem)
  }
  return { source, what, expected, run }
}

async function leafWith(
  options: Parameters<typeof issue>[3],
  issuer = hands.middle,
): Promise<{ pem: string; key: string }> {
  const leaf = await issue(issuer, NOW, 'Example Telephone', options)
  return { pem: leaf.pem + hands.middle.pem, key: leaf.privateKeyPem }
}

const CASES: readonly Case[] = [
  one('8588 §5', 'a call with full attestation', 'passed, attestation A', {}),
  one('8588 §4', 'with partial attestation', 'passed, attestation B', { payload: { attest: 'B' } }),
  one('8588 §4', 'from a gateway', 'passed, attestation C', { payload: { attest: 'C' } }),
  { source: '8224 §6.2.2', what: 'no Identity header field', expected: 'none', run: () => judge([]) },
  one('8224 §6.2.1', 'a token of an hour ago', 'failed: stale-date', { payload: { iat: 1_795_172_400 - 7_200 } }),
  {
    source: '8224 §6.2.1',
    what: 'a token of 61 seconds ago',
    expected: 'failed: stale-date',
    run: () => judge([identity({ payload: { iat: seconds(-61) } })]),
  },
  {
    source: '8224 §6.2.1',
    what: 'a token of 59 seconds ago',
    expected: 'passed, attestation A',
    run: () => judge([identity({ payload: { iat: seconds(-59) } })]),
  },
  {
    source: '8224 §6.2.1',
    what: 'a token of two minutes ahead',
    expected: 'failed: stale-date',
    run: () => judge([identity({ payload: { iat: seconds(120) } })]),
  },
  {
    source: '8224 §6.2.1',
    what: 'Date of yesterday beside a fresh token',
    expected: 'failed: stale-date',
    run: () => judge([identity()], { date: new Date(NOW - 86_400_000).toUTCString() }),
  },
  {
    source: '8224 §6.2.1',
    what: 'Date that is no date',
    expected: 'failed: stale-date',
    run: () => judge([identity()], { date: 'soon' }),
  },
  {
    source: '8224 §6.2.1',
    what: 'Date of now',
    expected: 'passed, attestation A',
    run: () => judge([identity()], { date: new Date(NOW).toUTCString() }),
  },
  one('8224 §6.2.1', 'another caller than is signed', 'failed: wrong-caller', {}, { from: '+12155550199' }),
  one('8224 §8.3', 'the same caller with separators', 'passed, attestation A', {}, { from: '+1 (215) 555-0101' }),
  one('8588 §6', 'a caller who is withheld', 'passed, attestation A', {}, { from: undefined }),
  one('8224 §6.2.1', 'another callee than is signed', 'failed: wrong-callee', {}, { to: '+12155550199' }),
  one('8225 §5.2.1', 'several callees, ours among them', 'passed, attestation A', {
    payload: { dest: { tn: ['12155550777', CALLEE] } },
  }),
  one('8225 §5.2.1', 'the caller with a plus sign in the token', 'failed: invalid-identity', {
    payload: { orig: { tn: `+${CALLER}` } },
  }),
  one('8225 §5.2.1', 'the caller in digits of another script', 'failed: invalid-identity', {
    payload: { orig: { tn: '١٢١٥٥٥٥٠١٠١' } },
  }),
  one('8588 §3', 'the caller as a URI', 'failed: invalid-identity', {
    payload: { orig: { uri: 'sip:alice@example.com' } },
  }),
  one('8588 §4', 'an attestation D', 'failed: invalid-identity', { payload: { attest: 'D' } }),
  one('8588 §4', 'no attestation', 'failed: invalid-identity', { payload: { attest: undefined } }),
  one('8588 §5', 'no origid', 'failed: invalid-identity', { payload: { origid: undefined } }),
  one('8225 §5.1.1', 'iat as text', 'failed: invalid-identity', { payload: { iat: '1795176000' } }),
  one('8225 §6', 'alg none', 'failed: invalid-identity', {
    header: { alg: 'none' },
    after: token => `${token.split('.').slice(0, 2).join('.')}.AA`,
  }),
  one('8225 §6', 'alg RS256', 'failed: invalid-identity', { header: { alg: 'RS256' } }),
  {
    source: '8725 §3.1',
    what: 'HMAC with the public key as its secret',
    expected: 'failed: invalid-identity',
    run: () => {
      const forge = (token: string): string => {
        const [head, body] = token.split('.') as [string, string]
        return `${head}.${body}.${createHmac('sha256', hands.leaf.pem).update(`${head}.${body}`).digest('base64url')}`
      }
      return judge([identity({ header: { alg: 'HS256' }, after: forge, parameters: ';ppt=shaken' })])
    },
  },
  one('8224 §4', 'another algorithm in the header field', 'failed: invalid-identity', {
    parameters: ';alg=RS256;ppt=shaken',
  }),
  {
    source: '7518 §3.4',
    what: 'a signature in DER instead of R and S',
    expected: 'failed: invalid-identity',
    run: () =>
      judge([
        identity({
          after: token => {
            const [head, body] = token.split('.') as [string, string]
            return `${head}.${body}.${signRaw('sha256', Buffer.from(`${head}.${body}`), createPrivateKey(hands.leaf.privateKeyPem)).toString('base64url')}`
          },
        }),
      ]),
  },
  one('8225 §4', 'one octet of the signature changed', 'failed: invalid-identity', {
    after: token =>
      token
        .replace(/.$/, last => (last === 'A' ? 'B' : 'A'))
        .replace(/(\.[^.]{20})./, (_all, start: string) => `${start}-`),
  }),
  one('8225 §4', 'a payload that was changed after it was signed', 'failed: invalid-identity', {
    after: token => {
      const [head, , tail] = token.split('.') as [string, string, string]
      const body = { attest: 'A', dest: { tn: [CALLEE] }, iat: seconds(), orig: { tn: CALLER }, origid: 'forged' }
      return `${head}.${Buffer.from(JSON.stringify(body)).toString('base64url')}.${tail}`
    },
  }),
  {
    source: '8224 §6.2.2',
    what: 'signed with another key',
    expected: 'failed: invalid-identity',
    run: async () => judge([identity({ key: (await issue(hands.middle, NOW, 'x')).privateKeyPem })]),
  },
  one('7515 §4', 'a member twice: two readers, two callers', 'failed: invalid-identity', {
    get body() {
      return `{"attest":"A","dest":{"tn":["${CALLEE}"]},"iat":${seconds()},"orig":{"tn":"12155550666"},"orig":{"tn":"${CALLER}"},"origid":"x"}`
    },
  }),
  one('7515 §4.1.11', 'an extension that has to be understood (crit)', 'failed: invalid-identity', {
    header: { crit: ['x'] },
  }),
  one('8225 §4.1', 'another typ', 'failed: invalid-identity', { header: { typ: 'JWT' } }),
  one('8224 §4', 'info names another certificate than x5u', 'failed: invalid-identity', {
    info: 'https://cert.example/other.pem',
  }),
  {
    source: '8224 §4',
    what: 'no info',
    expected: 'failed: bad-info',
    run: () => judge([identity().replace(/;info=<[^>]*>/, '')]),
  },
  one('8224 §4', 'a header field of 5,000 characters', 'failed: invalid-identity', {
    payload: { origid: 'x'.repeat(5_000) },
  }),
  {
    source: '8224 §4',
    what: 'no token at all',
    expected: 'failed: invalid-identity',
    run: () => judge([`;info=<${URL}>`]),
  },
  {
    source: '8224 §7',
    what: 'a compact token',
    expected: 'failed: invalid-identity',
    run: () => judge([identity({ after: token => `..${token.split('.')[2]}` })]),
  },
  {
    source: '8224 §6.2',
    what: 'of two header fields the second is good',
    expected: 'passed, attestation A',
    run: () => judge([identity({ payload: { attest: 'D' } }), identity()]),
  },
  {
    source: '8224 §6.2',
    what: 'a kind that is not known here, alone',
    expected: 'failed: invalid-identity',
    run: () => judge([identity({ header: { ppt: 'div' }, parameters: ';ppt=div' })]),
  },
  {
    source: '8224 §12.1',
    what: 'the same token a second time',
    expected: 'failed: replayed',
    run: async () => {
      served = hands.leaf.pem + hands.middle.pem
      const same = verifier()
      const input = { identityHeaders: [identity()], from: `+${CALLER}`, to: `+${CALLEE}`, date: undefined }
      assert.equal((await same.verify(input)).outcome, 'passed')
      return same.verify(input)
    },
  },
  {
    source: '8224 §6.2.2',
    what: 'the certificate cannot be fetched',
    expected: 'failed: bad-info',
    run: () => judge([identity()], {}, new Error('no route')),
  },
  chained('8226 §7', 'the intermediate certificate is missing', 'failed: unsupported-credential', async () => ({
    pem: hands.leaf.pem,
  })),
  chained('8226 §7', 'an authority that is not trusted', 'failed: unsupported-credential', async () => {
    const leaf = await issue(hands.other, NOW, 'x')
    return { pem: leaf.pem + hands.other.pem, key: leaf.privateKeyPem }
  }),
  chained(
    '8226 §7',
    'a certificate that issues another, without being an authority',
    'failed: unsupported-credential',
    async () => {
      const leaf = await issue(hands.leaf, NOW, 'x')
      return { pem: leaf.pem + hands.leaf.pem + hands.middle.pem, key: leaf.privateKeyPem }
    },
  ),
  chained('5280 §6.1.3', 'an expired certificate', 'failed: unsupported-credential', () =>
    leafWith({ notBefore: NOW - 9e8, notAfter: NOW - 1_000 }),
  ),
  chained('5280 §6.1.3', 'a certificate of tomorrow', 'failed: unsupported-credential', () =>
    leafWith({ notBefore: NOW + 86_400_000 }),
  ),
  chained('8226 §4', 'a certificate without TNAuthList', 'failed: unsupported-credential', () =>
    leafWith({ authority: null }),
  ),
  chained('8226 §9', 'for this one number', 'passed, attestation A', () => leafWith({ authority: oneNumber(CALLER) })),
  chained('8226 §9', 'for another number', 'failed: unsupported-credential', () =>
    leafWith({ authority: oneNumber('12155550199') }),
  ),
  chained('8226 §9', 'for a range that ends with this number', 'passed, attestation A', () =>
    leafWith({ authority: numberRange('12155550100', 2) }),
  ),
  chained('8226 §9', 'for a range that ends before it', 'failed: unsupported-credential', () =>
    leafWith({ authority: numberRange('12155550100', 1) }),
  ),
  chained('8226 §9', 'a TNAuthList that is cut off', 'failed: unsupported-credential', () =>
    leafWith({ authority: provider('709J').subarray(0, 4) }),
  ),
  chained('5280 §4.2.1.3', 'a key that may not sign', 'failed: unsupported-credential', () => leafWith({ usage: 32 })),
  chained('8226 §4', 'an authority that signs calls itself', 'failed: unsupported-credential', () =>
    leafWith({ ca: true }),
  ),
  chained('8226 §4', 'what was fetched is a web page', 'failed: unsupported-credential', async () => ({
    pem: '<html></html>',
  })),
]

test('every case has the outcome that the RFCs demand', async t => {
  for (const { source, what, expected, run } of CASES) {
    const verification = await run()
    await t.test(`RFC ${source}: ${what}`, () => assert.equal(outcomeOf(verification), expected, verification.detail))
  }
})

test('the example of RFC 8225, appendix A: its header is ours, and an example signature of its authors verifies', () => {
  const header =
    'eyJhbGciOiJFUzI1NiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9jZXJ0LmV4YW1wbGUub3JnL3Bhc3Nwb3J0LmNlciJ9'
  assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), {
    alg: 'ES256',
    typ: 'passport',
    x5u: 'https://cert.example.org/passport.cer',
  })
  // Key and signature of draft-ietf-stir-passport; those printed in the RFC do not belong together.
  const publicKey = createPublicKey(
    '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8HNbQd/TmvCKwPKHkMF9fScavGeH\n78YTU8qLS8I5HLHSSmlATLcslQMhNC/OhlWBYC626nIlo7XeebYS7Sb37g==\n-----END PUBLIC KEY-----',
  )
  const input = `${header}.eyJkZXN0Ijp7InVyaSI6WyJzaXA6YWxpY2VAZXhhbXBsZS5jb20iXX0sImlhdCI6IjE0NDMyMDgzNDUiLCJvcmlnIjp7InRuIjoiMTIxNTU1NTEyMTIifX0`
  const text = 'rq3pjT1hoRwakEGjHCnWSwUnshd0-zJ6F1VOgFWSjHBr8Qjpjlk-cpFYpFYsojNCpTzO3QfPOlckGaS6hEck7w'
  const signature = Buffer.from(text, 'base64url')
  assert.ok(isSignedBy({ input, signature }, publicKey))
  assert.ok(!isSignedBy({ input: `${input}A`, signature }, publicKey))
})

test('what we sign is in the one order of RFC 8225 §9, and verifies with OpenSSL and with our own verifier', async () => {
  const signer = createSigner({ privateKeyPem: hands.leaf.privateKeyPem, certificateUrl: URL, clock })
  const value = await signer.sign({ from: `+${CALLER}`, to: `+${CALLEE}`, attestation: 'A', originId: ORIGIN })
  const [token = ''] = value.split(';')
  const [head = '', body = '', tail = ''] = token.split('.')
  const read = (part: string): string => Buffer.from(part, 'base64url').toString()
  assert.equal(read(head), `{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"${URL}"}`)
  assert.equal(
    read(body),
    `{"attest":"A","dest":{"tn":["${CALLEE}"]},"iat":${seconds()},"orig":{"tn":"${CALLER}"},"origid":"${ORIGIN}"}`,
  )
  assert.match(value, /;info=<https:\/\/cert\.example\/shaken\.pem>;alg=ES256;ppt=shaken$/)
  assert.equal((await judge([value])).outcome, 'passed')
  // OpenSSL's command wants DER: R and S as two integers.
  const raw = Buffer.from(tail, 'base64url')
  const integer = (part: Buffer): Buffer => {
    const minimal = part.subarray(part.findIndex(octet => octet !== 0))
    const padded = minimal[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), minimal]) : minimal
    return Buffer.concat([Buffer.from([2, padded.length]), padded])
  }
  const content = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))])
  writeFileSync(join(folder, 'signature'), Buffer.concat([Buffer.from([0x30, content.length]), content]))
  writeFileSync(join(folder, 'input'), `${head}.${body}`)
  writeFileSync(
    join(folder, 'key.pem'),
    new X509Certificate(hands.leaf.pem).publicKey.export({ type: 'spki', format: 'pem' }),
  )
  const options = [
    'dgst',
    '-sha256',
    '-verify',
    join(folder, 'key.pem'),
    '-signature',
    join(folder, 'signature'),
    join(folder, 'input'),
  ]
  assert.match(execFileSync('openssl', options).toString(), /Verified OK/)
  const input = signingInput(
    { from: CALLER, to: [CALLEE], attestation: 'A', originId: ORIGIN, issuedAt: seconds() },
    URL,
  )
  assert.equal(input, `${head}.${body}`)
  assert.ok(
    verifyRaw(
      'sha256',
      Buffer.from(input),
      { key: createPublicKey(hands.leaf.privateKeyPem), dsaEncoding: 'ieee-p1363' },
      raw,
    ),
  )
})

test('keys of another kind and addresses that nobody fetches are refused', async () => {
  const { key } = await leafWith({ curve: 'P-384' })
  assert.throws(() => createSigner({ privateKeyPem: key, certificateUrl: URL, clock }), /P-256/)
  assert.throws(
    () => createSigner({ privateKeyPem: hands.leaf.privateKeyPem, certificateUrl: 'http://cert.example/x', clock }),
    /https/,
  )
})

test('docs/caller-identity.md lists the cases', () => {
  assert.ok(CASES.length >= 40)
  const rows = CASES.map(({ source, what, expected }) => `| ${source} | ${what} | ${expected} |`)
  checkGenerated('docs/caller-identity.md', `${PAGE}\n${rows.join('\n')}\n`)
})

const PAGE = `# Who is calling

Written by \`UPDATE_DOCS=true node --test test/conformance/rfc8224.test.ts\`, from the cases that it runs.

## Calls that go out

An extension is shown with a number that the organisation owns, and with no other: its own, the organisation's, or the first. Who
withholds it (\`ringfence extension calling 101 --privacy\`) is \`Anonymous\` to the callee; the provider learns the number with
\`Privacy: id\` (RFC 3323, RFC 3325). With a key in the configuration (\`callerIdentity\`) and \`--sign-identity\` on a trunk, calls are signed
(RFC 8224, RFC 8588) with attestation A: the caller has proved who it is, and the number is ours. Nothing else is ever signed.

## Calls that come in

P-Asserted-Identity of the trunk counts before From. Signatures are verified where trust anchors are configured; the attestation is in the
call's record. Two things are never shown as the caller: **a number of ours that comes from outside** (unless its signature passed with
attestation A), and **a caller whose signature is wrong**. The phone shows "Unverified: +49…" and no number to call back, and
\`caller-identity.spoofed\` is in the log. Such a call still rings: a colleague's mobile that forwards a call looks the same.

Certificates are fetched over HTTPS on port 443 or 8443, from addresses of the public internet only, within two seconds, at most 64 kB,
without following anybody elsewhere; they are kept as long as the server says, within a minute and a day.

## The cases

| RFC | what comes | outcome |
|---|---|---|`
