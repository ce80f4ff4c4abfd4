/** Conformance vectors: what an RFC prints, what its text demands of the receiver, and what we do. Octets are in the `.txt` files. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What the message layer does: passes it on, refuses it with this status, or drops it. */
export type Outcome =
  | { readonly kind: 'accept' }
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string }
  | { readonly kind: 'discard'; readonly code: string }

export interface Vector {
  readonly section: string
  readonly name: string
  readonly title: string
  /** In one line, what the RFC's text asks of the element that receives it. */
  readonly demand: string
  /** Of the parser and validator. */
  readonly outcome: Outcome
  /**
   * Of a whole server: the final statuses that the RFC's text allows, best first. `any`: whatever an ordinary request of this
   * kind gets, but no 400; `none`: no answer.
   */
  readonly answers: readonly number[] | 'any' | 'none'
  readonly bytes: Buffer
}

export type VectorFacts = readonly [
  section: string,
  name: string,
  title: string,
  demand: string,
  outcome: 'accept' | `${number} ${string}` | `discard ${string}`,
  answers: readonly number[] | 'any' | 'none',
]

/** Joins the facts of an RFC with the octets in its file; throws when the two do not list the same messages in the same order. */
export function loadVectors(file: string, facts: readonly VectorFacts[]): readonly Vector[] {
  const messages = readMessages(fileURLToPath(new URL(file, import.meta.url)))
  const listed = facts.map(([section, name]) => `${section} ${name}`)
  const stored = [...messages.keys()]
  if (listed.join('\n') !== stored.join('\n'))
    throw new Error(`${file}: ${listed.length} listed, ${stored.length} stored`)
  return facts.map(([section, name, title, demand, outcome, answers]) => ({
    section,
    name,
    title,
    demand,
    outcome: readOutcome(outcome),
    answers,
    bytes: messages.get(`${section} ${name}`)!,
  }))
}

function readOutcome(text: VectorFacts[4]): Outcome {
  if (text === 'accept') return { kind: 'accept' }
  const [first = '', code = ''] = text.split(' ')
  return first === 'discard' ? { kind: 'discard', code } : { kind: 'refuse', status: Number(first), code }
}

function readMessages(path: string): ReadonlyMap<string, Buffer> {
  const messages = new Map<string, Buffer>()
  const sections = readFileSync(path, 'latin1').split(/^### /m).slice(1)
  for (const section of sections) {
    const [name = '', ...lines] = section.split('\n')
    lines.pop()
    messages.set(name, Buffer.from(lines.map(readLine).join(''), 'latin1'))
  }
  return messages
}

function readLine(line: string): string {
  const open = /(^|[^\\])(\\\\)*\\$/.test(line)
  const text = open ? line.slice(0, -1) : `${line}\r\n`
  return text.replace(/\\(\\|x([0-9A-F]{2}))/g, (_, escaped: string, hex: string | undefined) =>
    hex === undefined ? escaped : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
