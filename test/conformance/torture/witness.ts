/**
 * `npm run conformance:witness`: the torture messages and the hostile octets over TLS, to Ringfence and to Debian's Kamailio in
 * one run; writes docs/conformance-witness.md. A command of its own: CI proves our side alone.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestAuthority } from '../../../src/sip/transport/test-certificates.ts'
import { peerVersion } from '../../support/peers.ts'
import { repositoryRoot, temporaryFolder } from '../../support/places.ts'
import { RFC4475 } from '../vectors/rfc4475.ts'
import { RFC5118 } from '../vectors/rfc5118.ts'
import type { Vector } from '../vectors/load.ts'
import { prepareGround } from './ground.ts'
import { HOSTILE, type Hostile, hostileOctets } from './hostile.ts'
import { startStockKamailio } from './kamailio.ts'
import { type Outcome, TorturePeer } from './peer.ts'
import { RFC4475_SPECIALS, RFC5118_SPECIALS, type Special } from './specials.ts'
import { checkAnswers, describeOutcome, statusOf } from './vectors.ts'

const DOCUMENT = 'docs/conformance-witness.md'
/** An answer takes milliseconds: five seconds without one is a hang. */
const HANG_MS = 5_000

interface Seen {
  readonly words: string
  readonly asDemanded: boolean
}

/** Where the RFC lets an element be liberal, or asks no more of a proxy than to pass the request on: one final answer, whatever it is. */
const LENIENT: ReadonlySet<string> = new Set(
  'ltgtruri lwsstart trws escruri regbadct badaspec baddn badbranch regaut01 invut sdp01'.split(' '),
)

type Judge = (outcome: Outcome) => boolean

async function look(peer: TorturePeer, bytes: Buffer, judge: Judge): Promise<Seen> {
  try {
    const { answers, closed } = await peer.exchange(bytes)
    const outcome = { answers: answers.filter(text => !text.startsWith('SIP/2.0 1')), closed }
    return { words: describeOutcome(outcome), asDemanded: judge(outcome) }
  } catch {
    peer.close()
    return { words: 'nothing more is answered on this connection', asDemanded: false }
  }
}

function judgeVector(vector: Vector, special: Special): Judge {
  return ({ answers, closed }) => {
    const statuses = answers.map(statusOf)
    // Without Content-Length there is no message on a stream (RFC 3261 §18.3).
    if (vector.name === 'inv2543') return closed
    if (LENIENT.has(vector.name) && statuses.length === 1 && !closed) return true
    if (closed !== (special.closes === true)) return false
    if (special.stream !== undefined) return special.stream.join() === statuses.join() || statuses[0] === 200
    try {
      checkAnswers(special.statuses ?? vector.answers, statuses, vector.name)
      return true
    } catch {
      return false
    }
  }
}

/** "A clear error or a close": not taken, and not passed over while the peer waits. */
function judgeHostile({ unanswerable }: Hostile): Judge {
  return ({ answers, closed }) => {
    const [first] = answers
    if (first === undefined) return closed
    return unanswerable !== true && [400, 413, 414, 513].includes(statusOf(first))
  }
}

interface Case {
  readonly cells: string
  readonly bytes: Buffer
  readonly judge: Judge
}

function vectorCases(rfc: string, vectors: readonly Vector[], specials: Readonly<Record<string, Special>>): Case[] {
  return vectors
    .filter(({ name }) => specials[name]?.apart !== true)
    .map(vector => ({
      cells: `${rfc} §${vector.section} | ${vector.name} | ${vector.demand.replaceAll('|', '\\|')}`,
      bytes: vector.bytes,
      judge: judgeVector(vector, specials[vector.name] ?? {}),
    }))
}

function hostileCases(): Case[] {
  return HOSTILE.map(hostile => ({
    cells: `RFC 3261 ${hostile.section} | ${hostile.scenario} | a clear error or a close`,
    bytes: Buffer.from(hostileOctets(hostile, 'TLS'), 'latin1'),
    judge: judgeHostile(hostile),
  }))
}

async function run(ours: TorturePeer, theirs: TorturePeer, title: string, cases: readonly Case[]): Promise<string> {
  const lines: string[] = []
  const right = { ours: 0, theirs: 0 }
  for (const { cells, bytes, judge } of cases) {
    const [a, b] = [await look(ours, bytes, judge), await look(theirs, bytes, judge)]
    if (a.asDemanded) right.ours++
    if (b.asDemanded) right.theirs++
    lines.push(`| ${cells} | ${mark(a)} | ${mark(b)} |`)
  }
  const head = '| section | message | demanded | Ringfence | Kamailio |\n|---|---|---|---|---|'
  const count = `As demanded: Ringfence ${right.ours} of ${cases.length}, Kamailio ${right.theirs} of ${cases.length}.`
  return `\n## ${title}\n\n${count}\n\n${head}\n${lines.join('\n')}\n`
}

function mark({ words, asDemanded }: Seen): string {
  return asDemanded ? words : `**otherwise:** ${words}`
}

async function main(): Promise<void> {
  const version = peerVersion('kamailio')
  if (version === undefined) throw new Error('kamailio is not installed: apt-get install kamailio kamailio-tls-modules')
  const folder = temporaryFolder('witness')
  const authority = await createTestAuthority()
  const identity = await authority.issue(['127.0.0.1'])
  const [certificate, privateKey] = [join(folder.path, 'certificate.pem'), join(folder.path, 'key.pem')]
  writeFileSync(certificate, identity.certificateChainPem)
  writeFileSync(privateKey, identity.privateKeyPem, { mode: 0o600 })
  const ground = await prepareGround('witness')
  const kamailio = await startStockKamailio(folder, certificate, privateKey)
  const common = { protocol: 'TLS', address: '127.0.0.1', hangMs: HANG_MS, credentials: ground.phone } as const
  const ours = ground.peer('TLS')
  const theirs = new TorturePeer({
    ...common,
    port: kamailio.port,
    ca: authority.certificatePem,
    localAddress: '127.0.0.2',
    registers: false,
  })
  try {
    const parts = [
      await run(ours, theirs, 'RFC 4475', vectorCases('RFC 4475', RFC4475, RFC4475_SPECIALS)),
      await run(ours, theirs, 'RFC 5118', vectorCases('RFC 5118', RFC5118, RFC5118_SPECIALS)),
      await run(ours, theirs, 'Hostile octets and sizes', hostileCases()),
    ]
    writeFileSync(join(repositoryRoot, DOCUMENT), `${introduction(version)}${parts.join('')}`)
    process.stdout.write(`${DOCUMENT}: written\n`)
  } finally {
    theirs.close()
    await kamailio.stop()
    await ground.stop()
    folder.remove()
  }
}

function introduction(version: string): string {
  return `# Torture messages, beside Kamailio

The messages of [conformance.md](conformance.md) that attack the parser, sent over TLS to Ringfence and to Debian's Kamailio
${version} with the configuration that Debian installs, TLS switched on and \`example.com\` made its domain. Each message is followed
by a well-formed REGISTER: where that is not answered within ${HANG_MS / 1000} s on the same connection, or on the next one after a
close, the connection hangs. Where the RFC lets an element be liberal, or asks no more of a proxy than to pass the request on, any
one final answer counts. \`clerr\` (§3.1.2.2), which a stream never ends, is left out.

This file is written by \`npm run conformance:witness\` from one run with both.
`
}

await main()
