/**
 * The log: sustained append with chain and sealing; then pages and counts over millions of events.
 *   npm run bench:log -- --events 10000000 --seconds 20
 * The first 50,000 events are real ones by the way of the product; the rest are copies of their rows under positions,
 * times and tokens of their own, written by the database itself (the chain of copies is not computed).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/base/clock.ts'
import { newId } from '../src/base/ids.ts'
import { silentLogger } from '../src/base/logger.ts'
import type { EventType, RingfenceEvent } from '../src/events/catalogue.ts'
import { EVENT_SEVERITY } from '../src/events/catalogue.ts'
import type { EventArchive } from '../src/events/chain/event-archive.ts'
import { parseQuery } from '../src/events/query/parse.ts'
import { createSealer } from '../src/keys/sealer.ts'
import { createDatabase, type Database } from '../src/store/database.ts'
import { monthOf } from '../src/store/log/partitions.ts'
import { openStore } from '../src/store/open-store.ts'
import { type BenchOptions, publish } from './support/command.ts'
import { shown, table } from './support/statistics.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    seconds: { type: 'string' },
    rate: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
})
const { smoke } = values
const TOTAL = Number(values.events ?? (smoke ? 20_000 : 10_000_000))
const SECONDS = Number(values.seconds ?? (smoke ? 1 : 20))
const RATE = Number(values.rate ?? 5_000)
const options = { smoke, ours: true, peer: true, work: '' } as BenchOptions
const rows: (readonly string[])[] = []
const figures: Record<string, readonly number[]> = {}
const DAY = 86_400_000
const DAYS = 30
const COPY_STEP = 500_000
const folder = mkdtempSync(join(tmpdir(), 'ringfence-bench-log-'))
const organisation = newId<'OrganisationId'>(Date.now())
let made = 0

/** Calls, registrations, guesses and changes in about the shares of an office of a thousand under attack. */
function make(at: number): RingfenceEvent {
  const number = made++
  const extension = String(1_000 + ((number * 7_919) % 1_000))
  const callId = newId(at)
  const source = { address: `198.51.${number % 100}.${number % 250}`, port: 5061, protocol: 'TLS', tls: 'TLSv1.3' }
  const leg = {
    number: extension,
    username: `user${extension}`,
    signalling: 'TLS',
    tls: 'TLSv1.3',
    media: 'SRTP',
    codec: 'opus',
  }
  const to = `+4930${100_000 + (number % 5_000)}`
  const [type, data] = ((): readonly [EventType, object] => {
    switch (number % 10) {
      case 0:
        return [
          'authentication.failed',
          {
            username: `guess${number % 300}`,
            source,
            method: 'REGISTER',
            userAgent: 'scanner 1',
            reason: 'wrong password',
          },
        ]
      case 1:
        return [
          'registration.accepted',
          {
            extension,
            username: `user${extension}`,
            contact: 'sip:a@b',
            userAgent: 'Phone 1',
            source,
            expires: 300,
            refreshed: true,
            authentication: 'SHA-256',
            weaker: false,
          },
        ]
      case 2:
        return [
          'message.dropped',
          { source, method: 'OPTIONS', rule: 'UNKNOWN_SOURCE', reason: 'a stranger', count: 10 },
        ]
      case 3:
        return number % 1_000 === 3
          ? [
              'fraud.blocked',
              {
                decision: 'd',
                rule: 'FRAUD_FIRST_COUNTRY',
                reason: 'never called before',
                evidence: {},
                payer: extension,
                callId,
                prefix: '+53',
                until: undefined,
              },
            ]
          : ['call.refused', { callId, from: extension, to, sipCode: 403, rule: 'ROUTE_CLOSED', reason: 'not allowed' }]
      case 4:
      case 5:
        return ['call.started', { callId, from: extension, to, caller: leg }]
      case 6:
        return ['call.ringing', { callId, devices: 2 }]
      case 7:
        return [
          'call.answered',
          { callId, from: extension, to, caller: leg, callee: { ...leg, number: to }, setupMs: 80 },
        ]
      default:
        return [
          'call.ended',
          {
            callId,
            from: extension,
            to,
            side: 'caller',
            cause: 'normal',
            sipCode: 200,
            durationMs: 60_000,
            caller: leg,
            callee: leg,
            callerQuality: undefined,
            calleeQuality: undefined,
          },
        ]
    }
  })()
  return {
    id: newId<'EventId'>(at),
    type,
    at,
    severity: EVENT_SEVERITY[type],
    organisationId: organisation,
    data,
  } as unknown as RingfenceEvent
}

