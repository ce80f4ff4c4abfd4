/**
 * `test` of node:test for a behaviour that an RFC demands: each is a row of docs/conformance.md.
 *
 *     conformance('RFC 3261 §9.2', 'CANCEL after the final answer', 'the CANCEL gets 200, the call stays', async t => {
 *       …assertions…
 *       return '200 to the CANCEL; the call goes on' // the column "what we do"; nothing: "as demanded"
 *     })
 *
 * When the file has run, its rows are compared with docs/conformance.md, both ways and with what was observed: a row that
 * is missing, too much or different fails the file. `npm run conformance:table` runs all files and writes the document,
 * unless a test fails. So what is returned must be the same in every run: statuses and words, no times, no ports.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { repositoryRoot } from '../../support/places.ts'
import { CONFORMANCE_DOCUMENT, readRows, type Row, rowLine } from './document.ts'

/** A string that it gives is what we do; anything else is nothing. */
type Body = (t: TestContext) => unknown

export interface ConformanceOptions {
  readonly timeout?: number
}

const file = relative(repositoryRoot, process.argv[1] ?? '')
/** Every row of this file by section and scenario; `done` is undefined until its test has passed. */
const rows = new Map<string, Row>()

const AS_DEMANDED = 'as demanded'

/**
 * `section`: 'RFC 3261 §17.1.1.2'; `scenario`: what is done, unique in its section and file; `demanded`: what the RFC's text
 * says, in few words; `body`: returns what we do when that is worth saying.
 */
export function conformance(
  section: string,
  scenario: string,
  demanded: string,
  body: Body,
  options: ConformanceOptions = {},
): void {
  assert.match(section, /^RFC \d{4} (§[\d.]+[a-z]?|appendix [A-Z](?:\.\d+)*|table \d+|figure \d+)$/, 'RFC nnnn §n.n')
  const key = `${section} ${scenario}`
  assert.ok(!rows.has(key), `twice in this file: ${key}`)
  const row: Row = { section, scenario, demanded, done: undefined, file }
  rows.set(key, row)
  test(`${section} ${scenario}: ${demanded}`, { timeout: options.timeout ?? 60_000 }, async t => {
    const done = await body(t)
    rows.set(key, { ...row, done: typeof done === 'string' ? done : AS_DEMANDED })
  })
}

// Not in an `after` of node:test: one that throws keeps the file's own from being called.
process.on('exit', () => {
  if (process.argv[1] === undefined || rows.size === 0) return
  const folder = process.env['CONFORMANCE_ROWS']
  if (folder === undefined) {
    failWhen(difference())
    return
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${basename(file)}.json`), JSON.stringify([...rows.values()]))
})

function failWhen(problem: string | undefined): void {
  if (problem === undefined) return
  process.stderr.write(problem)
  process.exitCode = 1
}

/** What differs between the rows of this run and those of the document. */
function difference(): string | undefined {
  const path = join(repositoryRoot, CONFORMANCE_DOCUMENT)
  const documented = existsSync(path) ? readRows(readFileSync(path, 'utf8'), file) : []
  // A test that failed or was filtered has observed nothing: only its being listed is compared.
  const present = [...rows.values()].map(row => {
    const listed = documented.find(each => each.section === row.section && each.scenario === row.scenario)
    return rowLine(row.done === undefined ? { ...row, done: listed?.done } : row)
  })
  const before = documented.map(rowLine)
  const gone = before.filter(line => !present.includes(line)).map(line => `- ${line}\n`)
  const come = present.filter(line => !before.includes(line)).map(line => `+ ${line}\n`)
  if (gone.length + come.length === 0) return undefined
  const what = `${CONFORMANCE_DOCUMENT} differs from what ${file} did; write it anew with: npm run conformance:table`
  return `${what}\n${[...gone, ...come].toSorted((a, b) => (a.slice(1) < b.slice(1) ? -1 : 1)).join('')}`
}
