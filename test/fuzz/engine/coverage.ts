/** Which blocks of the code ran: V8's own counters, read through the inspector. A reading costs about a millisecond. */
import { type Profiler, Session } from 'node:inspector'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { repositoryRoot } from '../../support/places.ts'

export interface BlockCount {
  readonly covered: number
  readonly known: number
}

/** Offsets of the source that ran, one octet for each character of each file. */
type OffsetMap = Map<string, Uint8Array>

export interface Coverage {
  /** Whose blocks count from now on: folders and files of the repository. Tests beside the source do not. */
  watch(covers: readonly string[]): void
  /** What ran since the last reading, and whether some of it never ran before. Not remembered until `remember`. */
  read(): Reading
  remember(reading: Reading): void
  /** Blocks (functions, branches) that ran so far, of all in the functions that V8 compiled. */
  blocks(): BlockCount
  /** Everything is new again. */
  forget(): void
}

export interface Reading {
  readonly ran: ReadonlyMap<string, Uint8Array>
  readonly isNew: boolean
}

/** To be called before the code is loaded: a function that was compiled without counters for its blocks never gets them. */
export function startCoverage(): Coverage {
  let prefixes: readonly string[] = []
  const counts = (url: string): boolean => !url.endsWith('.test.ts') && prefixes.some(prefix => url.startsWith(prefix))
  const seen: OffsetMap = new Map()
  const blocks = new Map<string, { readonly url: string; readonly at: number }>()
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

  return {
    watch(covers) {
      prefixes = covers.map(path => pathToFileURL(join(repositoryRoot, path)).href)
    },
    read() {
      const ran: OffsetMap = new Map()
      for (const script of takeCoverage(session)) {
        if (!counts(script.url)) continue
        for (const { ranges } of script.functions) {
          for (const { startOffset: at, endOffset } of ranges) {
            const key = `${script.url} ${at} ${endOffset}`
            if (!blocks.has(key)) blocks.set(key, { url: script.url, at })
          }
        }
        ran.set(script.url, paint(script.functions))
      }
      return { ran, isNew: addsTo(seen, ran) }
    },
    remember({ ran }) {
      for (const [url, painted] of ran) {
        const known = seen.get(url)
        if (known === undefined || known.length < painted.length) seen.set(url, widen(known, painted.length))
        const target = seen.get(url)!
        for (let i = 0; i < painted.length; i++) if (painted[i] === 1) target[i] = 1
      }
    },
    blocks() {
      let covered = 0
      for (const { url, at } of blocks.values()) if (seen.get(url)?.[at] === 1) covered++
      return { covered, known: blocks.size }
    },
    forget: () => seen.clear(),
  }
}

/** The session is of this thread, so the answer is there at once; reading sets the counters back. */
function takeCoverage(session: Session): readonly Profiler.ScriptCoverage[] {
  let scripts: readonly Profiler.ScriptCoverage[] = []
  session.post('Profiler.takePreciseCoverage', (error, answer) => {
    if (error !== null) throw error
    scripts = answer.result
  })
  return scripts
}

/** Outer ranges first; what lies in them overwrites. */
function paint(functions: readonly Profiler.FunctionCoverage[]): Uint8Array {
  const ranges = functions.flatMap(each => each.ranges)
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
  const painted = new Uint8Array(ranges.reduce((longest, range) => Math.max(longest, range.endOffset), 0))
  for (const { startOffset, endOffset, count } of ranges) painted.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  return painted
}

function addsTo(seen: ReadonlyMap<string, Uint8Array>, ran: ReadonlyMap<string, Uint8Array>): boolean {
  for (const [url, painted] of ran) {
    const known = seen.get(url)
    for (let i = 0; i < painted.length; i++) if (painted[i] === 1 && known?.[i] !== 1) return true
  }
  return false
}

function widen(known: Uint8Array | undefined, length: number): Uint8Array {
  const wide = new Uint8Array(length)
  if (known !== undefined) wide.set(known)
  return wide
}
