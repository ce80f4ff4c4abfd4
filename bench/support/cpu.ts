/** CPU time of processes, to the nanosecond: the sum over their threads. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'
import { processTree } from '../../test/support/process-figures.ts'

/** Nanoseconds on a processor by thread. Threads that ended are not in it. */
export function cpuByThread(pid: number): Map<string, number> {
  const threads = new Map<string, number>()
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      const folder = `/proc/${pid}/task/${task}`
      const name = `${readFileSync(`${folder}/comm`, 'utf8').trim()}/${task}`
      threads.set(name, Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]))
    } catch {
      // ended meanwhile
    }
  }
  return threads
}

export function cpuOf(pid: number): number {
  let sum = 0
  for (const nanoseconds of cpuByThread(pid).values()) sum += nanoseconds
  return sum
}

export interface TreeCpu {
  /** Nanoseconds of each thread, by process and thread. */
  readonly threads: ReadonlyMap<string, number>
  /** Clock ticks of 10 ms that the kernel counted for children that have ended, by process. */
  readonly ended: ReadonlyMap<number, number>
}

/** Everything that the processes and their descendants have used until now. */
export function treeCpu(pids: readonly number[]): TreeCpu {
  const threads = new Map<string, number>()
  const ended = new Map<number, number>()
  for (const pid of pids.flatMap(processTree)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const columns = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      ended.set(pid, Number(columns[13]) + Number(columns[14]))
      for (const [thread, spent] of cpuByThread(pid)) threads.set(`${pid}/${thread}`, spent)
    } catch {
      // ended meanwhile; its parent's `ended` grows
    }
  }
  return { threads, ended }
}

/** Milliseconds between two looks. Processes and threads that began between them count from zero. */
export function spentBetween(before: TreeCpu, after: TreeCpu): number {
  let nanoseconds = 0
  for (const [thread, spent] of after.threads) nanoseconds += spent - (before.threads.get(thread) ?? 0)
  for (const [pid, ticks] of after.ended) nanoseconds += (ticks - (before.ended.get(pid) ?? ticks)) * 1e7
  return nanoseconds / 1e6
}

/** Milliseconds by the thread's name, the largest first: where a tree's time went. */
export function spentByName(before: TreeCpu, after: TreeCpu): readonly (readonly [name: string, ms: number])[] {
  const names = new Map<string, number>()
  for (const [thread, spent] of after.threads) {
    const name = thread.split('/')[1] ?? ''
    names.set(name, (names.get(name) ?? 0) + (spent - (before.threads.get(thread) ?? 0)) / 1e6)
  }
  return [...names].filter(([, ms]) => ms >= 1).toSorted(([, x], [, y]) => y - x)
}
