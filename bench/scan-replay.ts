/**
 * A day of 20 million messages of scanners between 10,000 honest phones, through detection and the table of decisions, in simulated
 * time: `npm run bench:scan-replay [-- --users 10000]`
 */
import { performance } from 'node:perf_hooks'
import { replay } from '../test/support/scans/replay.ts'
import { publish, readOptions } from './support/command.ts'
import { shown, table } from './support/statistics.ts'

const options = readOptions(10_000)
const MESSAGES = options.smoke ? 20_000 : 20_000_000
const SOURCES = options.smoke ? 500 : 300_000
const TABLE = options.smoke ? 100 : 100_000
const SEED = 20_261_123

interface Sample {
  readonly hour: number
  readonly megabytes: number
  readonly decisions: number
}

const before = heap()
const samples: Sample[] = []
let measuring = 0
let decisions = 0
const from = performance.now()
const report = replay({
  seed: SEED,
  messages: MESSAGES,
  sources: SOURCES,
  phones: options.users,
  hours: 24,
  tableLimit: TABLE,
  remembered: TABLE,
  botnetHour: 15,
  powerCuts: [6, 14],
  onHour(hour, state) {
    const started = performance.now()
    decisions = state.held
    samples.push({ hour, megabytes: heap() - before, decisions })
    if (hour % 4 === 0) console.log(`hour ${hour}: ${samples.at(-1)!.megabytes.toFixed(0)} MB, ${decisions} decisions`)
    measuring += performance.now() - started
  },
})
const seconds = (performance.now() - from - measuring) / 1000

/** In use, after what is not was given back. */
function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const hours = [1, 4, 8, 12, 16, 20, 23].flatMap(hour => samples.filter(each => each.hour === hour))
const { phones } = report
const rows: readonly (readonly [string, string])[] = [
  ['messages of scanners', MESSAGES.toLocaleString('en')],
  ['their sources', report.sources.toLocaleString('en')],
  ['of them not looked at, because of a decision', `${shown((100 * report.stopped) / MESSAGES)} %`],
  ['time for the day', `${shown(seconds)} s`],
  ['messages a second', Math.round(MESSAGES / seconds).toLocaleString('en')],
  [
    `heap after ${hours.map(({ hour }) => hour).join(', ')} hours`,
    `${hours.map(each => each.megabytes.toFixed(0)).join(', ')} MB`,
  ],
  ['most decisions in force (limit)', `${report.largest.toLocaleString('en')} (${TABLE.toLocaleString('en')})`],
  ['evicted, and told', report.evicted.toLocaleString('en')],
  ['honest phones', options.users.toLocaleString('en')],
  ['their registrations that came about', phones.registered.toLocaleString('en')],
  ['messages of them refused by a ban', `**${phones.banned.toLocaleString('en')}** (aim 0)`],
  ['refused at a new address while their account is guessed', phones.backingOff.toLocaleString('en')],
  [
    'old passwords of second phones, stopped',
    `${phones.oldPasswords.toLocaleString('en')}, ${phones.oldPasswordsStopped.toLocaleString('en')}`,
  ],
  ...[...report.byRule]
    .toSorted((a, b) => b[1] - a[1])
    .map(([rule, count]) => [`decisions of \`${rule}\``, count.toLocaleString('en')] as const),
]
publish('scan-replay', options, table(['what', 'figure'], rows), {
  rows,
  samples,
  seconds,
  ...report,
  byRule: [...report.byRule],
})
if (phones.banned > 0 || report.largest > TABLE) process.exitCode = 1
