/**
 * What lists of others cost: asked for each stranger while 500,000 networks are listed, and read anew. Beside it a Map of strings that is asked
 * for the same addresses, which knows no networks. `npm run bench:blocklist [-- --rounds 3]`
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { systemClock } from '../src/base/clock.ts'
import { createBlockLists } from '../src/blocklist/block-lists.ts'
import { createNetworkCollector, readNetwork, type Words } from '../src/blocklist/network-index.ts'
import { generator } from '../test/support/phone-numbers.ts'
import { pause } from '../test/support/places.ts'
import { publish, readOptions } from './support/command.ts'
import { shown, shownSpread, spreadOf, table } from './support/statistics.ts'

const options = readOptions()
const LISTED = options.smoke ? 2_000 : 500_000
const ASKED = options.smoke ? 2_000 : 500_000
/** Nanoseconds for a look-up. */
const AIM = 1_000
const pick = generator(20_261_123)
const LENGTHS = [32, 32, 32, 32, 29, 28, 27, 25, 24, 24, 23, 22]
const hex = (value: number): string => value.toString(16)

/** What is listed and what is not lie side by side, so that a search ends anywhere. */
const four = (side: 0 | 1): string =>
  `${20 + pick(60)}.${pick(256)}.${(pick(256) & 0xf8) + side * 4 + pick(4)}.${pick(256)}`
const six = (side: 0 | 1): string =>
  `2a00:${hex(pick(65_536))}:${hex(pick(32_768) * 2 + side)}:${hex(pick(65_536))}::${hex(1 + pick(65_535))}`

/** Each network once. */
function listed(count: number, address: () => string, lengths: readonly number[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  while (found.size < count) {
    const text = address()
    const words: Words = { family: 4, high: 0, low: 0 }
    const collector = createNetworkCollector()
    const length = lengths[pick(lengths.length)]!
    if (readNetwork(`${text}/${length}`, words) >= 0) collector.add(words, length)
    found.set(collector.finish().textOf(0), text)
  }
  return found
}

const fours = listed(LISTED * 0.8, () => four(0), LENGTHS)
const sixes = listed(LISTED * 0.2, () => six(0), [64, 56, 48])
const lines = [...fours.keys(), ...sixes.keys()]
const [listedFour, listedSix] = [[...fours.values()], [...sixes.values()]]

/** Twice, because what a stream or a promise held is free only then. */
async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await pause(50)
    globalThis.gc?.()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'ringfence-bench-blocklist-'))
const path = join(folder, 'listed.txt')
writeFileSync(path, `${lines.join('\n')}\n`)
await collect()
const before = process.memoryUsage().arrayBuffers
const lists = createBlockLists({
  lists: [{ name: 'listed', form: 'cidr', from: path }],
  folder: join(folder, 'kept'),
  clock: systemClock,
  isPublicAddress: () => false,
})
await lists.start()
await collect()
const megabytes = (process.memoryUsage().arrayBuffers - before) / 2 ** 20
const [{ entries, problem } = { entries: 0, problem: 'no list' }] = lists.statuses()
if (problem !== undefined) throw new Error(problem)

const asked = (next: () => string): readonly string[] => Array.from({ length: ASKED }, next)
const oneOf = (all: readonly string[]): string => all[pick(all.length)]!
const WORKS = [
  { name: 'IPv4, not listed', all: asked(() => four(1)) },
  { name: 'IPv4, listed', all: asked(() => oneOf(listedFour)) },
  { name: 'IPv6, not listed', all: asked(() => six(1)) },
  { name: 'IPv6, listed', all: asked(() => oneOf(listedSix)) },
] as const

const map = new Map([...listedFour, ...listedSix].map(address => [address, true]))
let found = 0

function measure(all: readonly string[], find: (address: string) => unknown): number {
  const from = performance.now()
  for (const address of all) if (find(address) !== undefined) found++
  return ((performance.now() - from) * 1_000_000) / all.length
}

const rows: (readonly string[])[] = []
const figures: Record<string, unknown> = {}
// The first pass compiles.
for (const { all } of WORKS) measure(all, address => lists.find(address))
for (const { name, all } of WORKS) {
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < options.rounds; round++) {
    ours.push(measure(all, address => lists.find(address)))
    theirs.push(measure(all, address => map.get(address)))
  }
  const ratios = ours.map((each, at) => each / theirs[at]!)
  figures[name] = { ours, theirs, ratios }
  rows.push([`look-up: ${name}`, ...[ours, theirs, ratios].map(each => shownSpread(spreadOf(each))), shown(AIM)])
}

/** Read, judged, sorted, put in force, and the copy written. */
const readings: number[] = []
/** Milliseconds in which nothing else happened. */
const stalls: number[] = []
for (let round = 0; round < options.rounds; round++) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const from = performance.now()
  await lists.refresh(undefined, { force: true })
  readings.push(performance.now() - from)
  await pause(5)
  delay.disable()
  stalls.push(delay.max / 1_000_000)
}
await lists.stop()
rmSync(folder, { recursive: true })
console.log(`${found} found`)
const heads = ['work', 'ours, ns', 'a Map of strings, ns', 'ratio', 'aim, ns']
const whole = ['networks', 'of IPv6', 'the whole list read anew, ms', 'of it without a pause, ms', 'memory']
const about = [
  String(entries),
  String(listedSix.length),
  shownSpread(spreadOf(readings)),
  shownSpread(spreadOf(stalls)),
  `${shown(megabytes)} MB`,
]
publish('blocklist', options, `${table(heads, rows)}\n\n${table(whole, [about])}`, {
  figures,
  readings,
  entries,
  megabytes,
})
