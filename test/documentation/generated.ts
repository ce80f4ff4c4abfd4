/** Documents that are written by a test: compared with the file, or written to it with UPDATE_DOCS=true. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../support/places.ts'

export function checkGenerated(file: string, content: string): void {
  const path = join(repositoryRoot, file)
  if (process.env['UPDATE_DOCS'] === 'true') writeFileSync(path, content)
  let present = ''
  try {
    present = readFileSync(path, 'utf8')
  } catch {
    // Compared with nothing: the message below says how to write it.
  }
  assert.equal(present, content, `${file} is out of date; write it anew with: UPDATE_DOCS=true npm run documentation`)
}
