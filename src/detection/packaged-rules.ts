/** The rules that come with the product, read from the folder beside this file. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRules, type ReadRules } from './read-rule.ts'
import { readStreams, type RuleStreams, STREAMS_ENDING } from './streams.ts'

const PACKAGED = join(import.meta.dirname, 'rules')

export function packagedRules(): ReadRules {
  const read = namesOf('.yml').map(name => readRules(textOf(name), name))
  return { rules: read.flatMap(each => each.rules), faults: read.flatMap(each => each.faults) }
}

/** What each of them has to find, and has to leave alone. Throws what is wrong with them: ours are right. */
export function packagedStreams(): readonly RuleStreams[] {
  return namesOf(STREAMS_ENDING).flatMap(name => {
    const read = readStreams(textOf(name), name)
    if (!read.ok) throw new Error(`${name}, ${read.error.where}: ${read.error.message}`)
    return read.value
  })
}

/** A rule with its text, and what stands in its file beside it: for documents. */
export function packagedFiles(): readonly { readonly name: string; readonly text: string }[] {
  return namesOf('.yml').map(name => ({ name, text: textOf(name) }))
}

function namesOf(ending: string): readonly string[] {
  return readdirSync(PACKAGED)
    .filter(name => name.endsWith(ending))
    .toSorted()
}

function textOf(name: string): string {
  return readFileSync(join(PACKAGED, name), 'utf8')
}
