/** Memory of process trees: proportional shares, so that what processes share is counted once. Linux only. */
import { readFileSync } from 'node:fs'
import { processTree } from '../../test/support/process-figures.ts'

/** Bytes. */
export function treeMemory(pids: readonly number[]): number {
  let bytes = 0
  for (const pid of pids.flatMap(processTree)) {
    try {
      const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
      bytes += Number(kilobytes ?? 0) * 1024
    } catch {
      // ended meanwhile
    }
  }
  return bytes
}
