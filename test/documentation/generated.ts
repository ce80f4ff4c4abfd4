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

/** One part of a document, between `<!-- NAME -->` and `<!-- end of NAME -->`: the rest is written by hand, or by other tests. */
export function checkGeneratedPart(file: string, name: string, content: string): void {
  const path = join(repositoryRoot, file)
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`]
  const part = (text: string): readonly [number, number] => {
    const [from, to] = [text.indexOf(start), text.indexOf(end)]
    assert.ok(from >= 0 && to > from, `${file} has no place for ${name}`)
    return [from + start.length, to]
  }
  const wanted = `\n${content.trim()}\n\n`
  let text = readFileSync(path, 'utf8')
  if (process.env['UPDATE_DOCS'] === 'true') {
    const [from, to] = part(text)
    text = text.slice(0, from) + wanted + text.slice(to)
    writeFileSync(path, text)
  }
  assert.equal(
    text.slice(...part(text)),
    wanted,
    `${name} in ${file} is out of date; write it anew with: UPDATE_DOCS=true npm run documentation`,
  )
}
