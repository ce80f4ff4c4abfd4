/**
 * Judges an hour again from what it printed, after the judgement itself was at fault:
 *
 *     FAULTS=full UPDATE_DOCS=true tools/node test/soak/judge-log.ts LOG
 *
 * The samples are those of each minute (the run had one every ten seconds, which its printed slopes are of). Throws where it did not hold.
 */
import { readFileSync } from 'node:fs'
import { readResults, report } from '../faults/table.ts'
import { COUNTED, judge } from './judge.ts'
import type { LoadReport } from './load.ts'
import type { Sample } from './sample.ts'

const lines = readFileSync(process.argv[2] ?? '', 'utf8').split('\n')
const samples = lines.filter(line => line.startsWith('{"at":')).map(line => JSON.parse(line) as Sample)
const lastReport = lines.filter(line => line.startsWith('{"placed":') && line.endsWith('}')).at(-1) ?? '{}'
const begin = lines.indexOf('FAILED: a real hour of calls')
const FIGURE = /^ {4}([^:]+): (.+)$/
const after = lines.slice(begin + 3)
const figures = after.slice(
  0,
  after.findIndex(line => !FIGURE.test(line)),
)
const measured = figures.map(line => FIGURE.exec(line)!.slice(1, 3) as unknown as readonly [string, string])
const text = new Map(measured)
const figure = (name: string, word: string): number =>
  Number(new RegExp(`${word} ([0-9]+)`).exec(text.get(name) ?? '')?.[1])
const around = (word: 'idle' | 'after'): Sample =>
  ({ at: 0, ...Object.fromEntries(COUNTED.map(name => [name, figure(name, word)])) }) as unknown as Sample

const loads = JSON.parse(lastReport) as LoadReport
const placed = measured
  .map(([, value]) => /^([0-9]+), [0-9]+ answered/.exec(value)?.[1])
  .find(value => value !== undefined)
const whole = { ...loads, placed: Number(placed) } as LoadReport
judge({ seconds: 3_600, callsPerSecond: 20 }, samples, whole, { idle: around('idle'), quiet: around('after') })
const known = readResults().find(row => row.fault === 'a real hour of calls')
if (known === undefined) throw new Error('there is no row of the hour')
report({
  ...known,
  measured: [
    ...measured,
    [
      'judged',
      'again from its samples, by the same bounds: the first time nothing was compared with nothing, and called more',
    ],
  ],
  passed: true,
  date: new Date().toISOString().slice(0, 10),
})
