/**
 * Reads over the HTTP API of the complete product, with 10,000 extensions and 1,000,000 events, beside one bare fastify route
 * that answers the same text over TLS and does nothing else: `npm run bench:api [-- --rounds 3 --rate 2000]`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { accepted, startRingfence } from '../test/support/ringfence.ts'
import { pause, type TemporaryFolder, temporaryFolder } from '../test/support/places.ts'
import { writeCursor } from '../src/api/http/page.ts'
import type { OrganisationId } from '../src/base/ids.ts'
import { newId } from '../src/base/ids.ts'
import { silentLogger } from '../src/base/logger.ts'
import { systemClock } from '../src/base/clock.ts'
import { type Core, openCore } from '../src/composition/core.ts'
import { loadConfiguration } from '../src/config/load.ts'
import { EVENT_SEVERITY, type RingfenceEvent } from '../src/events/catalogue.ts'
import { generator } from '../test/support/phone-numbers.ts'
import { createRequestLoad, type RequestLoad, type RequestReport, type RequestTarget } from './load/requests.ts'
import type { BareAnswer, BareReady } from './servers/bare-fastify.ts'
import { publish, readOptions } from './support/command.ts'
import { spentBetween, treeCpu } from './support/cpu.ts'
import { shownSpread, spreadOf, table } from './support/statistics.ts'

const options = readOptions()
const RATE = options.rate ?? 2_000
const LIST_RATE = options.smoke ? 10 : 50
const SECONDS = options.smoke ? 1 : options.seconds * 2
const EXTENSIONS = options.smoke ? 150 : 10_000
const EVENTS = options.smoke ? 1_000 : 1_000_000
const PAGE = 100
/** One of so many is of a type that is looked for: its page lies behind many others. */
const RARE = 5_000
const BATCH = 2_000
/** One of so many is of a small organisation beside the large one. */
const SMALL = 10_000
const SMALL_DOMAIN = 'small.example'
/** Each may ask 1,000 times a second. */
const KEYS = 8
const pick = generator(20_261_124)

const numberOf = (index: number): string => String(100_000 + index)

function eventOf(organisationId: OrganisationId, index: number, at: number): RingfenceEvent {
  const source = { address: `198.51.${pick(100)}.${pick(250)}`, port: 5_061, protocol: 'TLS' }
  const common = { id: newId<'EventId'>(at), at, organisationId }
  if (index % RARE === 0) {
    const type = 'call.refused' as const
    const data = { callId: `c${index}`, from: '101', to: '+4930', sipCode: 403, rule: 'FRAUD_BURST', reason: 'a burst' }
    return { ...common, type, severity: EVENT_SEVERITY[type], data }
  }
  const type = 'authentication.failed' as const
  const data = { username: numberOf(pick(EXTENSIONS)), source, method: 'REGISTER', userAgent: 'bench', reason: 'wrong' }
  return { ...common, type, severity: EVENT_SEVERITY[type], data } as RingfenceEvent
}

/** Into the store itself, as the server would: through the door it would take an hour. */
async function fill(data: TemporaryFolder): Promise<void> {
  const loaded = loadConfiguration({ overrides: { data: data.path } })
  if (!loaded.ok) throw new Error(loaded.error.message)
  const core: Core = await openCore({
    configuration: loaded.value,
    clock: systemClock,
    logger: silentLogger,
  })
  try {
    const { id } = core.directory.primary
    const actor = { kind: 'operator', name: 'bench' } as const
    const small = await core.directory.addOrganisation({ name: 'Small', domain: SMALL_DOMAIN }, actor)
    if (!small.ok) throw new Error(small.error.message)
    const ownerOf = (index: number): OrganisationId => (index % SMALL === 1 ? small.value.id : id)
    for (let index = 0; index < EXTENSIONS; index++) {
      const added = await core.directory.addExtension({ number: numberOf(index), name: `Phone ${index}` }, actor)
      if (!added.ok) throw new Error(added.error.message)
    }
    const first = Date.now() - EVENTS * 100
    for (let index = 0; index < EVENTS; index += BATCH) {
      const count = Math.min(BATCH, EVENTS - index)
      const batch = Array.from({ length: count }, (_, each) =>
        eventOf(ownerOf(index + each), index + each, first + (index + each) * 100),
      )
      await Promise.all(batch.map(event => core.store.events.append(event)))
    }
  } finally {
    await core.close()
  }
}

