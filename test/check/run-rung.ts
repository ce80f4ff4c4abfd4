/** Runs one rung and prints its line: name, time, what ran, what was skipped and why, what failed and how. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { repositoryRoot } from '../support/places.ts'
import type { ReportLine } from './reporter.ts'
import type { Rung, TestRung, ToolRung } from './rungs.ts'

export interface RungOutcome {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const REPORTER = join(repositoryRoot, 'test', 'check', 'reporter.ts')
const SHOWN_OUTPUT = 8_000
/** One that hangs is to be named, not to hold up the rest. */
const TEST_LIMIT_MS = 240_000

export async function runRung(rung: Rung): Promise<RungOutcome> {
  const started = performance.now()
  process.stdout.write(`\n== ${rung.name}\n`)
  const { outcome, detail } = 'tools' in rung ? await runTools(rung) : await runTests(rung)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const verdict = outcome.failed === 0 ? 'ok  ' : 'FAIL'
  process.stdout.write(`${verdict} ${rung.name.padEnd(14)} ${seconds.padStart(6)} s  ${detail}\n`)
  return outcome
}

interface Ran {
  readonly outcome: RungOutcome
  readonly detail: string
}

async function runTools(rung: ToolRung): Promise<Ran> {
  const names = rung.tools.map(([, program = '']) => program.split('/').at(-1))
  for (const [index, [command = '', ...args]] of rung.tools.entries()) {
    const { code, output } = await run(command, args, rung.limitMinutes)
    if (code === 0) continue
    process.stdout.write(`${output.slice(-SHOWN_OUTPUT)}\n`)
    return { outcome: { passed: 0, failed: 1, skipped: 0 }, detail: `${names[index]} ended with ${code}` }
  }
  return { outcome: { passed: 1, failed: 0, skipped: 0 }, detail: names.join(', ') }
}

async function runTests(rung: TestRung): Promise<Ran> {
  // A rung that runs nothing would be green for ever.
  if (rung.files.length === 0) return { outcome: { passed: 0, failed: 1, skipped: 0 }, detail: 'no test was found' }
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--test',
    `--test-timeout=${TEST_LIMIT_MS}`,
    ...(rung.concurrency === undefined ? [] : [`--test-concurrency=${rung.concurrency}`]),
    `--test-reporter=${REPORTER}`,
    ...rung.files,
  ]
  const { code, output } = await run(process.execPath, args, rung.limitMinutes)
  const lines = output.split('\n').flatMap(readLine)
  const summary = lines.findLast(line => line.kind === 'summary')
  for (const line of lines) {
    if (line.kind === 'failed') process.stdout.write(`FAILED ${line.file}: ${line.name}\n${indent(line.error)}\n`)
    if (line.kind === 'skipped') process.stdout.write(`skipped ${line.file}: ${line.name} (${line.reason})\n`)
  }
  if (summary === undefined) {
    process.stdout.write(`${output.slice(-SHOWN_OUTPUT)}\n`)
    return { outcome: { passed: 0, failed: 1, skipped: 0 }, detail: `node --test ended with ${code} and no summary` }
  }
  const { passed, failed, skipped } = summary
  // An exit code without a failed test: a handle that was left open, or an error outside every test.
  const unexplained = code !== 0 && failed === 0 ? 1 : 0
  if (unexplained > 0) process.stdout.write(`${output.slice(-SHOWN_OUTPUT)}\n`)
  const detail = `${rung.files.length} files: ${passed} passed, ${failed + unexplained} failed, ${skipped} skipped`
  return { outcome: { passed, failed: failed + unexplained, skipped }, detail }
}

function readLine(text: string): readonly ReportLine[] {
  if (!text.startsWith('@report ')) return []
  return [JSON.parse(text.slice('@report '.length)) as ReportLine]
}

function indent(text: string): string {
  return text
    .split('\n')
    .map(line => `    ${line}`)
    .join('\n')
}

let current: ChildProcess | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    current?.kill(signal)
    process.exit(130)
  })
}

function run(
  command: string,
  args: readonly string[],
  limitMinutes: number,
): Promise<{ readonly code: number | string; readonly output: string }> {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'pipe'] })
    current = child
    let output = ''
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8')
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    let late = false
    const limit = setTimeout(() => {
      late = true
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), 5_000).unref()
    }, limitMinutes * 60_000)
    const end = (code: number | string): void => {
      clearTimeout(limit)
      void resolve({ code: late ? `a time-out after ${limitMinutes} minutes` : code, output })
    }
    child.once('error', error => end(error.message))
    child.once('close', (code, signal) => end(code ?? signal ?? 'no exit code'))
  })
}
