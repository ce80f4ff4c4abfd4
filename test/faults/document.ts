/** docs/reliability.md, made of the rows that fault and soak tests measured. */

export const RELIABILITY_DOCUMENT = 'docs/reliability.md'
export const RELIABILITY_RESULTS = 'test/faults/results.json'

/** Sections in the order of the document. */
export const SECTIONS = {
  crash: 'The server is killed',
  database: 'The database fails',
  parts: 'A part fails',
  resources: 'Resources run out',
  outside: 'A provider fails',
  time: 'Time',
  change: 'Changes under live calls',
  endurance: 'Endurance',
} as const

export type Section = keyof typeof SECTIONS

export interface ReliabilityRow {
  readonly section: Section
  readonly fault: string
  /** What the test did, with its numbers. */
  readonly done: string
  /** What must hold: the test fails where it does not. */
  readonly holds: string
  /** Name and value with its unit, in the order to be shown. */
  readonly measured: readonly (readonly [name: string, value: string])[]
  readonly passed: boolean
  /** The test, relative to the repository. */
  readonly file: string
  /** What a reader types to measure it again. */
  readonly command: string
  /** `2026-11-23` */
  readonly date: string
  readonly machine: string
}

const INTRODUCTION = `# Reliability

What happens to encrypted calls when something breaks: each row is a test that starts the real product, lets our own phones
register and call over TLS and SRTP, breaks one thing, and looks. A row is written by its test, with the figures of that run.
\`npm run faults\` prints those of the faults; \`UPDATE_DOCS=true npm run faults\` writes them here. A small version of each fault
runs in CI (\`npm run check\`), without writing anything. Figures depend on the machine; what must hold does not.
`

/** A row of the same test takes the place of its former one. */
export function withRow(rows: readonly ReliabilityRow[], row: ReliabilityRow): readonly ReliabilityRow[] {
  const others = rows.filter(each => each.file !== row.file || each.fault !== row.fault)
  return [...others, row].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

export function reliabilityDocument(rows: readonly ReliabilityRow[]): string {
  const machines = [...new Set(rows.map(row => row.machine))].toSorted()
  const sections = Object.entries(SECTIONS).flatMap(([section, title]) => {
    const own = rows.filter(row => row.section === section)
    if (own.length === 0) return []
    return [`## ${title}\n\n${TABLE_HEAD}${own.map(row => `${line(row, machines)}\n`).join('')}`]
  })
  const list = machines.map((machine, i) => `| M${i + 1} | ${cell(machine)} |`)
  return [INTRODUCTION, ...sections, `## Machines\n\n| | |\n|---|---|\n${list.join('\n')}\n`].join('\n')
}

const TABLE_HEAD = '| fault | what was done | what must hold | measured | run |\n|---|---|---|---|---|\n'

function line(row: ReliabilityRow, machines: readonly string[]): string {
  const figures = row.measured.map(([name, value]) => `${name}: ${value}`).join('<br>')
  const measured = row.passed ? figures : `**failed**${figures === '' ? '' : `<br>${figures}`}`
  const run = `${row.date}, M${machines.indexOf(row.machine) + 1}, \`${row.command}\``
  return `| ${[row.fault, row.done, row.holds, measured, run].map(cell).join(' | ')} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function keyOf({ section, file, fault }: ReliabilityRow): string {
  return `${Object.keys(SECTIONS).indexOf(section)} ${file} ${fault}`
}
