/**
 * `npm run fuzz:hour` and shorter: runs targets for a while, keeps what was learned, writes crashers and the table of
 * docs/fuzzing.md. Arguments: --minutes N (of all targets together), --target NAME (several times), --seed N, --workers N,
 * --server N (messages at each door of the running server, before the targets; default none), --document.
 */
import { parseArgs } from 'node:util'
import { saveCorpus } from './engine/corpus.ts'
import { saveCrasher } from './engine/crashers.ts'
import { superviseFuzzer } from './engine/supervise.ts'
import { documentRun, type DoorRun, type TargetRun } from './document.ts'
import { createRandom } from './engine/random.ts'
import { startGround } from './server/ground.ts'
import { ATTACKS, isQuiet, isWell } from './server/storm.ts'
import { TARGET_NAMES } from './targets/index.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    target: { type: 'string', multiple: true, default: [...TARGET_NAMES] },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    workers: { type: 'string', default: '2' },
    server: { type: 'string', default: '0' },
    document: { type: 'boolean', default: false },
  },
})
const [seed, workers] = [Number(values.seed), Number(values.workers)]
const milliseconds = (Number(values.minutes) * 60_000 * workers) / values.target.length
const doors = await attackServer(Number(values.server))
const runs: TargetRun[] = []
const waiting = [...values.target]
console.log(
  `seed ${seed}; ${values.target.length} targets, ${Math.round(milliseconds / 1000)} s each, ${workers} at a time`,
)
await Promise.all(Array.from({ length: workers }, work))
runs.sort((a, b) => TARGET_NAMES.indexOf(a.target) - TARGET_NAMES.indexOf(b.target))
if (values.document) documentRun(runs, doors, { seed, minutes: Number(values.minutes) })
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

/** Throws, and so ends the run, where something does not hold. */
async function attackServer(count: number): Promise<readonly DoorRun[]> {
  if (count === 0) return []
  const ground = await startGround()
  try {
    const [before, random] = [await ground.held(), createRandom(seed)]
    const done: DoorRun[] = []
    for (const [door, attack] of ATTACKS) {
      const exchange = await attack(ground, random, count)
      await isWell(ground)
      done.push({ door, exchange })
      console.log(door, JSON.stringify(exchange))
    }
    await isQuiet(ground, before)
    await isWell(ground)
    return done
  } finally {
    await ground.stop()
  }
}
