/** Somebody with the public key alone finds every kind of tampering, and names it. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { newId } from '../../base/ids.ts'
import { createRandom } from '../../../test/fuzz/engine/random.ts'
import type { RingfenceEvent } from '../catalogue.ts'
import { classOf } from '../event-class.ts'
import { commitmentOf, documentText, splitEvent } from './document.ts'
import { digestOf, emptyHeads, linkOf } from './link.ts'
import { signStatement, statementHash } from './statement.ts'
import type { ChainedRow, Head, SignedStatement, Statement, Verdict } from './types.ts'
import { createVerifier } from './verify.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')

interface Log {
  readonly statements: SignedStatement[]
  readonly rows: (ChainedRow & { readonly event: RingfenceEvent })[]
}

type Body = Statement extends infer S ? (S extends Statement ? Omit<S, 'number' | 'previous' | 'at'> : never) : never

function add(log: Log, body: Body, key = privateKey): void {
  const previous = statementHash(log.statements.at(-1))
  const statement = { number: log.statements.length + 1, previous, at: 1, ...body } as Statement
  log.statements.push(signStatement(statement, key))
}

function eventAt(position: number): RingfenceEvent {
  const types = ['call.held', 'directory.extension-added', 'authentication.failed', 'store.unavailable'] as const
  const type = types[position % types.length]!
  const actor = { kind: 'person', name: `ada${position}@example.com` }
  const data = {
    actor,
    callId: 'c1',
    by: '101',
    held: true,
    extension: '102',
    name: 'Front desk',
    detail: `${position}`,
  }
  const id = newId<'EventId'>(1_700_000_000_000 + position)
  return { id, type, at: 1_700_000_000_000 + position, severity: 'info', organisationId: undefined, data } as never
}

/** Twenty events, checkpoints after 8 and 16. */
function build(): Log {
  const log: Log = { statements: [], rows: [] }
  const heads: Record<string, Head> = { ...emptyHeads() }
  for (let position = 1; position <= 20; position++) {
    const event = eventAt(position)
    const name = classOf(event.type)
    const split = splitEvent(event)
    const openings = split.parts.map((part, index) => {
      const salt = Buffer.alloc(32, position + index)
      return { salt: salt.toString('hex'), values: part.values }
    })
    const sealed = openings.map((each, index) => {
      return [index + 1, commitmentOf(Buffer.from(each.salt, 'hex'), each.values)] as const
    })
    const document = documentText(event, split.data, sealed)
    const sequence = heads[name]!.sequence + 1
    const hash = linkOf(heads[name]!.hash, position, sequence, digestOf(document))
    heads[name] = { sequence, hash }
    log.rows.push({ position, class: name, sequence, hash, document, openings, event })
    if (position % 8 === 0) add(log, { kind: 'checkpoint', position, heads: { ...heads } as never })
  }
  return log
}

function verify(log: Log, options: { startsAfter?: number } = {}): Verdict {
  const verifier = createVerifier({ publicKey, ...options })
  for (const each of log.statements) verifier.statement(each)
  for (const row of log.rows) verifier.row(row, row.event)
  return verifier.end()
}

const kinds = (verdict: Verdict): readonly string[] => [...new Set(verdict.problems.map(each => each.kind))]

function rechain(log: Log, from: number): void {
  const heads: Record<string, Head> = { ...emptyHeads() }
  for (const [index, row] of log.rows.entries()) {
    const head = heads[row.class]!
    const { position, document } = row
    const sequence = index < from ? row.sequence : head.sequence + 1
    const hash = index < from ? row.hash : linkOf(head.hash, position, sequence, digestOf(document!))
    log.rows[index] = { ...row, sequence, hash }
    heads[row.class] = { sequence, hash }
  }
}

test('a log that nobody touched: sound, and the tail is told as not yet signed', () => {
  const verdict = verify(build())
  assert.deepEqual(verdict.problems, [])
  assert.deepEqual([verdict.sound, verdict.events, verdict.signedUpTo, verdict.unsigned], [true, 20, 16, 4])
})

test('one character of any row: altered, at that position', () => {
  for (let index = 0; index < 20; index++) {
    const log = build()
    const row = log.rows[index]!
    log.rows[index] = { ...row, document: row.document!.replace('"severity":"info"', '"severity":"warning"') }
    const verdict = verify(log)
    assert.equal(verdict.sound, false)
    assert.deepEqual(
      new Set(verdict.problems.map(each => `${each.kind} ${each.position}`)),
      new Set([`altered ${index + 1}`]),
    )
  }
})

test('a sealed value, its salt, or what is shown of it: altered', () => {
  const log = build()
  const row = log.rows[4]!
  const opening = row.openings[0]!
  for (const changed of [
    { ...row, openings: [{ ...opening, values: ['another'] }, ...row.openings.slice(1)] },
    { ...row, openings: [{ ...opening, salt: '00'.repeat(32) }, ...row.openings.slice(1)] },
    { ...row, event: { ...row.event, severity: 'notice' as const } },
  ]) {
    log.rows[4] = changed as never
    assert.deepEqual(kinds(verify(log)), ['altered'])
  }
})

test('a row that was taken out: removed, wherever it was', () => {
  for (let index = 0; index < 19; index++) {
    const log = build()
    log.rows.splice(index, 1)
    assert.ok(kinds(verify(log)).includes('removed'), `position ${index + 1}`)
  }
})

