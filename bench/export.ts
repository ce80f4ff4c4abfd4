/**
 * Events through the durable log and out: syslog over TLS and a bulk endpoint. From the event to its receiver, and what it does to the
 * thread on which calls are set up; a destination that is dead beside them. `npm run bench:export [-- --rate 5000 --seconds 10]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../src/base/clock.ts'
import { silentLogger } from '../src/base/logger.ts'
import { createEventBus } from '../src/events/bus.ts'
import { createExportService } from '../src/export/export-service.ts'
import { aDestination, NO_PROGRESS } from '../src/export/test-support/world.ts'
import { createAuthority, issueServerCertificate } from '../src/keys/certificate-authority.ts'
import { createSealer } from '../src/keys/sealer.ts'
import { openStore } from '../src/store/open-store.ts'
import { freePort, pause } from '../test/support/places.ts'
import { startLogReceivers } from './servers/log-receivers.ts'
import { publish, readOptions } from './support/command.ts'
import { shown, table } from './support/statistics.ts'

const options = readOptions()
const RATE = options.rate ?? 5_000
const SECONDS = options.smoke ? 1 : Math.max(options.seconds, 10)
const TICK_MS = 10

const authority = await createAuthority('bench', Date.now())
const receivers = await startLogReceivers(await issueServerCertificate(authority, ['127.0.0.1'], Date.now()))
const caPem = authority.certificatePem
const DESTINATIONS = {
  syslog: aDestination({ to: `127.0.0.1:${receivers.syslogPort}`, form: 'cef', caPem }, 'syslog'),
  bulk: aDestination({ kind: 'elastic', to: `https://127.0.0.1:${receivers.bulkPort}`, form: 'ecs', caPem }, 'bulk'),
  dead: aDestination({ to: `127.0.0.1:${await freePort()}`, caPem }, 'dead'),
}
type Name = keyof typeof DESTINATIONS
const WORKS: readonly { readonly what: string; readonly names: readonly Name[] }[] = [
  { what: 'the log alone', names: [] },
  { what: 'and syslog, bulk', names: ['syslog', 'bulk'] },
  { what: 'and a dead one', names: ['syslog', 'bulk', 'dead'] },
]

const folder = mkdtempSync(join(tmpdir(), 'ringfence-bench-export-'))
const sealer = createSealer(Buffer.alloc(32, 7))
const store = await openStore({ dataDirectory: folder, sealer, clock: systemClock, logger: silentLogger })
const rows: (readonly string[])[] = []
const figures: Record<string, unknown> = {}
try {
  for (const { what, names } of WORKS.filter(work => work.what.includes(options.work))) {
    const measured = await measure(names)
    figures[what] = measured
    const { rate, loop, syslog, bulk } = measured
    rows.push([
      what,
      shown(rate),
      ...[loop, syslog, bulk].map(each => (each === undefined ? '-' : each.map(shown).join(' / '))),
    ])
  }
} finally {
  await store.close()
  await receivers.stop()
  rmSync(folder, { recursive: true, force: true })
}
const heads = ['what', 'durable events/s', 'delay of the thread, ms', 'event to syslog, ms', 'event to bulk, ms']
publish('export', options, table(heads, rows), figures)

/** Half, 99 of 100, and the longest. */
function spread(values: readonly number[]): readonly number[] | undefined {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  return [0.5, 0.99, 1].map(part => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!)
}

async function measure(names: readonly Name[]) {
  const bus = createEventBus(systemClock, error => console.error(error))
  const repository = store.exports
  const [newest] = await store.events.query({ limit: 1 })
  const progress = { ...NO_PROGRESS, position: newest?.position ?? 0 }
  for (const name of names) await repository.insert({ destination: DESTINATIONS[name], progress })
  const context = { host: 'pbx.example.com', version: '0' }
  const service = createExportService({
    clock: systemClock,
    log: store.events,
    repository,
    events: bus,
    logger: silentLogger,
    context,
  })
  const written: Promise<void>[] = []
  bus.subscribe(event => {
    written.push(store.events.append(event))
    service.published(event)
  })
  await service.start()
  await receivers.take()
  const delay = monitorEventLoopDelay({ resolution: 2 })
  delay.enable()
  const from = performance.now()
  let count = 0
  while (performance.now() - from < SECONDS * 1_000) {
    const due = Math.floor(((performance.now() - from) * RATE) / 1_000)
    for (; count < due; count++) one(bus, count)
    await pause(TICK_MS)
  }
  await Promise.all(written)
  const rate = count / ((performance.now() - from) / 1_000)
  delay.disable()
  const sent = { syslog: [] as number[], bulk: [] as number[] }
  const wanted = names.includes('syslog') ? count : 0
  for (const until = performance.now() + 30_000; performance.now() < until; await pause(200)) {
    const more = await receivers.take()
    sent.syslog.push(...more.syslog)
    sent.bulk.push(...more.bulk)
    if (sent.syslog.length >= wanted && sent.bulk.length >= wanted) break
  }
  await service.stop()
  for (const name of names) await repository.delete(DESTINATIONS[name].id)
  if (sent.syslog.length < wanted || sent.bulk.length < wanted) throw new Error(`${wanted} were sent, fewer came`)
  const loop = [0.5, 0.99, 1].map(part => delay.percentile(part * 100) / 1e6)
  return { rate, loop, syslog: spread(sent.syslog), bulk: spread(sent.bulk) }
}

function one(bus: ReturnType<typeof createEventBus>, index: number): void {
  const source = { address: `198.51.100.${index % 250}`, port: 5_061, protocol: 'TLS', tls: 'TLSv1.3' }
  const userAgent = 'Yealink SIP-T54W 96.86.0.80'
  bus.publish('registration.refused', {
    username: `u${index}`,
    source,
    userAgent,
    reason: 'wrong password',
    sipCode: 403,
  })
}
