/** 100,000 phones come by, each with a full TLS handshake of its own: none of them leaves anything behind. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reachInside } from '../faults/inside.ts'
import { faultTest, scale } from '../faults/table.ts'
import type { PhoneCredentials } from '../support/phone-credentials.ts'
import { eventually } from '../support/places.ts'
import { startProcess } from '../support/processes.ts'
import { startRingfence } from '../support/ringfence.ts'
import type { HandshakeOrders, HandshakeReport } from './handshake-load.ts'
import { MEASURABLE, type Sample, takeSample } from './sample.ts'
import { slopeOf, slopeText } from './slope.ts'

const HANDSHAKES = Number(process.env['SOAK_HANDSHAKES'] ?? scale(2_000, 100_000))
const LOOKS = scale(10, 20)
const PHONES = 100
const AT_ONCE = 20
const BATCH_WITHIN_MS = 1_800_000
/** Answers are kept for retransmissions for 32 s. */
const QUIET_WITHIN_MS = 60_000
/** What is bounded and fills: 65,536 nonces for 300 s, the rates of 20,000 sources and connections. Growth is judged after it. */
const FULL = 70_000
/** RSS after the last handshake, compared with that when the tables are full (in CI: after a fifth). */
const RSS_RATIO = 1.2
/** Octets of heap for each handshake; above, and three standard errors from zero, it is a leak. */
const HEAP_PER_HANDSHAKE = 30

faultTest(
  {
    section: 'endurance',
    fault: `full TLS handshakes`,
    done: `${HANDSHAKES.toLocaleString('en')} connections, ${AT_ONCE} at once, from a process of its own: TLS 1.3 without resumption, REGISTER with digest, close; ${LOOKS} looks`,
    holds: `every phone is registered, no session is resumed, from the point where bounded tables are full (${FULL.toLocaleString('en')}) heap does not grow and RSS by less than ${Math.round((RSS_RATIO - 1) * 100)} %, connections, bindings, descriptors are given back`,
    command: 'npm run soak:handshakes',
    timeoutMs: LOOKS * BATCH_WITHIN_MS,
  },
  async measured => {
    const system = await startRingfence({ name: 'F-handshakes', ...MEASURABLE })
    const inside = await reachInside(system.process)
    const load = startProcess(process.execPath, [join(import.meta.dirname, 'handshake-load.ts')])
    try {
      const phones: PhoneCredentials[] = []
      for (let i = 0; i < PHONES; i++) phones.push(await system.addPhone(String(1000 + i)))
      const { port } = system.ready.sipTls
      load.write(
        `${JSON.stringify({ caPem: system.caPem, port, phones, atOnce: AT_ONCE } satisfies HandshakeOrders)}\n`,
      )
      const before = await takeSample(system, inside, 0)
      const samples: Sample[] = []
      const reports: HandshakeReport[] = []
      const serverMs: number[] = []
      for (let look = 1; look <= LOOKS; look++) {
        const seen = load.output().length
        const processor = processorTime(system.process.pid)
        load.write(`${HANDSHAKES / LOOKS}\n`)
        const [text] = await load.waitForOutput(/^\{.*\}$/m, BATCH_WITHIN_MS, seen)
        reports.push(JSON.parse(text) as HandshakeReport)
        serverMs.push(processorTime(system.process.pid) - processor)
        samples.push(await takeSample(system, inside, (HANDSHAKES / LOOKS) * look))
        keep(samples)
      }
      const after = await eventually(
        async () => {
          const sample = await takeSample(system, inside, HANDSHAKES)
          return GIVEN_BACK.every(name => sample[name] === 0) && sample
        },
        QUIET_WITHIN_MS,
        'everything given back',
      )
      tell(measured, { before, samples, after, reports, serverMs })
      judge({ before, samples, after, reports })
    } finally {
      await load.stop()
      inside.close()
      await system.stop()
    }
  },
)

const GIVEN_BACK = ['connections', 'handshakes', 'registrations', 'serverTransactions', 'answeredRequests'] as const

interface Outcome {
  readonly before: Sample
  readonly samples: readonly Sample[]
  readonly after: Sample
  readonly reports: readonly HandshakeReport[]
}

/** User and system, in milliseconds; the kernel counts in hundredths of a second. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function keep(samples: readonly Sample[]): void {
  const file = process.env['SOAK_CSV']
  if (file === undefined) return
  const names = Object.keys(samples[0]!)
  const lines = samples.map(sample => names.map(name => sample[name] ?? '').join())
  writeFileSync(file, `${[names.join(), ...lines].join('\n')}\n`)
}

function tell(
  measured: (name: string, value: string | number) => void,
  { before, samples, after, reports, serverMs }: Outcome & { readonly serverMs: readonly number[] },
): void {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const seconds = sum(reports.map(report => report.milliseconds)) / 1_000
  measured('registered', sum(reports.map(report => report.registered)))
  measured('503, tried again', sum(reports.map(report => report.overloaded)))
  measured('rate', `${Math.round(HANDSHAKES / seconds)}/s on a machine that did other work, too`)
  measured(
    'processor time of the server',
    `${(sum(serverMs) / HANDSHAKES).toFixed(2)} ms for each, GC at each look included`,
  )
  for (const name of ['rss', 'heap', 'external'] as const) {
    const megabytes = (value: number): string => (value / 1e6).toFixed(1)
    const slope = slopeOf(steady(samples).map(sample => [sample.at, sample[name]] as const))
    const looks = samples.map(sample => megabytes(sample[name])).join(' ')
    const grows = slopeText(slope, 'octets for each handshake')
    measured(name, `${megabytes(before[name])} before; ${looks}; ${megabytes(after[name])} after, MB; ${grows}`)
  }
  measured('descriptors', `${before.descriptors} before, ${after.descriptors} after`)
  measured('node handles', `${before.resources} before, ${after.resources} after`)
}

function judge({ before, samples, after, reports }: Outcome): void {
  const failures = reports.map(report => report.failures).filter(each => Object.keys(each).length > 0)
  assert.deepEqual(failures, [])
  assert.equal(
    reports.reduce((sum, report) => sum + report.registered, 0),
    HANDSHAKES,
  )
  assert.ok(
    reports.every(report => report.resumed === 0),
    'sessions were resumed',
  )
  assert.ok(
    after.descriptors <= before.descriptors + 4,
    `${after.descriptors} descriptors, ${before.descriptors} before`,
  )
  const [full] = steady(samples)
  const last = samples.at(-1)!
  assert.ok(last.rss < full!.rss * RSS_RATIO, `RSS grew from ${full!.rss} to ${last.rss}`)
  if (HANDSHAKES <= FULL) return
  const { slope, error } = slopeOf(steady(samples).map(sample => [sample.at, sample.heap] as const))
  assert.ok(slope < HEAP_PER_HANDSHAKE || slope < 3 * error, `heap grows by ${slope} ± ${error} octets each`)
}

function steady(samples: readonly Sample[]): readonly Sample[] {
  return samples.filter(({ at }) => at >= (HANDSHAKES > FULL ? FULL : HANDSHAKES / 5))
}
