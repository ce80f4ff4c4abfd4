/** docs/conformance.md: rows to text and back. */

export const CONFORMANCE_DOCUMENT = 'docs/conformance.md'

export interface Row {
  readonly section: string
  readonly scenario: string
  readonly demanded: string
  /** Undefined: its test has not passed. */
  readonly done: string | undefined
  /** Relative to the repository. */
  readonly file: string
}

const TITLES: Readonly<Record<string, string>> = {
  '2202': 'Test Cases for HMAC-SHA-1',
  '3261': 'SIP: Session Initiation Protocol',
  '3262': 'Reliability of Provisional Responses',
  '3264': 'An Offer/Answer Model with SDP',
  '3311': 'The UPDATE Method',
  '3515': 'The REFER Method',
  '3581': 'Symmetric Response Routing',
  '3665': 'Basic Call Flow Examples',
  '3711': 'The Secure Real-time Transport Protocol',
  '3891': 'The Replaces Header',
  '4028': 'Session Timers',
  '4475': 'Torture Test Messages',
  '4488': 'Suppression of the REFER Implicit Subscription',
  '4568': 'SDP Security Descriptions',
  '5118': 'Torture Test Messages for IPv6',
  '5393': 'Amplification in Forking Proxies: loops',
  '5589': 'Call Control: Transfer',
  '5626': 'Managing Client-Initiated Connections',
  '6026': 'Correct Transaction Handling for 2xx',
  '6188': 'AES-192 and AES-256 in SRTP',
  '6337': 'Usage of the Offer/Answer Model',
  '6455': 'The WebSocket Protocol',
  '7118': 'The WebSocket Protocol as a Transport for SIP',
  '7714': 'AES-GCM in SRTP',
  '8760': 'SHA-256 and SHA-512/256 Digest',
}

const INTRODUCTION = `# Conformance

What the RFCs demand and what Ringfence does, one row for each test that \`npm run conformance\` runs. The column "what we do"
is what the test observed: a status, a reason, silence. "As demanded" means that the assertions of the test are the demand
itself. A behaviour that deviates says so and why; [rfc-map.md](rfc-map.md) lists the deviations by section.

How strangers are treated: a well-formed request that is no REGISTER gets no answer, whatever an RFC would say to it; a REGISTER
is challenged, and what is malformed is refused, within the rate of its source. [conformance-witness.md](conformance-witness.md)
puts Debian's Kamailio beside us for the messages that attack the parser.

This file is written by \`npm run conformance:table\`, which runs the tests and writes nothing when one fails. Each test file
compares its own rows with this document when it has run, so a row that is missing, too much or different fails the build.
`

export function documentOf(rows: readonly Row[]): string {
  const numbers = [...new Set(rows.map(row => rfcOf(row.section)))].toSorted()
  const of = (rfc: string): readonly Row[] => rows.filter(row => rfcOf(row.section) === rfc).toSorted(bySection)
  const summary = numbers.map(rfc => `| [RFC ${rfc}](#rfc-${rfc}) | ${TITLES[rfc] ?? ''} | ${of(rfc).length} |`)
  const contents = `| RFC | title | rows |\n|---|---|---|\n${summary.join('\n')}\n`
  const tables = numbers.map(rfc => `\n## RFC ${rfc}\n\n${TABLE_HEAD}${of(rfc).map(rowLine).join('\n')}\n`)
  return `${INTRODUCTION}\n${contents}${tables.join('')}`
}

const TABLE_HEAD = '| section | scenario | demanded | what we do | test |\n|---|---|---|---|---|\n'

export function rowLine(row: Row): string {
  const cells = [row.section, row.scenario, row.demanded, row.done ?? '', row.file.replace('test/conformance/', '')]
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim()).join(' | ')} |`
}

/** The rows of one test file, or of all. */
export function readRows(document: string, file?: string): readonly Row[] {
  const rows: Row[] = []
  for (const line of document.split('\n')) {
    if (!line.startsWith('| RFC ')) continue
    const cells = line.slice(2, -2).split(/(?<!\\) \| /)
    if (cells.length !== 5) continue
    const [section = '', scenario = '', demanded = '', done = '', test = ''] = cells.map(each =>
      each.replaceAll('\\|', '|'),
    )
    rows.push({ section, scenario, demanded, done, file: `test/conformance/${test}` })
  }
  return file === undefined ? rows : rows.filter(row => row.file === file)
}

function rfcOf(section: string): string {
  return /^RFC (\d+)/.exec(section)?.[1] ?? ''
}

function bySection(a: Row, b: Row): number {
  const order = a.section.localeCompare(b.section, 'en', { numeric: true })
  return order === 0 ? a.file.localeCompare(b.file) : order
}
