/** Inputs that once broke an invariant: written by the run that found them, and tests from then on. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../../support/places.ts'

const FOLDER = join(repositoryRoot, 'test/fuzz/crashers')

export interface Crasher {
  readonly name: string
  readonly input: Buffer
}

/** Returns the file's path in the repository. */
export function saveCrasher(target: string, input: Uint8Array): string {
  mkdirSync(join(FOLDER, target), { recursive: true })
  const name = createHash('sha256').update(input).digest('hex').slice(0, 12)
  writeFileSync(join(FOLDER, target, name), input)
  return join('test/fuzz/crashers', target, name)
}

export function loadCrashers(target: string): readonly Crasher[] {
  const folder = join(FOLDER, target)
  if (!existsSync(folder)) return []
  return readdirSync(folder).map(name => ({ name, input: readFileSync(join(folder, name)) }))
}