test('two rows that changed places: reordered', () => {
  const log = build()
  ;[log.rows[5], log.rows[6]] = [log.rows[6]!, log.rows[5]!]
  assert.ok(kinds(verify(log)).includes('reordered'))
  const twice = build()
  twice.rows.splice(7, 0, twice.rows[6]!)
  assert.ok(kinds(verify(twice)).includes('reordered'))
})

test('the tail cut off before a checkpoint: truncated; after it nobody can know', () => {
  const log = build()
  log.rows.splice(12)
  assert.deepEqual(kinds(verify(log)), ['truncated'])
  const after = build()
  after.rows.splice(18)
  assert.deepEqual([verify(after).sound, verify(after).unsigned], [true, 2])
  const all = build()
  all.rows.splice(0)
  assert.deepEqual(kinds(verify(all)), ['truncated'])
})

test('a chain made anew after a change: the checkpoint does not vouch for it', () => {
  const log = build()
  const row = log.rows[2]!
  log.rows[2] = {
    ...row,
    document: row.document!.replace('"severity":"info"', '"severity":"error"'),
    event: { ...row.event, severity: 'error' } as never,
  }
  rechain(log, 2)
  assert.deepEqual(kinds(verify(log)), ['altered'])
  assert.match(verify(log).problems[0]!.detail, /checkpoint 1/)
})

test('a statement of another key, one that was taken out, exchanged or altered', () => {
  const forged = build()
  forged.statements[1] = signStatement(JSON.parse(forged.statements[1]!.text.slice(16)) as Statement, other.privateKey)
  assert.deepEqual(kinds(verify(forged)), ['statement-forged'])
  const missing = build()
  missing.statements.splice(0, 1)
  assert.deepEqual(kinds(verify(missing)), ['statement-missing'])
  const altered = build()
  altered.statements[0] = {
    ...altered.statements[0]!,
    text: altered.statements[0]!.text.replace('"position":8', '"position":7'),
  }
  assert.ok(kinds(verify(altered)).includes('statement-forged'))
  const replaced = build()
  const first = JSON.parse(replaced.statements[0]!.text.slice(16)) as Statement
  replaced.statements[0] = signStatement({ ...first, at: 2 } as Statement, privateKey)
  assert.deepEqual(kinds(verify(replaced)), ['statement-replaced'])
})

test('what retention dropped is vouched for by its record, and by nothing else', () => {
  const log = build()
  const calls = log.rows.filter(row => row.class === 'calls' && row.position <= 16)
  const last = calls.at(-1)!
  const kept: Log = { statements: [...log.statements], rows: log.rows.filter(row => !calls.includes(row)) }
  assert.equal(verify(kept).sound, false)
  const head = { sequence: last.sequence, hash: last.hash }
  add(kept, { kind: 'dropped', class: 'calls', head, position: last.position, count: calls.length })
  assert.deepEqual([verify(kept).problems, verify(kept).dropped], [[], calls.length])
  kept.rows.splice(0, 1)
  assert.ok(kinds(verify(kept)).includes('removed'))
})

test('a part whose key was destroyed is told; one that is only not shown is withheld', () => {
  const log = build()
  log.rows[4] = { ...log.rows[4]!, openings: log.rows[4]!.openings.map(() => null), event: undefined as never }
  assert.deepEqual(kinds(verify(log)), ['withheld'])
  add(log, { kind: 'erased', keys: [1, 2, 3], reason: 'asked for' })
  assert.deepEqual([verify(log).sound, verify(log).erasedParts > 0], [true, true])
})

test('an export that begins at a checkpoint, and rows of which only the digest is shown', () => {
  const log = build()
  const late: Log = { statements: log.statements, rows: log.rows.slice(8) }
  assert.deepEqual(verify(late, { startsAfter: 8 }).problems, [])
  assert.equal(verify(late).sound, false)
  assert.deepEqual(kinds(verify(late, { startsAfter: 7 }))[0], 'statement-missing')
  const row = late.rows[1]!
  late.rows[1] = {
    ...row,
    document: undefined,
    digest: digestOf(row.document!),
    openings: [],
    event: undefined as never,
  }
  assert.deepEqual(verify(late, { startsAfter: 8 }).problems, [])
})

test('any single change of any text of the log is found', () => {
  const random = createRandom(8)
  for (let round = 0; round < 300; round++) {
    const log = build()
    // The tail after the last checkpoint may be cut, but not changed.
    const row = log.rows[random.below(20)]!
    const name = (['document', 'hash', 'sequence', 'position', 'class'] as const)[random.below(5)]!
    const changed = {
      ...row,
      document: `${row.document!.slice(0, -3)}x${row.document!.slice(-2)}`,
      hash: `${row.hash.slice(0, 40)}${row.hash[40] === '0' ? '1' : '0'}${row.hash.slice(41)}`,
      sequence: row.sequence + 1,
      position: row.position + 1,
      class: row.class === 'calls' ? ('system' as const) : ('calls' as const),
    }
    log.rows[row.position - 1] = { ...row, [name]: changed[name] }
    assert.equal(verify(log).sound, false, `${name} of ${row.position}`)
  }
})