async function appendAt(
  log: EventArchive,
  rate: number,
  seconds: number,
  at: (index: number) => number,
): Promise<string> {
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  const latencies: number[] = []
  const pending = new Set<Promise<void>>()
  let index = 0
  while (index < rate * seconds) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - startedAt) / 1_000) * rate))
    for (; index < due; index++) {
      const begun = performance.now()
      const appended = log.append(make(at(index))).then(() => {
        latencies.push(performance.now() - begun)
        pending.delete(appended)
      })
      pending.add(appended)
    }
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  await Promise.all(pending)
  const took = (performance.now() - startedAt) / 1_000
  const used = process.cpuUsage(cpu)
  latencies.sort((a, b) => a - b)
  const percentile = (share: number): string => latencies[Math.floor((latencies.length - 1) * share)]!.toFixed(0)
  const told = `${Math.round(index / took)}/s, durable after ${percentile(0.5)} ms (p99 ${percentile(0.99)} ms), ${((used.user + used.system) / 1e4 / took).toFixed(0)} % of a core in this process`
  process.stdout.write(`append of ${index} events asked for at ${rate}/s: ${told}\n`)
  return told
}

async function copyRows(database: Database, base: number): Promise<void> {
  const from = Date.now() - DAYS * DAY
  const month = monthOf(Date.now())
  for (let done = base; done < TOTAL; done += COPY_STEP) {
    const count = Math.min(COPY_STEP, TOTAL - done)
    await database.query({
      text: `INSERT INTO events (position, sequence, at, organisation_id, tokens, month, class, severity, outcome, type, hash, document, sealed)
        SELECT $1 + n, $1 + n, ($2 + ($1 + n)::float8 / $3 * $4)::bigint, organisation_id, tokens, $5, class, severity, outcome, type, hash, document, sealed
        FROM generate_series(1::bigint, $6::bigint) AS n JOIN events ON position = 1 + (n * 7919) % $7`,
      values: [done, from, TOTAL, DAYS * DAY, month, count, base],
    })
    process.stdout.write(`  ${done + count} rows\n`)
  }
  await database.query({ text: 'UPDATE event_counter SET last = $1', values: [TOTAL] })
  // As autovacuum does while a log grows.
  await database.query({ text: 'VACUUM (ANALYZE) events' })
}

async function measure(name: string, run: () => Promise<string>): Promise<void> {
  const times: number[] = []
  let told = ''
  for (let round = 0; round < 5; round++) {
    const startedAt = performance.now()
    told = await run()
    times.push(performance.now() - startedAt)
  }
  const [first, ...rest] = times
  const warm = rest.toSorted((a, b) => a - b)[Math.floor(rest.length / 2)]!
  rows.push([`\`${name.replace('|', '\\|')}\``, shown(first!), shown(warm), told])
  figures[name] = times
  process.stdout.write(`${name.padEnd(72)} first ${shown(first!)} ms, then ${rest.map(shown).join(' ')} ms: ${told}\n`)
}

const sealer = createSealer(Buffer.alloc(32, 7))
const store = await openStore({
  dataDirectory: folder,
  sealer,
  clock: systemClock,
  logger: silentLogger,
  statementTimeout: 600_000,
})
try {
  const password = readFileSync(join(folder, 'keys', 'database.password'), 'utf8').trim()
  const connection = {
    host: join(folder, 'database', 'run'),
    port: 5432,
    user: 'ringfence',
    password,
    database: 'postgres',
  }
  const database = createDatabase({ connection, clock: systemClock, logger: silentLogger, statementTimeout: 3_600_000 })
  await appendAt(store.events, RATE, SECONDS, () => Date.now())
  if (TOTAL > RATE * SECONDS) await copyRows(database, RATE * SECONDS)
  const now = Date.now()
  const page = async (text: string) => {
    const parsed = parseQuery(text)
    if (!parsed.ok) throw new Error(text)
    const found = await store.events.search(parsed.value, { organisationId: organisation, limit: 50, now })
    return `${found.events.length} events${found.partial ? ', partial' : ''}`
  }
  const count = async (text: string) => {
    const parsed = parseQuery(text)
    if (!parsed.ok) throw new Error(text)
    const found = await store.events.count(parsed.value, { limit: 1, now })
    return `${found.total} events in ${found.groups.length} groups`
  }
  for (const text of [
    'type:call.*',
    'extension:1042',
    'extension:1042 since 7d',
    'source:198.51.42.42',
    'data.username:guess210 type:authentication.failed',
    'data.to:+4930100008 type:call.ended',
    'severity>=error',
    'type:fraud.blocked since 10d until 9d',
    'extension:1042 since 20d until 19d',
    'call:nothing-like-this',
    'source:198.51.42.0/24 since 1d',
  ]) {
    await measure(text, () => page(text))
  }
  for (const text of [
    'since 1d | count by type',
    'since 16d until 15d | count by type per 1h',
    'since 1d | count by source top 10',
    'since 1d type:call.* | count by extension top 10',
    'extension:1042 | count by type per 1d',
  ]) {
    await measure(text, () => count(text))
  }
  const [size] = await database.query({ text: "SELECT pg_size_pretty(pg_database_size('postgres')) AS size" })
  const appended = await appendAt(store.events, RATE, Math.min(SECONDS, 10), () => Date.now())
  await database.close()
  const text = `${TOTAL.toLocaleString('en')} events, ${String(size!['size'])} on disk; appended to them: ${appended}.`
  const heads = ['question', 'first, ms', 'again, ms', 'answer']
  publish('log', options, `${table(heads, rows)}\n\n${text}`, figures)
} finally {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
}
