/**
 * `test` of node:test for a fault: its row, with what it measured, is printed, and kept for docs/reliability.md when that is
 * asked for.
 *
 *     faultTest({
 *       section: 'crash',
 *       fault: 'kill -9 under live calls',
 *       done: `${scale(5, 100)} random instants, 200 calls kept`,
 *       holds: 'no answered call without a record',
 *     }, async measured => {
 *       …
 *       measured('restart', distribution(times, 'ms'))
 *     })
 *
 * A quick run (CI) only prints. `FAULTS=full` is the full size, and `UPDATE_DOCS=true` with it writes the row.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { repositoryRoot } from '../support/places.ts'
import {
  RELIABILITY_DOCUMENT,
  RELIABILITY_RESULTS,
  reliabilityDocument,
  type ReliabilityRow,
  withRow,
} from './document.ts'

export interface FaultDescription {
  readonly section: ReliabilityRow['section']
  readonly fault: string
  readonly done: string
  readonly holds: string
  /** Default: `npm run faults`. */
  readonly command?: string
  /** Default: 120 s. */
  readonly timeoutMs?: number
  /** Why it cannot run on this machine. */
  readonly skip?: string | undefined
}

/** Adds a figure to the row, in the order of the calls. */
export type Measured = (name: string, value: string | number) => void

export const fullSize = process.env['FAULTS'] === 'full'

/** The first in CI, the second with `FAULTS=full`. */
export function scale<T>(quick: T, full: T): T {
  return fullSize ? full : quick
}

export function faultTest(description: FaultDescription, body: (measured: Measured) => Promise<void>): void {
  const { section, fault, done, holds, command = 'npm run faults', timeoutMs = 120_000, skip } = description
  test(`${fault}: ${holds}`, { timeout: timeoutMs, skip: skip ?? false }, async () => {
    const figures: [string, string][] = []
    let passed = false
    try {
      await body((name, value) => void figures.push([name, String(value)]))
      passed = true
    } finally {
      const file = relative(repositoryRoot, process.argv[1] ?? '')
      const date = new Date().toISOString().slice(0, 10)
      report({ section, fault, done, holds, measured: figures, passed, file, command, date, machine: thisMachine() })
    }
  })
}

/** `min 812, median 1023, max 1544 ms (of 100)` */
export function distribution(values: readonly number[], unit: string, digits = 0): string {
  if (values.length === 0) return 'none'
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): string => sorted[Math.round((sorted.length - 1) * share)]!.toFixed(digits)
  return `min ${at(0)}, median ${at(0.5)}, max ${at(1)} ${unit} (of ${values.length})`
}

export function thisMachine(): string {
  const model = (cpus()[0]?.model ?? 'unknown processor').replace(/\s+/g, ' ').trim()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  return `${availableParallelism()} cores of ${model}, ${memory}, Linux ${release()}, Node.js ${process.version}`
}

export function report(row: ReliabilityRow): void {
  const figures = row.measured.map(([name, value]) => `    ${name}: ${value}\n`).join('')
  process.stdout.write(`${row.passed ? 'held' : 'FAILED'}: ${row.fault}\n  ${row.done}\n  ${row.holds}\n${figures}`)
  if (!fullSize || process.env['UPDATE_DOCS'] !== 'true') return
  const rows = withRow(readResults(), row)
  writeFileSync(join(repositoryRoot, RELIABILITY_RESULTS), `${JSON.stringify(rows, null, 2)}\n`)
  writeFileSync(join(repositoryRoot, RELIABILITY_DOCUMENT), reliabilityDocument(rows))
}

export function readResults(): readonly ReliabilityRow[] {
  try {
    return JSON.parse(readFileSync(join(repositoryRoot, RELIABILITY_RESULTS), 'utf8')) as ReliabilityRow[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