interface Server {
  readonly name: string
  readonly pid: number
  readonly load: RequestLoad
  /** With the key of the small organisation. */
  readonly small?: RequestLoad
}

interface Work {
  readonly name: string
  readonly rate: number
  /** Milliseconds, of 99 in 100. */
  readonly aim: number | undefined
  /** Asked for by the small organisation. */
  readonly small?: boolean
  path(index: number): string
}

/** Walks a list to its end, and gives the cursor of each page. */
async function cursorsOf(load: RequestLoad, path: string): Promise<readonly string[]> {
  const cursors: string[] = ['']
  for (;;) {
    const { status, text } = await load.get(`${path}?limit=${PAGE}${cursors.at(-1)}`)
    if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 300)}`)
    const { next, items } = JSON.parse(text) as { readonly next: string | null; readonly items: readonly unknown[] }
    if (items.length !== PAGE && next !== null) throw new Error(`${path}: a page of ${items.length}`)
    if (next === null) return cursors
    cursors.push(`&cursor=${encodeURIComponent(next)}`)
  }
}

async function works(load: RequestLoad): Promise<readonly Work[]> {
  const pages = await cursorsOf(load, '/api/v1/extensions')
  if (pages.length !== Math.ceil(EXTENSIONS / PAGE)) throw new Error(`${pages.length} pages`)
  const deep = (): string => writeCursor(String(PAGE + 2 + pick(EVENTS - PAGE)))
  const list = (name: string, path: () => string): Work => ({ name, rate: LIST_RATE, aim: 200, path })
  return [
    {
      name: `one of ${EXTENSIONS} extensions`,
      rate: RATE,
      aim: undefined,
      path: () => `/api/v1/extensions/${numberOf(pick(EXTENSIONS))}?`,
    },
    list(`any page of ${EXTENSIONS} extensions`, () => `/api/v1/extensions?limit=${PAGE}${pages[pick(pages.length)]}`),
    list(`newest page of ${EVENTS} events`, () => `/api/v1/events?limit=${PAGE}`),
    list(`any page of ${EVENTS} events`, () => `/api/v1/events?limit=${PAGE}&cursor=${deep()}`),
    list(`any page of one type in ${RARE}`, () => `/api/v1/events?limit=${PAGE}&types=call.refused&cursor=${deep()}`),
    { ...list('newest page of a small organisation', () => `/api/v1/events?limit=${PAGE}`), small: true },
  ].map(work => ({ ...work, path: (index: number) => work.path(index).replace(/\?$/, '') }))
}

interface Round {
  readonly server: string
  readonly cpuMs: number
  readonly report: RequestReport
}

const SETTLE_MS = 500

async function measure(
  { name, pid, load, small }: Server,
  { rate, path, small: asSmall }: Work,
  seconds: number,
): Promise<Round> {
  const before = treeCpu([pid])
  const report = await (asSmall === true ? (small ?? load) : load).run(rate, Math.round(rate * seconds), path)
  await pause(options.smoke ? 0 : SETTLE_MS)
  const cpuMs = spentBetween(before, treeCpu([pid])) / Math.max(1, report.times.length)
  return { server: name, cpuMs, report }
}

const quantile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))]!

function rowOf({ name, aim }: Work, rounds: readonly Round[]): readonly string[] {
  const [ours, bare] = ['ringfence', 'bare'].map(server => rounds.filter(each => each.server === server))
  const spread = (of: (round: Round) => number, from = ours!): string => shownSpread(spreadOf(from.map(of)))
  const reached = (each: Round): number => each.report.times.length / each.report.seconds
  const ratio = ours!.map((round, index) => round.cpuMs / (bare![index]?.cpuMs ?? Number.NaN))
  return [
    name,
    spread(reached),
    spread(each => quantile(each.report.times, 0.5)),
    spread(each => quantile(each.report.times, 0.99)),
    aim === undefined ? '-' : String(aim),
    spread(each => quantile(each.report.times, 0.99), bare),
    spread(each => each.cpuMs),
    spread(each => each.cpuMs, bare),
    shownSpread(spreadOf(ratio)),
    String(rounds.reduce((sum, each) => sum + each.report.failed, 0)),
  ]
}

const HEADS = [
  'read',
  'answered/s',
  'p50, ms',
  'p99, ms',
  'aim, ms',
  'bare p99, ms',
  'CPU each, ms',
  'bare CPU, ms',
  'ratio',
  'failed',
]

interface Bare extends Server {
  answer(path: string, value: unknown): Promise<void>
  stop(): void
}

async function startBare(): Promise<Bare> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'servers/bare-fastify.ts'))
  const said = (): Promise<unknown> => new Promise(done => child.once('message', done))
  const { port, caPem } = (await said()) as BareReady
  const load = createRequestLoad([{ port, caPem, headers: {} }])
  return {
    name: 'bare',
    pid: child.pid!,
    load,
    async answer(path, value) {
      child.send({ path, value } satisfies BareAnswer)
      await said()
    },
    stop() {
      load.close()
      child.kill()
    },
  }
}

const data = temporaryFolder('bench-api')
console.log(`${EXTENSIONS} extensions and ${EVENTS} events are written …`)
await fill(data)
const ringfence = await startRingfence({ data })
const bare = await startBare()
try {
  const operations = await ringfence.operations()
  const scopes = ['extensions:read', 'log:read'] as const
  const { port } = ringfence.ready.https
  const target = async (name: string, organisation?: string): Promise<RequestTarget> => {
    const where = organisation === undefined ? {} : { organisation }
    const input = { name, scopes, networks: ['127.0.0.1'], seconds: 86_400, ...where }
    const { secret } = accepted(await operations.apiKeyAdd(input))
    return { port, caPem: ringfence.caPem, headers: { authorization: `Bearer ${secret}` } }
  }
  const targets: RequestTarget[] = []
  for (let key = 0; key < KEYS; key++) targets.push(await target(`bench ${key}`))
  const load = createRequestLoad(targets)
  const small = createRequestLoad([await target('bench small', SMALL_DOMAIN)])
  const ours: Server = { name: 'ringfence', pid: ringfence.process.pid, load, small }
  const rows: (readonly string[])[] = []
  for (const work of (await works(load)).filter(({ name }) => name.includes(options.work))) {
    const sample = work.path(0)
    const { status, text } = await (work.small === true ? small : load).get(sample)
    if (status !== 200) throw new Error(`${sample}: ${status} ${text.slice(0, 300)}`)
    await bare.answer('/same', JSON.parse(text))
    const same: Work = { ...work, path: () => '/same?' }
    const rounds: Round[] = []
    for (const [server, each] of [
      [ours, work],
      [bare, same],
    ] as const) {
      if (options.warmUp > 0) await measure(server, each, options.warmUp / 2)
    }
    for (let round = 0; round < options.rounds; round++) {
      rounds.push(await measure(ours, work, SECONDS), await measure(bare, same, SECONDS))
    }
    const problem = rounds.find(each => each.report.problem !== undefined)?.report.problem
    if (problem !== undefined) console.error(`${work.name}: ${problem}`)
    rows.push(rowOf(work, rounds))
    console.log(rows.at(-1)!.join(' | '))
  }
  load.close()
  small.close()
  publish('api', options, table(HEADS, rows), rows)
} finally {
  bare.stop()
  await ringfence.halt()
  data.remove()
}
