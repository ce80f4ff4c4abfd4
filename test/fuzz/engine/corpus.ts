/** The inputs that between them reach everything reached so far: one file for each target, a JSON string of octets on each line. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../../support/places.ts'

const FOLDER = join(repositoryRoot, 'test/fuzz/corpus')
/** Octets of one target's file: what is saved is read at the start of every run, and kept in the repository. */
const MAXIMUM_FILE = 18_000
const MAXIMUM_ENTRY = 2_000

function fileOf(target: string): string {
  return join(FOLDER, `${target}.jsonl`)
}

export function loadCorpus(target: string): readonly Buffer[] {
  const file = fileOf(target)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter(line => line !== '').map(line => Buffer.from(JSON.parse(line) as string, 'latin1'))
}

/** In the order given, as many as fit. */
export function saveCorpus(target: string, inputs: readonly Uint8Array[]): void {
  let text = ''
  for (const input of inputs) {
    if (input.length > MAXIMUM_ENTRY) continue
    const line = `${asciiJson(Buffer.from(input).toString('latin1'))}\n`
    if (text.length + line.length <= MAXIMUM_FILE) text += line
  }
  writeFileSync(fileOf(target), text)
}

/** No octet of the file depends on how an editor reads it. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\xff]/g, octet => `\\u00${octet.charCodeAt(0).toString(16)}`)
}
