/**
 * The table in docs/interop.md, written by the tests themselves: each test file owns one section, between two marks, and
 * rewrites it when all that it needs was there. The same results give the same bytes.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './places.ts'

const FILE = join(repositoryRoot, 'docs/interop.md')

const HEAD = `# Interoperability

Real programs that nobody here wrote, driven by \`npm run interop\` against the real product on the loopback interface. The
tables below are written by those tests: a row stands for a test that ran, and says what came out of it.

| phone or program | Debian package |
|---|---|
| baresip | \`baresip-core\` |
| linphonec (Linphone's command-line phone) | \`linphone-cli\` |
| SIPp | \`sip-tester\` |
| sipsak | \`sipsak\` |
| Kamailio | \`kamailio\`, \`kamailio-tls-modules\` |
| aiosmtpd, a mail server | \`python3-aiosmtpd\` |
| tshark, tcpdump | \`tshark\`, \`tcpdump\` |
`

export interface InteropRow {
  readonly phone: string
  readonly tried: string
  readonly result: string
}

export interface InteropSection {
  /** Adds a row when `attempt` succeeds; a failure adds a row that says so and goes on to the test. */
  row(phone: string, tried: string, attempt: () => Promise<unknown>): Promise<void>
  /** Writes the section, unless nothing ran. */
  write(): void
}

/** `name` marks the section in the file; `order` of sections in the file is that of `title`. */
export function interopSection(name: string, title: string, notes: readonly string[] = []): InteropSection {
  const rows: InteropRow[] = []
  return {
    async row(phone, tried, attempt) {
      try {
        const result = await attempt()
        rows.push({ phone, tried, result: typeof result === 'string' ? result : 'works' })
      } catch (error) {
        rows.push({ phone, tried, result: '**fails**' })
        throw error
      }
    },
    write() {
      if (rows.length === 0) return
      const table = ['| phone | what was tried | result |', '|---|---|---|']
      for (const { phone, tried, result } of rows) table.push(`| ${phone} | ${tried} | ${result} |`)
      const text = [`## ${title}`, '', ...table, ...(notes.length === 0 ? [] : ['', ...notes.map(note => `- ${note}`)])]
      replaceSection(name, text.join('\n'))
    },
  }
}

function replaceSection(name: string, text: string): void {
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : HEAD
  const sections = new Map<string, string>()
  for (const match of before.matchAll(/<!-- begin (\S+) -->\n([\s\S]*?)\n<!-- end \1 -->/g)) {
    sections.set(match[1]!, match[2]!)
  }
  sections.set(name, text)
  const body = [...sections.entries()]
    .sort(([, a], [, b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
    .map(([key, section]) => `<!-- begin ${key} -->\n${section}\n<!-- end ${key} -->`)
  writeFileSync(FILE, `${HEAD}\n${body.join('\n\n')}\n`)
}
