/**
 * One real hour of calls. `SOAK_MINUTES` and `SOAK_RATE` (calls per second) change it, `SOAK_CSV` names a file for the samples;
 * SIGUSR2 to this process ends it early. With `UPDATE_DOCS=true` a sample a minute is kept in docs/soak-hour.csv.
 * What the product holds is looked at every 10 s, after a full garbage collection; slopes are those after the warm-up.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reachInside } from '../faults/inside.ts'
import { faultTest, fullSize, scale } from '../faults/table.ts'
import { eventually, pause, repositoryRoot } from '../support/places.ts'
import { startProcess } from '../support/processes.ts'
import { type Ringfence, startRingfence } from '../support/ringfence.ts'
import type { LoadOrders, LoadPair, LoadReport } from './load.ts'
import { MEASURABLE, type Sample, takeSample } from './sample.ts'
import { COUNTED, GIVEN_BACK, judge, memoryWarmUpOf, slopes, warmUpOf } from './judge.ts'
import { slopeText } from './slope.ts'

const SECONDS = process.env['SOAK_MINUTES'] === undefined ? scale(20, 3600) : Number(process.env['SOAK_MINUTES']) * 60
const CALLS_PER_SECOND = Number(process.env['SOAK_RATE'] ?? scale(10, 20))
const SAMPLE_EVERY_S = scale(2, 10)
const SIZE = { seconds: SECONDS, callsPerSecond: CALLS_PER_SECOND }
const PAIRS = scale(10, 40)
const AUDIO_PAIRS = scale(2, 8)
/** Answers are kept for retransmissions (RFC 3261 §17.2.2, 64 × T1), bindings of vanished flows for a moment. */
const QUIET_WITHIN_MS = 60_000
const KILOBYTE = 1000

faultTest(
  {
    section: 'endurance',
    fault: 'a real hour of calls',
    done: `${Math.round(SECONDS / 6) / 10} minutes at ${CALLS_PER_SECOND} calls/s of 2 to 8 s over TLS, 1 in 10 with SRTP audio, registrations refreshed each minute, some calls cancelled, refused, held, connections lost; a look every ${SAMPLE_EVERY_S} s after a garbage collection`,
    holds:
      'nothing grows: heap, RSS, descriptors, ports, timers, transactions, legs, bindings; all of it is given back at the end',
    command: 'npm run soak:hour',
    timeoutMs: (SECONDS + 300) * 1_000,
  },
  async measured => {
    const system = await startRingfence({ name: 'F-hour', ...MEASURABLE })
    const inside = await reachInside(system.process)
    try {
      const idle = await takeSample(system, inside, 0)
      const { samples, report } = await run(system, at => takeSample(system, inside, at))
      const quiet = await eventually(
        async () => {
          const sample = await takeSample(system, inside, 0)
          return GIVEN_BACK.every(name => sample[name] === 0) && sample
        },
        QUIET_WITHIN_MS,
        'everything given back',
      ).catch(() => takeSample(system, inside, 0))
      tell(measured, samples, report, { idle, quiet })
      judge(SIZE, samples, report, { idle, quiet })
    } finally {
      inside.close()
      await system.stop()
    }
  },
)

async function run(
  system: Ringfence,
  look: (at: number) => Promise<Sample>,
): Promise<{ readonly samples: readonly Sample[]; readonly report: LoadReport }> {
  const load = startProcess(process.execPath, [join(import.meta.dirname, 'load.ts')])
  load.write(`${JSON.stringify(await ordersFor(system))}\n`)
  const samples: Sample[] = []
  const began = performance.now()
  let enough = false
  process.once('SIGUSR2', () => {
    enough = true
  })
  for (let at = SAMPLE_EVERY_S; at <= SECONDS && !enough; at += SAMPLE_EVERY_S) {
    await pause(Math.max(0, began + at * 1_000 - performance.now()))
    assert.ok(load.running, `the load ended: ${load.output().slice(-2000)}`)
    samples.push(await look(at))
    keep(samples)
    if (!fullSize || at % 60 !== 0) continue
    process.stderr.write(`${JSON.stringify(samples.at(-1))}\n${load.output().slice(-500)}\n`)
    load.write('report\n')
  }
  load.write('stop\n')
  const [, text] = await load.waitForOutput(/^done (\{.*\})$/m, 60_000)
  await load.stop()
  return { samples, report: JSON.parse(text!) as LoadReport }
}

async function ordersFor(system: Ringfence): Promise<LoadOrders> {
  const pairs: LoadPair[] = []
  for (let i = 0; i < PAIRS; i++) {
    const number = String(2000 + i)
    const caller = await system.addPhone(String(1000 + i))
    pairs.push({ caller, called: await system.addPhone(number), number, audio: i < AUDIO_PAIRS })
  }
  const lengths = { shortestMs: scale(500, 2_000), longestMs: scale(2_000, 8_000) }
  return { caPem: system.caPem, pairs, callsPerSecond: CALLS_PER_SECOND, seed: 1, ...lengths }
}

function keep(samples: readonly Sample[]): void {
  const file = process.env['SOAK_CSV']
  if (file !== undefined) writeFileSync(file, csv(samples, Object.keys(samples[0]!)))
  if (!fullSize || process.env['UPDATE_DOCS'] !== 'true') return
  const minutes = samples.filter(({ at }) => at % 60 === 0)
  writeFileSync(join(repositoryRoot, 'docs/soak-hour.csv'), csv(minutes, ['at', 'heap', 'external', 'rss', ...COUNTED]))
}

function csv(samples: readonly Sample[], names: readonly string[]): string {
  const lines = samples.map(sample => names.map(name => sample[name] ?? '').join())
  return `${[names.join(), ...lines].join('\n')}\n`
}

function tell(
  measured: (name: string, value: string | number) => void,
  samples: readonly Sample[],
  report: LoadReport,
  { idle, quiet }: { readonly idle: Sample; readonly quiet: Sample },
): void {
  const megabytes = (value: number): string => (value / 1e6).toFixed(1)
  measured('minutes', (samples.at(-1)!.at / 60).toFixed(1))
  measured('calls', `${report.placed}, ${report.answered} answered, ${report.cancelled} cancelled, ${report.busy} busy`)
  measured('not as meant', Object.keys(report.unexpected).length === 0 ? 0 : JSON.stringify(report.unexpected))
  measured('503 while the machine was busy with other things', report.overloaded)
  measured('SRTP packets heard by callers', report.audioPackets)
  for (const name of ['heap', 'rss', 'external'] as const) {
    const slope = slopes(samples, name, memoryWarmUpOf(SIZE))
    const ends = `${megabytes(slope.first)} to ${megabytes(slope.last)}, at most ${megabytes(slope.maximum)} MB`
    const scaled = { ...slope, slope: slope.slope / KILOBYTE, error: slope.error / KILOBYTE }
    const around = `idle ${megabytes(idle[name])} before, ${megabytes(quiet[name])} after`
    measured(
      name,
      `${slopeText(scaled, 'kB/h', 0)} after ${Math.round(memoryWarmUpOf(SIZE) / 6) / 10} min (${ends}; ${around})`,
    )
  }
  for (const name of COUNTED) {
    const slope = slopes(samples, name, warmUpOf(SIZE))
    measured(name, `${slopeText(slope, '/h')} (at most ${slope.maximum}; idle ${idle[name]}, after ${quiet[name]})`)
  }
}
