/** Runs torture messages against the running product: as a phone that is registered, over each transport, and as a stranger. */
import assert from 'node:assert/strict'
import { conformance } from '../table/conformance.ts'
import type { Vector } from '../vectors/load.ts'
import { acknowledge, assertEchoes, headerValues } from './echo.ts'
import { PROTOCOLS } from './ground.ts'
import type { Special } from './specials.ts'
import type { Outcome, Protocol, TorturePeer } from './peer.ts'

export interface VectorRun {
  readonly rfc: string
  readonly vectors: readonly Vector[]
  readonly specials: Readonly<Record<string, Special>>
  readonly peers: () => ReadonlyMap<Protocol, TorturePeer>
  readonly stranger: () => TorturePeer
}

export function runVectors({ rfc, vectors, specials, peers, stranger }: VectorRun): void {
  for (const vector of vectors) {
    const special = specials[vector.name] ?? {}
    if (special.apart === true) continue
    const { section, name, title, demand } = vector
    conformance(`${rfc} §${section}`, `${name}: ${title}`, demand, async () => {
      // The stranger comes first, over TLS: over UDP an answer is kept, and later copies are its retransmissions.
      const strange = await asStranger(vector, stranger())
      const seen = new Map<string, string>()
      for (const protocol of PROTOCOLS) seen.set(protocol, await asPhone(vector, special, peers().get(protocol)!))
      seen.set('a stranger', strange)
      const words = summary(seen)
      return special.remark === undefined ? words : `${words}. ${special.remark}`
    })
  }
}

async function asPhone(vector: Vector, special: Special, peer: TorturePeer): Promise<string> {
  const datagram = peer.protocol === 'UDP'
  const original = vector.bytes.toString('latin1')
  const text = datagram && special.datagram !== undefined ? special.datagram(original) : original
  const outcome = await peer.exchange(Buffer.from(text, 'latin1'))
  const expected = datagram ? undefined : special.stream
  const statuses = outcome.answers.map(statusOf)
  const where = `${vector.name} over ${peer.protocol}: ${statuses.join(' ')}`
  if (expected !== undefined) assert.deepEqual(statuses, expected, where)
  else checkAnswers(special.statuses ?? vector.answers, statuses, where)
  assert.equal(outcome.closed, !datagram && special.closes === true, `${where}, closed: ${outcome.closed}`)
  const [first] = outcome.answers
  if (first !== undefined) {
    assertEchoes(text, first)
    assertExplains(first)
    if (text.startsWith('INVITE ') && /^call-id|^i\s*:/im.test(text)) await peer.tell(acknowledge(text, first))
  }
  return describeOutcome(outcome)
}

/** The policy for strangers: REGISTER is challenged, what is malformed is refused, the rest is dropped without a word. */
async function asStranger(vector: Vector, peer: TorturePeer): Promise<string> {
  const outcome = await peer.exchange(vector.bytes)
  const text = vector.bytes.toString('latin1')
  const statuses = outcome.answers.map(statusOf)
  if (vector.outcome.kind === 'refuse') assert.equal(statuses[0], vector.outcome.status)
  else if (!text.startsWith('REGISTER ') && !outcome.closed) assert.deepEqual(statuses, [])
  for (const status of statuses) assert.ok(status >= 400, `a stranger gets ${status}`)
  return describeOutcome(outcome)
}

/** Throws when the statuses are not what the RFC's text allows. */
export function checkAnswers(answers: Vector['answers'], statuses: readonly number[], where: string): void {
  assert.equal(statuses.length, answers === 'none' ? 0 : 1, where)
  if (answers === 'any') assert.ok(statuses[0] !== 400 && statuses[0]! >= 200, where)
  else if (answers !== 'none') assert.ok(answers.includes(statuses[0]!), where)
}

/** Header fields without which these statuses say nothing (RFC 3261 §21.4, §8.2.2.3, §8.2.3, §22). */
const EXPLANATIONS: ReadonlyMap<number, string> = new Map([
  [401, 'www-authenticate'],
  [405, 'allow'],
  [406, 'warning'],
  [407, 'proxy-authenticate'],
  [415, 'accept'],
  [420, 'unsupported'],
])

function assertExplains(response: string): void {
  const name = EXPLANATIONS.get(statusOf(response))
  if (name !== undefined) assert.ok(headerValues(response, name).length > 0, `${name} is missing: ${response}`)
}

export function statusOf(response: string): number {
  return Number(response.slice(8, 11))
}

export function describeOutcome({ answers, closed }: Outcome): string {
  const words = answers.map(text => text.slice(8, text.indexOf('\r\n'))).join(', then ')
  return `${words === '' ? 'silence' : words}${closed ? ', and the connection is closed' : ''}`
}

/** The same words are said once. */
export function summary(seen: ReadonlyMap<string, string>): string {
  const words = new Map<string, string[]>()
  for (const [who, what] of seen) words.set(what, [...(words.get(what) ?? []), who])
  if (words.size === 1) return `${[...words.keys()][0]!} over TLS, TCP and UDP, to a stranger too`
  return Array.from(words, ([what, who]) => `${who.join(', ')}: ${what}`).join('; ')
}
