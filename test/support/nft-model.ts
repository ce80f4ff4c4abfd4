/** What nft would make of a script, as far as ours go: strict about what is missing, there already, or overlaps; all of it or nothing. */
import { parseNetwork } from '../../src/base/network.ts'
import type { NftOutcome, RunNft } from '../../src/guard/kernel/types.ts'

type Sets = Map<string, Map<string, number | undefined>>

export interface NftModel {
  readonly run: RunNft
  /** Of the table: sets by name, elements with the seconds they were given. Undefined: there is no table. */
  readonly tables: ReadonlyMap<string, Sets>
  readonly scripts: readonly string[]
  /** What the next transactions end with. */
  readonly failures: NftOutcome[]
  takeAway(): void
}

const LINE = {
  addTable: /^add table inet (\w+)$/,
  deleteTable: /^delete table inet (\w+)$/,
  addSet: /^add set inet (\w+) (\w+) \{ type ipv[46]_addr; flags (?:timeout; size \d+|interval, timeout); \}$/,
  chain: /^add chain inet (\w+) (?:sources|input \{ type filter hook input priority -10; policy accept; \})$/,
  rule: /^add rule inet (\w+) (?:sources|input) ([\w\s@&:"{},.]+)$/,
  list: /^list chain inet (\w+) sources$/,
  flush: /^flush set inet (\w+) (\w+)$/,
  element: /^(add|delete) element inet (\w+) (\w+) \{ ([0-9a-fs:./, timeou]+) \}$/,
}

class Refused extends Error {}

export function createNftModel(): NftModel {
  let tables = new Map<string, Sets>()
  const scripts: string[] = []
  const failures: NftOutcome[] = []
  return {
    get tables() {
      return tables
    },
    scripts,
    failures,
    takeAway() {
      tables = new Map()
    },
    async run(script) {
      await Promise.resolve()
      const failure = failures.shift()
      if (failure !== undefined) return failure
      const text = [...script].join('')
      scripts.push(text)
      const copy = structuredClone(tables)
      try {
        for (const line of text.trimEnd().split('\n')) obey(copy, line)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        return { ok: false, unavailable: false, detail: error.message }
      }
      tables = copy
      return { ok: true, unavailable: false, detail: '' }
    },
  }
}

function obey(tables: Map<string, Sets>, line: string): void {
  const [kind, match] = Object.entries(LINE)
    .map(([name, pattern]) => [name, pattern.exec(line)] as const)
    .find(([, found]) => found !== null) ?? ['', null]
  if (match === null) throw new Error(`not one of our lines: ${line}`)
  if (kind === 'addTable') {
    if (!tables.has(match[1]!)) tables.set(match[1]!, new Map())
    return
  }
  const table = tables.get(match[kind === 'element' ? 2 : 1]!)
  if (table === undefined) throw new Refused('No such file or directory')
  if (kind === 'deleteTable') tables.delete(match[1]!)
  else if (kind === 'addSet') table.set(match[2]!, new Map())
  else if (kind === 'flush') setOf(table, match[2]!).clear()
  else if (kind === 'element') changeElements(setOf(table, match[3]!), match[1]!, match[4]!.split(', '))
}

function setOf(table: Sets, name: string): Map<string, number | undefined> {
  const set = table.get(name)
  if (set === undefined) throw new Refused('No such file or directory')
  return set
}

function changeElements(set: Map<string, number | undefined>, verb: string, texts: readonly string[]): void {
  for (const each of texts) {
    const [, text, seconds] = /^(\S+?)(?: timeout (\d+)s)?$/.exec(each) ?? []
    const network = text === undefined ? undefined : parseNetwork(text)
    if (text === undefined || network === undefined) throw new Error(`not an element: ${each}`)
    if (verb === 'delete') {
      if (!set.delete(text)) throw new Refused(`${text}: No such file or directory`)
      continue
    }
    for (const other of set.keys()) {
      const start = other.split('/')[0]!
      const overlaps = network.includes(start) || parseNetwork(other)!.includes(text.split('/')[0]!)
      if (other !== text && overlaps) throw new Refused(`${text} conflicts with ${other}`)
    }
    // As the kernel has it: one that is there keeps its time.
    if (!set.has(text)) set.set(text, seconds === undefined ? undefined : Number(seconds))
  }
}
