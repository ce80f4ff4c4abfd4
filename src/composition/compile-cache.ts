/** Compiled code is kept in the data folder: a restart, after a crash above all, then takes half the time. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { readEnvironment } from '../config/environment.ts'

/**
 * Before the rest of the program is loaded; `commandLine` as typed. Nothing happens where there is no data folder yet, or
 * where somebody else could write to what we are about to run.
 */
export function useCompileCache(commandLine: readonly string[], version: string): void {
  try {
    const folder = dataFolderOf(commandLine) ?? readEnvironment().dataDirectory
    if (!isOursAlone(folder)) return
    const caches = join(folder, 'cache')
    const own = join(caches, `compiled-${version}`)
    for (const each of [caches, own]) {
      mkdirSync(each, { recursive: true, mode: 0o700 })
      if (!isOursAlone(each)) return
    }
    for (const name of readdirSync(caches))
      if (join(caches, name) !== own) rmSync(join(caches, name), { recursive: true })
    enableCompileCache(own)
  } catch {
    // Only slower.
  }
}

/**
 * A process that is killed has not written what it compiled, so the server does it: all at once, for a second or two, and
 * therefore before anything else begins that would wait meanwhile.
 */
export function keepCompiled(): void {
  flushCompileCache()
}

/** As commander reads it: `--data DIR` or `--data=DIR`, the last one counts. */
function dataFolderOf(commandLine: readonly string[]): string | undefined {
  let found: string | undefined
  for (const [i, word] of commandLine.entries()) {
    if (word === '--data') found = commandLine[i + 1]
    else if (word.startsWith('--data=')) found = word.slice('--data='.length)
  }
  return found
}

function isOursAlone(folder: string): boolean {
  const { uid, mode } = statSync(folder)
  return uid === process.geteuid?.() && (mode & 0o022) === 0
}
