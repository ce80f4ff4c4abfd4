/**
 * What the table of decisions costs when it is full: asked for each packet, and written to by an attack. Beside it a Map of strings, asked
 * for the same addresses, which is the least that any table costs. `npm run bench:source-table [-- --rounds 3]`
 */
import { performance } from 'node:perf_hooks'
import { createSourceTable } from '../src/guard/sources/source-table.ts'
import type { AskedSource, SourceTable, Spared, Target } from '../src/guard/sources/types.ts'
import { generator } from '../test/support/phone-numbers.ts'
import { publish, readOptions } from './support/command.ts'
import { shown, shownSpread, spreadOf, table } from './support/statistics.ts'

const options = readOptions()
const HELD = options.smoke ? 1_000 : 100_000
const ASKED = options.smoke ? 2_000 : 500_000
const NETWORKS = HELD / 100
const NOW = 1_700_000_000_000
/** Microseconds. */
const AIM = 5
const pick = generator(20_261_123)
const REGISTERED = 'registered'

const spared: Spared = {
  isRegisteredSource: address => address === REGISTERED,
  isRegisteredSourceOf: () => false,
  isTrunkAddress: () => false,
}

const four = (first: number): string => `${first}.${pick(256)}.${pick(256)}.${pick(256)}`
const six = (first: number): string =>
  `2001:db8:${first}:${pick(65_536).toString(16)}:${pick(65_536).toString(16)}::${1 + pick(9)}`

const banned = Array.from({ length: HELD - NETWORKS }, (_, i) => (i % 4 === 3 ? six(1) : four(10 + pick(90))))

function fill(): SourceTable {
  const made = createSourceTable({ limit: HELD, spared })
  const evidence = { failures: '20' }
  const decide = (target: Target): void => {
    made.decide({ target, action: 'ban', rule: 'GUARD_BENCH', reason: 'it was seen', evidence }, NOW)
  }
  for (const value of banned) decide({ kind: 'address', value })
  for (let i = 0; i < NETWORKS; i++) {
    const target = { kind: 'network', value: `${four(120)}/${16 + pick(12)}` } as const
    made.put({ target, action: 'ban', reason: 'it was seen', by: 'bench' }, NOW)
  }
  return made
}

interface Work {
  readonly name: string
  readonly asked: readonly AskedSource[]
}

const asked = (address: string, proven = false): AskedSource => ({ address, port: 5060, proven })
const ask = (next: (index: number) => AskedSource): readonly AskedSource[] =>
  Array.from({ length: ASKED }, (_, i) => next(i))
const someBanned = (kind: ':' | '.'): readonly string[] => banned.filter(address => address.includes(kind))
const [bannedFour, bannedSix] = [someBanned('.'), someBanned(':')]
const WORKS: readonly Work[] = [
  { name: 'IPv4, not banned', asked: ask(() => asked(four(200))) },
  { name: 'IPv4, banned', asked: ask(() => asked(bannedFour[pick(bannedFour.length)]!, true)) },
  { name: 'IPv6, not banned', asked: ask(() => asked(six(2))) },
  { name: 'IPv6, banned', asked: ask(() => asked(bannedSix[pick(bannedSix.length)]!, true)) },
]

let answers = 0

/** Microseconds for each, and bytes that were allocated for each. */
function measure(sources: SourceTable, { asked: all }: Work): { readonly us: number; readonly bytes: number } {
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed
  const from = performance.now()
  for (const source of all) if (sources.banOf(source, NOW) !== undefined) answers++
  const us = ((performance.now() - from) * 1000) / all.length
  return { us, bytes: Math.max(0, process.memoryUsage().heapUsed - heap) / all.length }
}

function measureMap({ asked: all }: Work): number {
  const map = new Map(banned.map(address => [address, true]))
  const from = performance.now()
  for (const { address } of all) if (map.get(address) !== undefined) answers++
  return ((performance.now() - from) * 1000) / all.length
}

/** A table that is full: each makes another one go. */
function measureDecisions(sources: SourceTable): number {
  const targets = Array.from({ length: ASKED / 5 }, (): Target => ({ kind: 'address', value: four(150) }))
  const from = performance.now()
  for (const target of targets) {
    sources.decide({ target, action: 'ban', rule: 'GUARD_BENCH', reason: 'it was seen', evidence: {} }, NOW + 1)
  }
  return ((performance.now() - from) * 1000) / targets.length
}

const rows: (readonly string[])[] = []
const figures: Record<string, unknown> = {}
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
const sources = fill()
globalThis.gc?.()
const megabytes = (process.memoryUsage().heapUsed - before) / 2 ** 20
// The first pass compiles.
for (const work of WORKS) measure(sources, work)
for (const work of WORKS) {
  const ours: number[] = []
  const theirs: number[] = []
  const bytes: number[] = []
  for (let round = 0; round < options.rounds; round++) {
    const { us, bytes: each } = measure(sources, work)
    ours.push(us)
    bytes.push(each)
    theirs.push(measureMap(work))
  }
  const ratios = ours.map((each, i) => each / theirs[i]!)
  figures[work.name] = { ours, theirs, ratios, bytes }
  const columns = [ours, theirs, ratios].map(each => shownSpread(spreadOf(each)))
  rows.push([`look-up: ${work.name}`, ...columns, shown(Math.min(...bytes)), String(AIM)])
}
const decided = Array.from({ length: options.rounds }, () => measureDecisions(sources))
rows.push(['decision in a full table', shownSpread(spreadOf(decided)), '-', '-', '-', '-'])
figures['decisions'] = decided
const heads = ['work', 'ours, us', 'a Map of strings, us', 'ratio', 'bytes allocated each', 'aim, us']
console.log(`${sources.list(NOW).length} decisions, ${megabytes.toFixed(0)} MB, ${answers} answers`)
publish('source-table', options, table(heads, rows), { figures, megabytes })
