/**
 * Reads over the HTTP API of the complete product, with 10,000 extensions and 1,000,000 events, beside one bare fastify route
 * that answers the same text over TLS and does nothing else: `npm run bench:api [-- --rounds 3 --rate 2000]`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { accepted, startRingfence } from '../test/support/ringfence.ts'
import { pause, temporaryFolder } from '../test/support/places.ts'
import { writeCursor } from '../src/api/http/page.ts'
import { createRequestLoad, type RequestLoad, type RequestReport, type RequestTarget } from './load/requests.ts'
import type { BareAnswer, BareReady } from './servers/bare-fastify.ts'
import { publish, readOptions } from './support/command.ts'
import { fillStore, numberOf, pick, RARE, SMALL_DOMAIN } from './support/filled-store.ts'
import { spentBetween, treeCpu } from './support/cpu.ts'
import { shownSpread, spreadOf, table } from './support/statistics.ts'

const options = readOptions()
const RATE = options.rate ?? 2_000
const LIST_RATE = options.smoke ? 10 : 50
const SECONDS = options.smoke ? 1 : options.seconds * 2
const EXTENSIONS = options.smoke ? 150 : 10_000
const EVENTS = options.smoke ? 1_000 : 1_000_000
const PAGE = 100
/** Each may ask 1,000 times a second. */
const KEYS = 8

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
await fillStore(data, { extensions: EXTENSIONS, events: EVENTS })
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
