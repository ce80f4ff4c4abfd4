/** What all commands of the benchmark have in common: options, servers, results. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pause } from '../../test/support/places.ts'
import { startKamailio } from '../servers/kamailio.ts'
import { startOurs } from '../servers/ringfence.ts'
import { type BenchServer, benchUsers } from '../servers/server.ts'
import { machine } from './machine.ts'

export interface BenchOptions {
  readonly rounds: number
  readonly seconds: number
  readonly users: number
  /** Seconds of load before the first round: a server runs for months, and is compiled then. */
  readonly warmUp: number
  readonly ours: boolean
  readonly peer: boolean
  /** Only works whose names contain this. */
  readonly work: string
  /** A rate instead of the usual ones. */
  readonly rate: number | undefined
  /** Look for the highest clean rate, too. */
  readonly sweep: boolean
  /** Folder for CPU profiles of ours. */
  readonly profile: string | undefined
  /** Tiny counts: does it work at all? */
  readonly smoke: boolean
}

export function readOptions(usualUsers = 1000): BenchOptions {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      users: { type: 'string' },
      'warm-up': { type: 'string' },
      only: { type: 'string', default: 'ours,peer' },
      work: { type: 'string', default: '' },
      rate: { type: 'string' },
      sweep: { type: 'boolean', default: false },
      profile: { type: 'string' },
      smoke: { type: 'boolean', default: false },
    },
  })
  const { smoke } = values
  const only = values.only.split(',')
  return {
    rounds: Number(values.rounds ?? (smoke ? 1 : 3)),
    seconds: Number(values.seconds ?? (smoke ? 1 : 5)),
    users: Number(values.users ?? (smoke ? 50 : usualUsers)),
    warmUp: Number(values['warm-up'] ?? (smoke ? 0 : 6)),
    ours: only.includes('ours'),
    peer: only.includes('peer'),
    work: values.work,
    rate: values.rate === undefined ? (smoke ? 20 : undefined) : Number(values.rate),
    sweep: values.sweep,
    profile: values.profile,
    smoke,
  }
}

/** Starts the servers that are wanted, and stops them whatever happens. */
export async function withServers<T>(
  options: BenchOptions,
  use: (servers: readonly BenchServer[]) => Promise<T>,
  more: { readonly media?: boolean; readonly outsiders?: boolean } = {},
): Promise<T> {
  const users = benchUsers(options.users)
  const profile = options.profile === undefined ? {} : { profile: `--cpu-prof --cpu-prof-dir=${options.profile}` }
  const servers: BenchServer[] = []
  try {
    if (options.ours) servers.push(await startOurs({ users, ...profile, ...more }))
    if (options.peer) servers.push(await startKamailio({ users, ...more }))
    await pause(options.smoke ? 0 : 1000)
    return await use(servers)
  } finally {
    for (const server of servers) await server.stop()
  }
}

/** What else runs takes part in every figure. */
const BUSY = 0.7
const loadBefore = loadavg()[0] ?? 0
if (loadBefore > BUSY)
  console.warn(`the machine is busy (load average ${loadBefore.toFixed(1)}): figures will mean little`)

const RESULTS = join(import.meta.dirname, '../results')
const README = join(import.meta.dirname, '../README.md')

/** Prints the table, keeps the figures, and writes the table into the README where `UPDATE_DOCS=true`. */
export function publish(name: string, options: BenchOptions, text: string, figures: unknown): void {
  const where = `${machine()}, load average before it ${loadBefore.toFixed(1)}`
  const when = new Date().toISOString().slice(0, 10)
  console.log(`\n${text}\n\n${where}`)
  if (options.smoke) return
  mkdirSync(RESULTS, { recursive: true })
  const kept = { name, when, machine: where, options, figures }
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(kept, undefined, 2)}\n`)
  // The README has whole tables only.
  if (process.env['UPDATE_DOCS'] !== 'true' || !options.ours || !options.peer || options.work !== '') return
  const start = `<!-- ${name} -->\n`
  const end = `<!-- end of ${name} -->`
  const readme = readFileSync(README, 'utf8')
  const [from, to] = [readme.indexOf(start), readme.indexOf(end)]
  if (from < 0 || to < 0) throw new Error(`no place for ${name} in bench/README.md`)
  const written = `${start}\n${text}\n\n${when}: ${where}.\n\n`
  writeFileSync(README, readme.slice(0, from) + written + readme.slice(to))
}
