/** The folder of an operator's own rules. It is read in small steps between which calls go on, and what is wrong in it is said. */
import { open, readdir } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { MAXIMUM_TEXT, readRules, type ReadRules } from './read-rule.ts'
import type { RuleFault, SigmaRule } from './types.ts'

const MAXIMUM_FILES = 1_000
const MAXIMUM_RULES = 1_000
const MAXIMUM_FAULTS = 200

export interface RuleFolder extends ReadRules {
  /** Names, sizes and times of its files: other ones want to be read anew. */
  readonly fingerprint: string
}

/** Never rejects: a folder that cannot be read is a fault like any other. */
export async function readRuleFolder(folder: string): Promise<RuleFolder> {
  const rules: SigmaRule[] = []
  const faults: RuleFault[] = []
  const { names, fault } = await namesIn(folder)
  if (fault !== undefined) faults.push(fault)
  for (const name of names) {
    const read = await readFile(join(folder, name), name)
    faults.push(...read.faults)
    rules.push(...read.rules)
    if (rules.length > MAXIMUM_RULES) {
      faults.push({ source: name, where: 'the folder', message: `has more than ${MAXIMUM_RULES} rules` })
      break
    }
    await new Promise<void>(resolve => void setImmediate(resolve))
  }
  return {
    rules: rules.slice(0, MAXIMUM_RULES),
    faults: faults.slice(0, MAXIMUM_FAULTS),
    fingerprint: await fingerprintOf(folder),
  }
}

/** Every `.yml` and `.yaml`, but not the streams beside them. */
async function namesIn(folder: string): Promise<{ readonly names: readonly string[]; readonly fault?: RuleFault }> {
  try {
    const found = (await readdir(folder))
      .filter(name => /\.ya?ml$/.test(name) && !name.endsWith('.streams.yaml'))
      .toSorted()
    const names = found.slice(0, MAXIMUM_FILES)
    if (found.length === names.length) return { names }
    return { names, fault: { source: folder, where: 'the folder', message: `has more than ${MAXIMUM_FILES} files` } }
  } catch (error) {
    return { names: [], fault: { source: folder, where: 'the folder', message: reasonOf(error) } }
  }
}

async function readFile(path: string, source: string): Promise<ReadRules> {
  try {
    // Without waiting for whoever would write into it, should it be a pipe.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const facts = await file.stat()
      if (!facts.isFile()) throw new Error('is no file')
      if (facts.size > MAXIMUM_TEXT) throw new Error(`is longer than ${MAXIMUM_TEXT} characters`)
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAXIMUM_TEXT + 1), position: 0 })
      const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead))
      return readRules(text, source)
    } finally {
      await file.close()
    }
  } catch (error) {
    return { rules: [], faults: [{ source, where: 'the file', message: reasonOf(error) }] }
  }
}

/** Empty where there is none. */
export async function fingerprintOf(folder: string): Promise<string> {
  const { names } = await namesIn(folder)
  const parts: string[] = []
  for (const name of names) {
    const file = await open(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
    const facts = await file?.stat().catch(() => undefined)
    await file?.close()
    parts.push(`${name} ${facts?.mtimeMs} ${facts?.size} ${facts?.ino}`)
  }
  return parts.join('\n')
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'does not exist'
  if (code === 'EACCES') return 'may not be read by the user that runs the server'
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8'
  return message
}
