/**
 * `npm run fuzz:hour` and shorter: runs targets for a while, keeps what was learned, writes crashers and the table of
 * docs/fuzzing.md. Arguments: --minutes N (of all targets together), --target NAME (several times), --seed N, --workers N,
 * --document.
 */
import { parseArgs } from 'node:util'
import { saveCorpus } from './engine/corpus.ts'
import { saveCrasher } from './engine/crashers.ts'
import { superviseFuzzer } from './engine/supervise.ts'
import { documentRun, type TargetRun } from './document.ts'
import { TARGET_NAMES } from './targets/index.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    target: { type: 'string', multiple: true, default: [...TARGET_NAMES] },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    workers: { type: 'string', default: '2' },
    document: { type: 'boolean', default: false },
  },
})
const [seed, workers] = [Number(values.seed), Number(values.workers)]
const milliseconds = (Number(values.minutes) * 60_000 * workers) / values.target.length
const runs: TargetRun[] = []
const waiting = [...values.target]
console.log(
  `seed ${seed}; ${values.target.length} targets, ${Math.round(milliseconds / 1000)} s each, ${workers} at a time`,
)
await Promise.all(Array.from({ length: workers }, work))
runs.sort((a, b) => TARGET_NAMES.indexOf(a.target) - TARGET_NAMES.indexOf(b.target))
if (values.document) documentRun(runs, { seed, minutes: Number(values.minutes) })
process.exitCode = runs.some(run => run.crasher !== undefined) ? 1 : 0

async function work(): Promise<void> {
  for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
    const result = await superviseFuzzer(target, { seed, milliseconds, minimise: true })
    const { failure, corpus } = result
    const crasher = failure === undefined ? undefined : saveCrasher(target, failure.input)
    if (failure === undefined) saveCorpus(target, corpus)
    else console.log(`${target}: ${crasher}\n${failure.message}`)
    runs.push({ target, crasher, kept: corpus.length, ...result })
    const { executions, blocks } = result
    const rate = Math.round(executions / (result.milliseconds / 1000))
    console.log(
      `${target}: ${executions} inputs, ${rate}/s, ${blocks.covered} of ${blocks.known} blocks, corpus ${corpus.length}`,
    )
  }
}
