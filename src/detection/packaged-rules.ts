/** The rules that come with the product, read from the folder beside this file, and those of an operator's own folder. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readRules, type ReadRules } from './read-rule.ts'

const PACKAGED = join(import.meta.dirname, 'rules')
const MAXIMUM_FILES = 1_000
const MAXIMUM_BYTES = 1_048_576

export function packagedRules(): ReadRules {
  return rulesIn(PACKAGED)
}

/** Every `.yml` and `.yaml` of a folder, by name. What cannot be read is a fault; the others count. */
export function rulesIn(folder: string): ReadRules {
  const files = readdirSync(folder)
    .filter(name => /\.ya?ml$/.test(name))
    .toSorted()
  const read = files.slice(0, MAXIMUM_FILES).map(name => readFile(join(folder, name), name))
  const beyond = files
    .slice(MAXIMUM_FILES)
    .map(source => ({ source, where: 'the folder', message: `has more than ${MAXIMUM_FILES} files` }))
  return { rules: read.flatMap(each => each.rules), faults: [...read.flatMap(each => each.faults), ...beyond] }
}

function readFile(path: string, source: string): ReadRules {
  try {
    if (statSync(path).size > MAXIMUM_BYTES) throw new Error('is larger than a megabyte')
    return readRules(readFileSync(path, 'utf8'), source)
  } catch (error) {
    return { rules: [], faults: [{ source, where: 'the file', message: (error as Error).message }] }
  }
}
