/**
 * A day of 20 million messages of scanners between 10,000 honest phones, through detection and the table of decisions, in simulated
 * time, and two more such days from other sources to see that memory is flat: `npm run bench:scan-replay [-- --users 10000]`
 */
import { performance } from 'node:perf_hooks'
import { replay } from '../test/support/scans/replay.ts'
import { publish, readOptions } from './support/command.ts'
import { shown, table } from './support/statistics.ts'

const options = readOptions(10_000)
const MESSAGES = options.smoke ? 20_000 : 20_000_000
const SOURCES = options.smoke ? 500 : 300_000
const TABLE = options.smoke ? 100 : 100_000
const DAYS = options.smoke ? 1 : 3
/** Of each rule, as in the product. */
const REMEMBERED = 20_000
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
  days: DAYS,
  tableLimit: TABLE,
  remembered: REMEMBERED,
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
const seconds = (performance.now() - from - measuring) / 1000 / DAYS

/** In use, after what is not was given back. */
function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const HOURS = [8, 14, 16, 23]
const heapOn = (day: number): readonly (readonly [string, string])[] => {
  const hours = HOURS.flatMap(hour => samples.filter(each => each.hour === hour + 24 * day))
  const name = `heap on day ${day + 1}, after ${HOURS.join(', ')} hours`
  return [[name, `${hours.map(each => each.megabytes.toFixed(0)).join(', ')} MB`]]
}
const { phones } = report
const rows: readonly (readonly [string, string])[] = [
  ['messages of scanners, each day', MESSAGES.toLocaleString('en')],
  ['their sources, each day others', Math.round(report.sources / DAYS).toLocaleString('en')],
  ['of them not looked at, because of a decision', `${shown((100 * report.stopped) / MESSAGES / DAYS)} %`],
  ['time for a day', `${shown(seconds)} s`],
  ['messages a second', Math.round(MESSAGES / seconds).toLocaleString('en')],
  ...Array.from({ length: DAYS }, (_, day) => heapOn(day)).flat(),
  ['most decisions in force (limit)', `${report.largest.toLocaleString('en')} (${TABLE.toLocaleString('en')})`],
  ['evicted, and told', report.evicted.toLocaleString('en')],
  ['decisions about networks that were only tried', report.tried.toLocaleString('en')],
  ['honest phones', options.users.toLocaleString('en')],
  [`their registrations that came about in ${DAYS} days`, phones.registered.toLocaleString('en')],
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
